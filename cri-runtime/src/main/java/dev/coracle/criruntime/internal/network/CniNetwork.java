package dev.coracle.criruntime.internal.network;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.cri.v1.PortMapping;
import dev.coracle.criruntime.internal.container.HostTools;
import dev.coracle.criruntime.network.PodNetwork;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * CNI plugins, run in the order of the configuration list (CNI specification 1.0: environment
 * CNI_COMMAND and friends, configuration on standard input, result on standard output).
 */
public final class CniNetwork implements PodNetwork {
  private static final Logger LOG = LoggerFactory.getLogger(CniNetwork.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int TIMEOUT_SECONDS = 60;
  private static final int MAX_OUTPUT = 1 << 20;

  /** What a plugin's program is called: no path, and not hidden. */
  private static final String TYPE = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}";

  private final Path file;
  private final ObjectNode list;
  private final List<Path> binDirs;

  private CniNetwork(Path file, ObjectNode list, List<Path> binDirs) {
    this.file = file;
    this.list = list;
    this.binDirs = List.copyOf(binDirs);
  }

  /** The first configuration of the directory in the order of names; empty when there is none. */
  public static Optional<CniNetwork> find(Path confDir, List<Path> binDirs) throws IOException {
    if (!Files.isDirectory(confDir)) {
      return Optional.empty();
    }
    List<Path> files;
    try (var all = Files.list(confDir)) {
      files = all.filter(p -> p.toString().matches(".*\\.(conflist|conf|json)")).sorted().toList();
    }
    for (Path file : files) {
      try {
        return Optional.of(new CniNetwork(file, configuration(bytes(file)), binDirs));
      } catch (IOException e) {
        LOG.atWarn()
            .addKeyValue("file", file)
            .addKeyValue("why", e.getMessage())
            .log("A CNI configuration cannot be used");
      }
    }
    return Optional.empty();
  }

