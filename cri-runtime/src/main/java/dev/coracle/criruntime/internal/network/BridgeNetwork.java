package dev.coracle.criruntime.internal.network;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.coracle.cri.v1.PortMapping;
import dev.coracle.criruntime.internal.container.HostTools;
import dev.coracle.criruntime.internal.pod.ClusterNames;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A bridge per cluster. A pod has one address of the node's range as a /32 and reaches everything,
 * its neighbours too, through the bridge's address: so every packet between pods is routed by the
 * host, where the service rules and their connection tracking see both directions, and no {@code
 * br_netfilter} is needed.
 */
public final class BridgeNetwork implements PodNetwork {
  private static final Logger LOG = LoggerFactory.getLogger(BridgeNetwork.class);

  private final ClusterNames names;
  private final Path ip;
  private final Path nsenter;
  private final PodFirewall firewall;
  private final int mtu;
  private final Object lock = new Object();
  private volatile Optional<Ipam> ipam = Optional.empty();

  public BridgeNetwork(ClusterNames names, Path ip, Path nsenter, PodFirewall firewall, int mtu) {
    this.names = names;
    this.ip = ip;
    this.nsenter = nsenter;
    this.firewall = firewall;
    this.mtu = mtu;
  }

  @Override
  public String describe() {
    return "bridge " + names.bridge() + firewall.describe();
  }

  @Override
  public Optional<String> notReady() {
    return ipam.isPresent() ? Optional.empty() : Optional.of("no pod CIDR yet");
  }

  @Override
  public void podCidr(String cidr) throws IOException {
    String v4 = "";
    for (String part : cidr.split(",")) {
      if (!part.contains(":") && !part.isBlank()) {
        v4 = part.strip();
      }
    }
    if (v4.isEmpty()) {
      throw new IllegalArgumentException("the built-in bridge needs an IPv4 pod CIDR: " + cidr);
    }
    synchronized (lock) {
      Ipam next = new Ipam(v4);
      if (ipam.isPresent() && ipam.get().cidr().equals(next.cidr())) {
        return;
      }
      boolean ours = !Devices.exists(names.bridge());
      try {
        setUp(next);
      } catch (IOException e) {
        if (ours) {
          batch("link del " + names.bridge() + "\n");
        }
        throw e;
      }
      ipam = Optional.of(next);
    }
  }

  private void setUp(Ipam range) throws IOException {
    String bridge = names.bridge();
    if (!Devices.exists(bridge)) {
      batch("link add " + bridge + " type bridge\n").orThrow("bridge " + bridge);
    }
    // The bridge answers for the whole range, but each pod is reached by a route of its own.
    batch(
            "addr replace "
                + range.gateway()
                + "/"
                + range.prefixLength()
                + " dev "
                + bridge
                + "\n"
                + "link set "
                + bridge
                + (mtu > 0 ? " mtu " + mtu : "")
                + " up\n")
        .orThrow("bridge " + bridge);
    sysctl("net/ipv4/ip_forward", "1");
    sysctl("net/ipv4/conf/" + bridge + "/route_localnet", "1");
    sysctl("net/ipv4/conf/" + bridge + "/send_redirects", "0");
    sysctl("net/ipv4/conf/all/send_redirects", "0");
    sysctl("net/ipv4/conf/" + bridge + "/rp_filter", "2");
    firewall.setUp(range.cidr());
  }

  private static void sysctl(String name, String value) {
    try {
      Path file = Path.of("/proc/sys/" + name);
      if (!Files.readString(file).strip().equals(value)) {
        Files.writeString(file, value);
      }
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("sysctl", name).addKeyValue("value", value).log("not settable");
    }
  }

  @Override
  public Connection connect(Pod pod) throws IOException {
    Ipam range = ipam.orElseThrow(() -> new IOException("no pod CIDR yet"));
    String address = range.allocate();
    String veth = names.veth(pod.sandboxId());
    try {
      String size = mtu > 0 ? " mtu " + mtu : "";
      batch(
              "link add "
                  + veth
                  + size
                  + " type veth peer name eth0"
                  + size
                  + " netns "
                  + pod.networkNamespace()
                  + "\n"
                  + "link set "
                  + veth
                  + " master "
                  + names.bridge()
                  + " up\n"
                  + "link set "
                  + veth
                  + " type bridge_slave hairpin on\n")
          .orThrow("pod network");
      HostTools.run(
              "addr add "
                  + address
                  + "/32 dev eth0\n"
                  + "link set lo up\n"
                  + "link set eth0 up\n"
                  + "route add "
                  + range.gateway()
                  + " dev eth0 scope link\n"
                  + "route add default via "
                  + range.gateway()
                  + " dev eth0\n",
              List.of(
                  nsenter.toString(),
                  "--net=" + pod.networkNamespace(),
                  "--",
                  ip.toString(),
                  "-batch",
                  "-"))
          .orThrow("pod network");
      firewall.open(address, hostPorts(pod));
    } catch (IOException e) {
      batch("link del " + veth + "\n");
      range.release(address);
      throw e;
    }
    JsonNode details = JsonNodeFactory.instance.objectNode().put("veth", veth).put("ip", address);
    return new Connection(List.of(address), details);
  }

  private static List<PortMapping> hostPorts(Pod pod) {
    return pod.ports().stream().filter(p -> p.getHostPort() > 0).toList();
  }

  @Override
  public void disconnect(Pod pod, JsonNode details) throws IOException {
    String address = details.path("ip").asText("");
    if (Devices.exists(names.veth(pod.sandboxId()))) {
      batch("link del " + names.veth(pod.sandboxId()) + "\n");
    }
    if (!address.isEmpty()) {
      firewall.close(address, hostPorts(pod));
      ipam.ifPresent(range -> range.release(address));
    }
  }

  @Override
  public void adopt(Pod pod, Connection connection) throws IOException {
    connection.ips().forEach(address -> ipam.ifPresent(range -> range.reserve(address)));
    for (String address : connection.ips()) {
      firewall.open(address, hostPorts(pod));
    }
  }

  @Override
  public void close() throws IOException {
    firewall.remove();
    StringBuilder script = new StringBuilder();
    for (String name : Devices.names()) {
      if (name.startsWith(names.vethPrefix()) && name.length() == 15) {
        script.append("link del ").append(name).append('\n');
      }
    }
    if (Devices.exists(names.bridge())) {
      script.append("link del ").append(names.bridge()).append('\n');
    }
    if (!script.isEmpty()) {
      HostTools.run(script.toString(), List.of(ip.toString(), "-force", "-batch", "-"));
    }
    ipam = Optional.empty();
  }

  private HostTools.Result batch(String script) throws IOException {
    return HostTools.run(script, List.of(ip.toString(), "-batch", "-"));
  }
}
