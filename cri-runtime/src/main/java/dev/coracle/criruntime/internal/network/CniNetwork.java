package dev.coracle.criruntime.internal.network;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.cri.v1.PortMapping;
import dev.coracle.criruntime.internal.container.HostTools;
import dev.coracle.criruntime.internal.linux.Processes;
import dev.coracle.criruntime.network.PodNetwork;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * CNI plugins, run in the order of the configuration list (CNI specification 1.0: environment
 * CNI_COMMAND and friends, configuration on standard input, result on standard output).
 */
public final class CniNetwork implements PodNetwork {
  private static final Logger LOG = LoggerFactory.getLogger(CniNetwork.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int MAX_WORDS = 512;
  private static final int MAX_FILE = 1 << 20;
  private static final int KILLED = 128 + Processes.SIGKILL;

  /** What a plugin's program is called: no path, and not hidden. */
  private static final String TYPE = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}";

  private final Path file;
  private final ObjectNode list;
  private final List<Path> binDirs;
  private final Duration limit;

  private CniNetwork(Path file, ObjectNode list, List<Path> binDirs, Duration limit) {
    this.file = file;
    this.list = list;
    this.binDirs = List.copyOf(binDirs);
    this.limit = limit;
  }

  /** The first configuration of the directory in the order of names; empty when there is none. */
  public static Optional<CniNetwork> find(Path confDir, List<Path> binDirs) throws IOException {
    return find(confDir, binDirs, LIMIT);
  }

  /**
   * @param limit the longest a plugin may take
   */
  static Optional<CniNetwork> find(Path confDir, List<Path> binDirs, Duration limit)
      throws IOException {
    if (!Files.isDirectory(confDir)) {
      return Optional.empty();
    }
    List<Path> files;
    try (var all = Files.list(confDir)) {
      files = all.filter(p -> p.toString().matches(".*\\.(conflist|conf|json)")).sorted().toList();
    }
    for (Path file : files) {
      try {
        return Optional.of(new CniNetwork(file, configuration(bytes(file)), binDirs, limit));
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
      return in.readNBytes(MAX_FILE);
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
        result = result(type(plugin), invoke("ADD", plugin, pod, first ? null : result));
        first = false;
      }
      List<String> ips = addresses(result);
      if (ips.isEmpty()) {
        throw new IOException("the plugins gave no address");
      }
      return new Connection(ips, result);
    } catch (IOException e) {
      throw new IOException(
          "failed to setup network for sandbox \"" + pod.sandboxId() + "\": " + e.getMessage(), e);
    }
  }

  /**
   * What a plugin has printed: an object whose addresses are such.
   *
   * @throws IOException naming the plugin
   */
  static ObjectNode result(String type, byte[] said) throws IOException {
    ObjectNode result;
    try {
      if (!(JSON.readTree(said) instanceof ObjectNode object)) {
        throw new IOException(failed(type, "ADD") + "its result is no object: " + text(said));
      }
      result = object;
    } catch (JacksonException e) {
      throw new IOException(failed(type, "ADD") + "its result is no JSON: " + text(said), e);
    }
    for (String address : addresses(result)) {
      try {
        InetAddress.ofLiteral(address);
      } catch (IllegalArgumentException e) {
        throw new IOException(failed(type, "ADD") + "it gave the address \"" + address + "\"", e);
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

  private static String type(JsonNode plugin) {
    return plugin.path("type").asText();
  }

  /** The words of libcni. */
  private static String failed(String type, String command) {
    String what = command.equals("ADD") ? "add" : "delete";
    return "plugin type=\"" + type + "\" failed (" + what + "): ";
  }

  private static String text(byte[] said) {
    String text = new String(said, StandardCharsets.UTF_8).strip();
    return '"' + (text.length() > MAX_WORDS ? text.substring(0, MAX_WORDS) + "…" : text) + '"';
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
    String type = type(plugin);
    Path binary =
        binary(type)
            .orElseThrow(() ->
                new IOException(
                    failed(type, command)
                        + "failed to find plugin \""
                        + type
                        + "\" in path "
                        + binDirs));
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
    return run(failed(type, command), builder, JSON.writeValueAsBytes(config));
  }

  private byte[] run(String failed, ProcessBuilder builder, byte[] input) throws IOException {
    HostTools.Ended ended;
    try {
      ended = HostTools.run(builder, input, limit);
    } catch (IOException e) {
      throw new IOException(failed + e.getMessage(), e);
    }
    if (ended.code() != 0) {
      throw new IOException(failed + diagnosis(ended));
    }
    return ended.output();
  }

  /** What a plugin that failed says of it, as libcni puts it. */
  private static String diagnosis(HostTools.Ended ended) {
    if (ended.output().length == 0) {
      return ended.error().length == 0
          ? "netplugin failed with no error message: "
              + (ended.code() == KILLED ? "signal: killed" : "exit status " + ended.code())
          : "netplugin failed: " + text(ended.error());
    }
    try {
      if (JSON.readTree(ended.output()) instanceof ObjectNode said && said.has("msg")) {
        String details = said.path("details").asText("");
        return said.path("msg").asText() + (details.isEmpty() ? "" : "; " + details);
      }
    } catch (IOException e) {
      // Told as it is.
    }
    return "netplugin failed but error parsing its diagnostic message " + text(ended.output());
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