  private static byte[] bytes(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes(MAX_OUTPUT);
    }
  }

  /**
   * A configuration list; of a single configuration, the list of it alone.
   *
   * @throws IOException saying what is wrong with it
   */
  static ObjectNode configuration(byte[] json) throws IOException {
    if (!(JSON.readTree(json) instanceof ObjectNode object)) {
      throw new IOException("it is not an object");
    }
    if (object.path("name").asText("").isEmpty()) {
      throw new IOException("it has no name");
    }
    ObjectNode list = object;
    if (!object.has("plugins")) {
      list = JSON.createObjectNode();
      list.set("name", object.get("name"));
      list.put("cniVersion", version(object));
      list.putArray("plugins").add(object);
    }
    if (!list.path("plugins").isArray() || list.path("plugins").isEmpty()) {
      throw new IOException("it has no plugins");
    }
    for (JsonNode plugin : list.path("plugins")) {
      if (!plugin.isObject() || !plugin.path("type").asText("").matches(TYPE)) {
        throw new IOException("one of its plugins has no type that a program can have");
      }
    }
    return list;
  }

  private static String version(JsonNode configuration) {
    return configuration.path("cniVersion").asText("0.4.0");
  }

  @Override
  public String describe() {
    return "CNI " + list.path("name").asText() + " (" + file + ")";
  }

  @Override
  public Optional<String> notReady() {
    for (JsonNode plugin : list.path("plugins")) {
      if (binary(plugin.path("type").asText()).isEmpty()) {
        return Optional.of("CNI plugin not found: " + plugin.path("type").asText());
      }
    }
    return Optional.empty();
  }

  @Override
  public void podCidr(String cidr) {
    // The configuration has its own ranges.
  }

  private Optional<Path> binary(String type) {
    return binDirs.stream()
        .map(d -> d.resolve(type))
        .filter(Files::isRegularFile)
        .filter(Files::isExecutable)
        .findFirst();
  }

  @Override
  public Connection connect(Pod pod) throws IOException {
    JsonNode result = JSON.createObjectNode();
    boolean first = true;
    loopback(pod);
    try {
      for (JsonNode plugin : list.path("plugins")) {
        byte[] said = invoke("ADD", plugin, pod, first ? null : result);
        result = result(plugin.path("type").asText(), said);
        first = false;
      }
    } catch (IOException e) {
      disconnect(pod, result);
      throw e;
    }
    return new Connection(addresses(result), result);
  }

  /**
   * What a plugin has printed: an object whose addresses are such.
   *
   * @throws IOException naming the plugin
   */
  static ObjectNode result(String type, byte[] said) throws IOException {
    if (!(JSON.readTree(said) instanceof ObjectNode result)) {
      throw new IOException("CNI plugin " + type + " has printed no result");
    }
    for (String address : addresses(result)) {
      try {
        InetAddress.ofLiteral(address);
      } catch (IllegalArgumentException e) {
        throw new IOException("CNI plugin " + type + " gave the address \"" + address + "\"", e);
      }
    }
    return result;
  }

  /** Without the lengths of their prefixes. */
  static List<String> addresses(JsonNode result) {
    List<String> ips = new ArrayList<>();
    for (JsonNode ip : result.path("ips")) {
      String address = ip.path("address").asText();
      int slash = address.indexOf('/');
      ips.add(slash < 0 ? address : address.substring(0, slash));
    }
    return ips;
  }

  // Plugins leave the loopback interface to the runtime.
  private static void loopback(Pod pod) throws IOException {
    Path nsenter = HostTools.find("nsenter").orElseThrow(() -> new IOException("no nsenter"));
    Path ip = HostTools.find("ip").orElseThrow(() -> new IOException("no ip (iproute2)"));
    List<String> command =
        List.of(nsenter.toString(), "--net=" + pod.networkNamespace(), "--", ip.toString());
    List<String> words = new ArrayList<>(command);
    words.addAll(List.of("link", "set", "lo", "up"));
    HostTools.run("", words).orThrow("loopback interface");
  }

  @Override
  public void disconnect(Pod pod, JsonNode details) throws IOException {
    List<JsonNode> plugins = new ArrayList<>();
    list.path("plugins").forEach(plugins::add);
    for (JsonNode plugin : plugins.reversed()) {
      invoke("DEL", plugin, pod, details.isEmpty() ? null : details);
    }
  }

  private byte[] invoke(
      String command,
      JsonNode plugin,
      Pod pod,
      @org.jspecify.annotations.Nullable JsonNode previous)
      throws IOException {
    String type = plugin.path("type").asText();
    Path binary = binary(type).orElseThrow(() -> new IOException("CNI plugin not found: " + type));
    ObjectNode config = plugin.deepCopy();
    config.set("name", list.get("name"));
    config.put("cniVersion", version(list));
    if (previous != null) {
      config.set("prevResult", previous);
    }
    if (plugin.path("capabilities").path("portMappings").asBoolean()) {
      ArrayNode mappings = config.putObject("runtimeConfig").putArray("portMappings");
      for (PortMapping p : pod.ports()) {
        if (p.getHostPort() > 0) {
          mappings
              .addObject()
              .put("hostPort", p.getHostPort())
              .put("containerPort", p.getContainerPort())
              .put("protocol", p.getProtocol().name().toLowerCase(Locale.ROOT))
              .put("hostIP", p.getHostIp());
        }
      }
    }
    ProcessBuilder builder = new ProcessBuilder(binary.toString());
    var env = builder.environment();
    env.put("CNI_COMMAND", command);
    env.put("CNI_CONTAINERID", pod.sandboxId());
    env.put(
        "CNI_NETNS", Files.exists(pod.networkNamespace()) ? pod.networkNamespace().toString() : "");
    env.put("CNI_IFNAME", "eth0");
    env.put("CNI_PATH", String.join(":", binDirs.stream().map(Path::toString).toList()));
    env.put(
        "CNI_ARGS",
        "IgnoreUnknown=1;K8S_POD_NAMESPACE=%s;K8S_POD_NAME=%s;K8S_POD_INFRA_CONTAINER_ID=%s;K8S_POD_UID=%s"
            .formatted(pod.namespace(), pod.name(), pod.sandboxId(), pod.uid()));
    return run(type, builder.start(), JSON.writeValueAsBytes(config));
  }

  private static byte[] run(String type, Process process, byte[] input) throws IOException {
    try {
      try (var in = process.getOutputStream()) {
        in.write(input);
      }
      byte[] output = process.getInputStream().readNBytes(MAX_OUTPUT);
      byte[] error = process.getErrorStream().readNBytes(MAX_OUTPUT);
      if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        throw new IOException("CNI plugin " + type + " did not end in time");
      }
      if (process.exitValue() != 0) {
        String said = new String(output.length > 0 ? output : error, StandardCharsets.UTF_8);
        throw new IOException("CNI plugin " + type + " failed: " + said.strip());
      }
      return output;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }

  @Override
  public void adopt(Pod pod, Connection connection) {
    // The plugins keep their own state.
  }

  @Override
  public void close() {
    // What is left belongs to the plugins' configuration, not to the cluster.
  }
}
