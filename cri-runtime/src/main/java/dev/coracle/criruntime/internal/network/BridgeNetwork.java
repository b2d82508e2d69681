package dev.coracle.criruntime.internal.network;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.cri.v1.PortMapping;
import dev.coracle.criruntime.internal.linux.Fd;
import dev.coracle.criruntime.internal.linux.RouteMessages;
import dev.coracle.criruntime.internal.linux.RouteSocket;
import dev.coracle.criruntime.internal.pod.ClusterNames;
import dev.coracle.criruntime.network.PodNetwork;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A bridge per cluster. A pod has one address of each of the node's ranges, alone in its network,
 * and reaches everything, its neighbours too, through the bridge's address: so every packet between
 * pods is routed by the host, where the service rules and their connection tracking see both
 * directions, and no {@code br_netfilter} is needed.
 */
public final class BridgeNetwork implements PodNetwork {
  private static final Logger LOG = LoggerFactory.getLogger(BridgeNetwork.class);

  private final ClusterNames names;
  private final PodFirewall firewall;
  private final ForwardRules forwardRules;
  private final ForwardRules forwardRulesOfIpv6;
  private final int mtu;
  private final Object lock = new Object();
  private volatile int bridgeIndex;
  private volatile List<Ipam> ranges = List.of();

  /** What pods have, also before a range is told: a node may learn its range after its pods. */
  private final Set<String> taken = ConcurrentHashMap.newKeySet();

  public BridgeNetwork(ClusterNames names, PodFirewall firewall, int mtu) {
    this.names = names;
    this.firewall = firewall;
    this.forwardRules = ForwardRules.ofHost("iptables", names.bridge());
    this.forwardRulesOfIpv6 = ForwardRules.ofHost("ip6tables", names.bridge());
    this.mtu = mtu;
  }

  @Override
  public String describe() {
    return "bridge " + names.bridge() + firewall.describe();
  }

  @Override
  public Optional<String> notReady() {
    return ranges.isEmpty() ? Optional.of("no pod CIDR yet") : Optional.empty();
  }

  @Override
  public void podCidr(String cidr) throws IOException {
    List<Ipam> told = Ipam.of(cidr);
    synchronized (lock) {
      if (cidrs(told).equals(cidrs(ranges))) {
        return;
      }
      List<Ipam> next = told.stream().map(this::known).toList();
      boolean ours = !Devices.exists(names.bridge());
      try {
        setUp(next);
      } catch (IOException e) {
        if (ours) {
          RouteSocket.trySend(new RouteMessages().delete(names.bridge()));
        }
        throw e;
      }
      next.forEach(range -> taken.forEach(range::reserve));
      ranges = next;
    }
  }

  /** A range that goes on knows what it has given out. */
  private Ipam known(Ipam told) {
    return ranges.stream().filter(r -> r.cidr().equals(told.cidr())).findFirst().orElse(told);
  }

  private static List<String> cidrs(List<Ipam> some) {
    return some.stream().map(Ipam::cidr).toList();
  }

  private void setUp(List<Ipam> next) throws IOException {
    String bridge = names.bridge();
    boolean ipv6 = next.stream().anyMatch(Ipam::isIpv6);
    if (ipv6) {
      Ipv6Settings.requireIpv6(cidrs(next));
    }
    if (!Devices.exists(bridge)) {
      RouteSocket.send(new RouteMessages().bridge(bridge, hardwareAddress()));
    }
    if (ipv6) {
      Ipv6Settings.ofRouter(bridge);
    }
    int index = RouteSocket.send(new RouteMessages().describe(bridge)).getFirst().index();
    // The bridge answers for the whole range, but each pod is reached by a route of its own.
    RouteMessages addresses = new RouteMessages();
    next.forEach(r -> addresses.address(index, r.gateway(), r.prefixLength()));
    RouteSocket.send(addresses.up(bridge, mtu));
    bridgeIndex = index;
    if (next.stream().anyMatch(r -> !r.isIpv6())) {
      sysctl("net/ipv4/ip_forward", "1");
      sysctl("net/ipv4/conf/" + bridge + "/route_localnet", "1");
      sysctl("net/ipv4/conf/" + bridge + "/send_redirects", "0");
      sysctl("net/ipv4/conf/all/send_redirects", "0");
      sysctl("net/ipv4/conf/" + bridge + "/rp_filter", "2");
    }
    firewall.setUp(cidrs(next));
    forwardRules.open();
    if (ipv6) {
      forwardRulesOfIpv6.open();
    }
  }

