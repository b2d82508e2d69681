package dev.coracle.criruntime.internal.network;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.coracle.cri.v1.PortMapping;
import dev.coracle.criruntime.internal.linux.Fd;
import dev.coracle.criruntime.internal.linux.RouteMessages;
import dev.coracle.criruntime.internal.linux.RouteSocket;
import dev.coracle.criruntime.internal.pod.ClusterNames;
import dev.coracle.criruntime.network.PodNetwork;
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
  private final PodFirewall firewall;
  private final ForwardRules forwardRules;
  private final int mtu;
  private final Object lock = new Object();
  private volatile int bridgeIndex;
  private volatile Optional<Ipam> ipam = Optional.empty();

  public BridgeNetwork(ClusterNames names, PodFirewall firewall, int mtu) {
    this.names = names;
    this.firewall = firewall;
    this.forwardRules = ForwardRules.ofHost(names.bridge());
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
          RouteSocket.trySend(new RouteMessages().delete(names.bridge()));
        }
        throw e;
      }
      ipam = Optional.of(next);
    }
  }

  private void setUp(Ipam range) throws IOException {
    String bridge = names.bridge();
    if (!Devices.exists(bridge)) {
      RouteSocket.send(new RouteMessages().bridge(bridge));
    }
    int index = RouteSocket.send(new RouteMessages().describe(bridge)).getFirst().index();
    // The bridge answers for the whole range, but each pod is reached by a route of its own.
    RouteSocket.send(
        new RouteMessages().address(index, range.gateway(), range.prefixLength()).up(bridge, mtu));
    bridgeIndex = index;
    sysctl("net/ipv4/ip_forward", "1");
    sysctl("net/ipv4/conf/" + bridge + "/route_localnet", "1");
    sysctl("net/ipv4/conf/" + bridge + "/send_redirects", "0");
    sysctl("net/ipv4/conf/all/send_redirects", "0");
    sysctl("net/ipv4/conf/" + bridge + "/rp_filter", "2");
    firewall.setUp(range.cidr());
    forwardRules.open();
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
    int namespace = Fd.open(pod.networkNamespace(), Fd.O_RDONLY);
    try {
      return connect(pod, range, namespace);
    } finally {
      Fd.close(namespace);
    }
  }

  private Connection connect(Pod pod, Ipam range, int namespace) throws IOException {
    String address = range.allocate();
    String veth = names.veth(pod.sandboxId());
    try {
      List<RouteSocket.Answer> made =
          RouteSocket.send(
              new RouteMessages()
                  .cable(veth, "eth0", mtu, bridgeIndex, namespace)
                  .hairpin(veth)
                  .describe(veth));
      int device = made.getLast().peerIndex();
      RouteSocket.send(
          namespace,
          new RouteMessages()
              .address(device, address, 32)
              .up("lo", 0)
              .up("eth0", 0)
              .neighbour(device, range.gateway())
              .defaultRoute(device, range.gateway()));
      firewall.open(address, hostPorts(pod));
    } catch (IOException e) {
      RouteSocket.trySend(new RouteMessages().delete(veth));
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
    // Most often it is there; that it is not is fine.
    RouteSocket.trySend(new RouteMessages().delete(names.veth(pod.sandboxId())));
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
    forwardRules.close();
    for (String name : Devices.names()) {
      if (name.startsWith(names.vethPrefix()) && name.length() == 15) {
        RouteSocket.trySend(new RouteMessages().delete(name));
      }
    }
    if (Devices.exists(names.bridge())) {
      RouteSocket.trySend(new RouteMessages().delete(names.bridge()));
    }
    ipam = Optional.empty();
  }
}
