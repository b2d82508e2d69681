package dev.coracle.criruntime.device;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.cri.v1.ContainerConfig;
import dev.coracle.cri.v1.Device;
import dev.coracle.cri.v1.KeyValue;
import dev.coracle.cri.v1.Mount;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.Event;

/**
 * Devices by name (Container Device Interface): drivers describe in files what a container needs to
 * use them, and a container names those it is to have, {@code vendor.example/class=device}. The
 * files are read when a container names one, so that what a driver has just written counts.
 */
public final class CdiDevices {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MOST_BYTES = 4 << 20;
  private static final int DEEPEST = 100;

  /** So few that they cannot make much out of little. */
  private static final int MOST_ALIASES = 10;

  private final List<Path> directories;

  /**
   * @param directories of specs, the most important last
   */
  public CdiDevices(List<Path> directories) {
    this.directories = List.copyOf(directories);
  }

  public static CdiDevices ofHost() {
    return new CdiDevices(List.of(Path.of("/etc/cdi"), Path.of("/var/run/cdi")));
  }

  /**
   * What the named devices add to the container.
   *
   * @throws IllegalArgumentException naming a device that nobody describes
   */
  public ContainerConfig addTo(ContainerConfig config) throws IOException {
    if (config.getCDIDevicesCount() == 0) {
      return config;
    }
    List<JsonNode> specs = specs();
    ContainerConfig.Builder out = config.toBuilder();
    List<JsonNode> edited = new ArrayList<>();
    for (var named : config.getCDIDevicesList()) {
      String name = named.getName();
      int equals = name.indexOf('=');
      JsonNode spec = null;
      JsonNode device = null;
      for (JsonNode s : specs) {
        if (equals > 0 && s.path("kind").asText("").equals(name.substring(0, equals))) {
          for (JsonNode d : s.path("devices")) {
            if (d.path("name").asText("").equals(name.substring(equals + 1))) {
              spec = s;
              device = d;
            }
          }
        }
      }
      if (spec == null || device == null) {
        throw new IllegalArgumentException(
            "CDI device injection failed: unresolvable CDI devices " + name);
      }
      if (!edited.contains(spec)) {
        edited.add(spec);
        edit(out, spec.path("containerEdits"), name);
      }
      edit(out, device.path("containerEdits"), name);
    }
    return out.build();
  }

  private static void edit(ContainerConfig.Builder out, JsonNode edits, String name) {
    if (!edits.path("hooks").isEmpty()) {
      throw new IllegalArgumentException(
          "CDI device injection failed: hooks of " + name + " are not supported by this runtime");
    }
    for (JsonNode variable : edits.path("env")) {
      String[] parts = variable.asText().split("=", 2);
      out.addEnvs(
          KeyValue.newBuilder().setKey(parts[0]).setValue(parts.length > 1 ? parts[1] : ""));
    }
    for (JsonNode node : edits.path("deviceNodes")) {
      String path = node.path("path").asText("");
      out.addDevices(
          Device.newBuilder()
              .setContainerPath(path)
              .setHostPath(node.path("hostPath").asText(path))
              .setPermissions(node.path("permissions").asText("rwm")));
    }
    for (JsonNode mount : edits.path("mounts")) {
      boolean readOnly = false;
      for (JsonNode option : mount.path("options")) {
        readOnly |= option.asText().equals("ro");
      }
      out.addMounts(
          Mount.newBuilder()
              .setHostPath(mount.path("hostPath").asText(""))
              .setContainerPath(mount.path("containerPath").asText(""))
              .setReadonly(readOnly));
    }
  }

  private List<JsonNode> specs() throws IOException {
    List<JsonNode> out = new ArrayList<>();
    for (Path directory : directories) {
      if (!Files.isDirectory(directory)) {
        continue;
      }
      try (var list = Files.list(directory)) {
        for (Path file : new TreeSet<>(list.toList())) {
          String name = file.getFileName().toString();
          if (Files.size(file) <= MOST_BYTES
              && (name.endsWith(".json") || name.endsWith(".yaml") || name.endsWith(".yml"))) {
            read(file, name.endsWith(".json"), out);
          }
        }
      }
    }
    return out;
  }

  /** A file that cannot be understood describes nothing; others go on. */
  private static void read(Path file, boolean json, List<JsonNode> out) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    try {
      out.add(spec(bytes, json));
    } catch (IllegalArgumentException e) {
      LoggerFactory.getLogger(CdiDevices.class)
          .atWarn()
          .addKeyValue("file", file)
          .addKeyValue("why", e.getMessage())
          .log("A CDI spec cannot be read");
    }
  }

  /**
   * @throws IllegalArgumentException when it is no JSON or no YAML, also by its encoding
   */
  static JsonNode spec(byte[] bytes, boolean json) {
    if (json) {
      try {
        return JSON.readTree(bytes);
      } catch (IOException e) {
        throw new IllegalArgumentException(e.getMessage(), e);
      }
    }
    LoadSettings settings =
        LoadSettings.builder()
            .setMaxAliasesForCollections(MOST_ALIASES)
            .setCodePointLimit(MOST_BYTES)
            .build();
    try {
      int depth = 0;
      // Before it is composed, which recurses as deep as the document is; events do not.
      for (Event event : new Parse(settings).parseInputStream(new ByteArrayInputStream(bytes))) {
        switch (event.getEventId()) {
          case MappingStart, SequenceStart -> {
            if (++depth > DEEPEST) {
              throw new IllegalArgumentException("it is nested too deeply");
            }
          }
          case MappingEnd, SequenceEnd -> depth--;
          default -> {}
        }
      }
      return node(new Load(settings).loadFromInputStream(new ByteArrayInputStream(bytes)), 0);
    } catch (IllegalArgumentException e) {
      throw e;
    } catch (RuntimeException e) {
      // Mostly a YamlEngineException; for some documents the library has others.
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  /** An alias may stand within what it names: that has no end. */
  private static JsonNode node(@Nullable Object value, int depth) {
    if (depth > DEEPEST) {
      throw new IllegalArgumentException("it is nested too deeply");
    }
    return switch (value) {
      case Map<?, ?> map -> {
        ObjectNode out = JSON.createObjectNode();
        map.forEach((k, v) -> out.set(String.valueOf(k), node(v, depth + 1)));
        yield out;
      }
      case List<?> list -> {
        ArrayNode out = JSON.createArrayNode();
        list.forEach(v -> out.add(node(v, depth + 1)));
        yield out;
      }
      case null -> JSON.nullNode();
      default -> JSON.valueToTree(value);
    };
  }
}