  /**
   * One that the bridge keeps. Without, it has the lowest of its ports', and pods would send to the
   * former one for seconds whenever another pod comes or goes.
   */
  private static byte[] hardwareAddress() {
    byte[] address = new byte[6];
    ThreadLocalRandom.current().nextBytes(address);
    address[0] = (byte) (address[0] & 0xfc | 0x02); // Administered locally, of one device.
    return address;
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
    List<Ipam> from = ranges;
    if (from.isEmpty()) {
      throw new IOException("no pod CIDR yet");
    }
    int namespace = Fd.open(pod.networkNamespace(), Fd.O_RDONLY);
    try {
      return connect(pod, from, namespace);
    } finally {
      Fd.close(namespace);
    }
  }

  private Connection connect(Pod pod, List<Ipam> from, int namespace) throws IOException {
    List<String> addresses = new ArrayList<>();
    String veth = names.veth(pod.sandboxId());
    try {
      for (Ipam range : from) {
        addresses.add(range.allocate());
      }
      taken.addAll(addresses);
      List<RouteSocket.Answer> made =
          RouteSocket.send(
              new RouteMessages()
                  .cable(veth, "eth0", mtu, bridgeIndex, namespace)
                  .hairpin(veth)
                  .describe(veth));
      int device = made.getLast().peerIndex();
      RouteSocket.send(
          namespace,
          from.stream().anyMatch(Ipam::isIpv6) ? Ipv6Settings.ofPod("eth0") : Map.of(),
          inPod(device, from, addresses));
      forget(addresses);
      firewall.open(addresses, hostPorts(pod));
    } catch (IOException e) {
      RouteSocket.trySend(new RouteMessages().delete(veth));
      release(addresses);
      throw e;
    }
    ObjectNode details = JsonNodeFactory.instance.objectNode().put("veth", veth);
    addresses.forEach(details.putArray("ips")::add);
    return new Connection(addresses, details);
  }

  /**
   * The host may still know at which hardware address an earlier pod had this address, and would
   * send there for some eight seconds. That it mostly knows none is fine.
   */
  private void forget(List<String> addresses) throws IOException {
    RouteMessages messages = new RouteMessages();
    addresses.forEach(address -> messages.forget(bridgeIndex, address));
    RouteSocket.trySend(messages);
  }

  private static RouteMessages inPod(int device, List<Ipam> from, List<String> addresses) {
    RouteMessages messages = new RouteMessages();
    for (int i = 0; i < from.size(); i++) {
      messages.address(device, addresses.get(i), from.get(i).addressBits());
    }
    messages.up("lo", 0).up("eth0", 0);
    for (Ipam range : from) {
      messages.neighbour(device, range.gateway()).defaultRoute(device, range.gateway());
    }
    return messages;
  }

  private void release(List<String> addresses) {
    addresses.forEach(taken::remove);
    ranges.forEach(range -> addresses.forEach(range::release));
  }

  private static List<PortMapping> hostPorts(Pod pod) {
    return pod.ports().stream().filter(p -> p.getHostPort() > 0).toList();
  }

  @Override
  public void disconnect(Pod pod, JsonNode details) throws IOException {
    List<String> addresses = addresses(details);
    // Most often it is there; that it is not is fine.
    RouteSocket.trySend(new RouteMessages().delete(names.veth(pod.sandboxId())));
    if (!addresses.isEmpty()) {
      firewall.close(addresses, hostPorts(pod));
      release(addresses);
    }
  }

  private static List<String> addresses(JsonNode details) {
    List<String> addresses = new ArrayList<>();
    details.path("ips").forEach(ip -> addresses.add(ip.asText()));
    if (addresses.isEmpty() && details.path("ip").isTextual()) {
      addresses.add(details.path("ip").asText()); // As it was noted when there was one only.
    }
    return addresses;
  }

  @Override
  public void adopt(Pod pod, Connection connection) throws IOException {
    synchronized (lock) {
      taken.addAll(connection.ips());
      ranges.forEach(range -> connection.ips().forEach(range::reserve));
    }
    firewall.open(connection.ips(), hostPorts(pod));
  }

  @Override
  public void close() throws IOException {
    firewall.remove();
    forwardRules.close();
    if (ranges.stream().anyMatch(Ipam::isIpv6)) {
      forwardRulesOfIpv6.close();
    }
    for (String name : Devices.names()) {
      if (name.startsWith(names.vethPrefix()) && name.length() == 15) {
        RouteSocket.trySend(new RouteMessages().delete(name));
      }
    }
    if (Devices.exists(names.bridge())) {
      RouteSocket.trySend(new RouteMessages().delete(names.bridge()));
    }
    ranges = List.of();
  }
}
