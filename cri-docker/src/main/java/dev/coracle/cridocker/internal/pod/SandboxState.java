package dev.coracle.cridocker.internal.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.cri.v1.DNSConfig;
import dev.coracle.cri.v1.PodSandboxConfig;
import dev.coracle.cri.v1.PortMapping;
import dev.coracle.criruntime.network.PodNetwork;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What Docker cannot keep for a sandbox, in a directory named after its id: {@code network.json},
 * there for as long as the pod is connected, and its {@code resolv.conf}. Thread-safe as long as
 * one sandbox is changed by one thread at a time.
 */
final class SandboxState {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String NETWORK = "network.json";
  private static final String RESOLV_CONF = "resolv.conf";
  private static final Path HOSTS_OWN = Path.of("/etc/resolv.conf");

  /** How a pod is connected, and which ports of the host lead to it. */
  record Network(PodNetwork.Connection connection, List<PortMapping> ports) {
    Network {
      ports = List.copyOf(ports);
    }
  }

  private final Path directory;
  private final Map<String, Optional<Network>> known = new ConcurrentHashMap<>();

  SandboxState(Path directory) throws IOException {
    this.directory = Files.createDirectories(directory);
  }

  /** Where the sandbox's {@code resolv.conf} is. */
  Path resolvConf(String id) {
    return directory.resolve(id).resolve(RESOLV_CONF);
  }

  void create(String id, PodSandboxConfig config) throws IOException {
    Files.createDirectories(directory.resolve(id));
    StringBuilder text = new StringBuilder();
    if (config.hasDnsConfig()) {
      DNSConfig dns = config.getDnsConfig();
      if (dns.getSearchesCount() > 0) {
        text.append("search ").append(String.join(" ", dns.getSearchesList())).append('\n');
      }
      dns.getServersList().forEach(s -> text.append("nameserver ").append(s).append('\n'));
      if (dns.getOptionsCount() > 0) {
        text.append("options ").append(String.join(" ", dns.getOptionsList())).append('\n');
      }
    } else if (Files.isReadable(HOSTS_OWN)) {
      text.append(Files.readString(HOSTS_OWN));
    }
    Files.writeString(resolvConf(id), text);
  }

  void connected(String id, Network network) throws IOException {
    ObjectNode node = JSON.createObjectNode();
    network.connection().ips().forEach(node.putArray("ips")::add);
    node.set("details", network.connection().details());
    var ports = node.putArray("ports");
    for (PortMapping port : network.ports()) {
      ports
          .addObject()
          .put("protocol", port.getProtocolValue())
          .put("containerPort", port.getContainerPort())
          .put("hostPort", port.getHostPort())
          .put("hostIp", port.getHostIp());
    }
    Path file = directory.resolve(id).resolve(NETWORK);
    Path next = file.resolveSibling(NETWORK + ".next");
    Files.write(next, JSON.writeValueAsBytes(node));
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    known.put(id, Optional.of(network));
  }

  /** Empty on the host's network, and once the pod is disconnected. */
  Optional<Network> network(String id) throws IOException {
    Optional<Network> cached = known.get(id);
    if (cached == null) {
      cached = read(directory.resolve(id).resolve(NETWORK));
      known.put(id, cached);
    }
    return cached;
  }

  private static Optional<Network> read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    JsonNode node = JSON.readTree(Files.readAllBytes(file));
    List<String> ips = new ArrayList<>();
    node.path("ips").forEach(ip -> ips.add(ip.asText()));
    List<PortMapping> ports = new ArrayList<>();
    for (JsonNode port : node.path("ports")) {
      ports.add(
          PortMapping.newBuilder()
              .setProtocolValue(port.path("protocol").asInt())
              .setContainerPort(port.path("containerPort").asInt())
              .setHostPort(port.path("hostPort").asInt())
              .setHostIp(port.path("hostIp").asText())
              .build());
    }
    return Optional.of(new Network(new PodNetwork.Connection(ips, node.path("details")), ports));
  }

  void disconnected(String id) throws IOException {
    Files.deleteIfExists(directory.resolve(id).resolve(NETWORK));
    known.put(id, Optional.empty());
  }

  void remove(String id) throws IOException {
    Files.deleteIfExists(directory.resolve(id).resolve(NETWORK));
    Files.deleteIfExists(directory.resolve(id).resolve(RESOLV_CONF));
    Files.deleteIfExists(directory.resolve(id));
    known.remove(id);
  }

  /** The ids of all sandboxes that have something here. */
  List<String> ids() throws IOException {
    List<String> ids = new ArrayList<>();
    try (DirectoryStream<Path> children = Files.newDirectoryStream(directory)) {
      children.forEach(child -> ids.add(child.getFileName().toString()));
    }
    return ids;
  }
}
