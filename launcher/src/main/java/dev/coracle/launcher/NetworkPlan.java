package dev.coracle.launcher;

import dev.coracle.launcher.config.CoracleOptions;
import dev.coracle.launcher.config.NetworkRanges;
import dev.coracle.proxy.KubeProxy;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InterfaceAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The addresses of one cluster. Several clusters may run on one machine, so each takes a slot: a
 * lock file in the machine's temporary directory that goes with the process. Slot 0 has Kubernetes'
 * usual networks, the others their neighbours; a slot whose networks the host already uses is
 * passed over. A cluster remembers its networks, since its objects hold addresses of them.
 *
 * @param nodeIps of this node, the primary one first, at most one of each family
 * @param podRanges of the cluster, likewise
 * @param serviceRanges likewise; the first is of the same family as the pods' first
 * @param userspaceServices the proxy is to listen on Service addresses itself, so they are loopback
 *     ones
 */
public record NetworkPlan(
    String nodeName,
    List<String> nodeIps,
    List<NamedRange> podRanges,
    List<NamedRange> serviceRanges,
    boolean userspaceServices) {

  private static final String PODS = "--cluster-cidr";
  private static final String SERVICES = "--service-cluster-ip-range";

  public NetworkPlan {
    nodeIps = List.copyOf(nodeIps);
    podRanges = List.copyOf(podRanges);
    serviceRanges = List.copyOf(serviceRanges);
  }

  /** The number of the DNS Service's address. */
  static final int DNS = 10;

  private static final int SLOTS = 90;

  /** A plan, and the hold on its slot. */
  public record Held(NetworkPlan plan, Closeable slot) {}

  public static Held choose(CoracleOptions options, DataDirectory data) {
    String name = options.nodeName().isEmpty() ? hostName() : options.nodeName();
    NetworkRanges asked = options.networks();
    List<NamedRange> pods = NamedRange.list(PODS, asked.pods());
    List<NamedRange> services = NamedRange.list(SERVICES, asked.services());
    checkSizes(asked, pods, services);
    checkPrimary(pods, services);
    List<String> nodeIps = HostAddresses.choose(options.nodeIp(), pods);
    boolean userspace =
        options.proxyMode().equals("userspace")
            || options.proxyMode().equals("auto") && !KubeProxy.nftablesWork();
    Path memory = data.root().resolve("network");
    try {
      List<String> remembered =
          Files.exists(memory)
              ? Files.readString(memory, StandardCharsets.ISO_8859_1).lines().toList()
              : List.of();
      Closeable slot = () -> {};
      if (pods.isEmpty() || services.isEmpty()) {
        Slot taken = take(remembered, data.clusterId());
        slot = taken.lock();
        if (pods.isEmpty()) {
          pods = NamedRange.list(PODS, "10." + podNumber(taken.number()) + ".0.0/16");
        }
        if (services.isEmpty()) {
          services =
              NamedRange.list(
                  SERVICES,
                  userspace
                      ? "127." + (100 + taken.number()) + ".0.0/16"
                      : "10." + serviceNumber(taken.number()) + ".0.0/16");
        }
        Files.writeString(memory, taken.number() + "\n", StandardCharsets.US_ASCII);
      }
      return new Held(new NetworkPlan(name, nodeIps, pods, services, userspace), slot);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Of a node that joins.
   *
   * @param nodeIp one address, or one of each family with a comma between
   * @param podCidrs of the cluster, with a comma between
   * @param serviceCidrs likewise
   */
  public static NetworkPlan of(
      String nodeName, String nodeIp, String podCidrs, String serviceCidrs) {
    return new NetworkPlan(
        nodeName,
        List.of(nodeIp.split(",")),
        NamedRange.list(PODS, podCidrs),
        NamedRange.list(SERVICES, serviceCidrs),
        false);
  }

  /** As many nodes as upstream has room for, and Services as an API server can give out. */
  private static void checkSizes(
      NetworkRanges asked, List<NamedRange> pods, List<NamedRange> services) {
    int four = asked.nodeMaskIpv4();
    int six = asked.nodeMaskIpv6();
    if (four < 8 || four > 32 || six < 16 || six > 128) {
      throw new UserErrorException(
          "--node-cidr-mask-size-ipv4 is 8 to 32, --node-cidr-mask-size-ipv6 16 to 128");
    }
    // One that is smaller than a node's part goes to one node whole.
    NamedRange.checkSizes(PODS, pods, 1, 30, six - 16, 126);
    NamedRange.checkSizes(SERVICES, services, 12, 30, 64, 126);
  }

  /** What is not named is chosen, and then it is of IPv4. */
  private static void checkPrimary(List<NamedRange> pods, List<NamedRange> services) {
    if (isIpv6(pods) != isIpv6(services)) {
      throw new UserErrorException(
          "the first ranges of "
              + PODS
              + " and "
              + SERVICES
              + " have to be of one family, which is the cluster's primary one; one that is left out"
              + " is of IPv4");
    }
  }

  private static boolean isIpv6(List<NamedRange> ranges) {
    return !ranges.isEmpty() && ranges.getFirst().isIpv6();
  }

  /** Under which others reach this node and, on the control plane, the API server. */
  public String nodeIp() {
    return nodeIps.getFirst();
  }

  /** The pods of all nodes, with a comma between the two families. */
  String podCidr() {
    return texts(podRanges);
  }

  /** The Services, likewise. */
  String serviceCidr() {
    return texts(serviceRanges);
  }

  /** All of these, of pods first. */
  List<String> clusterCidrs() {
    return Stream.concat(podRanges.stream(), serviceRanges.stream()).map(NamedRange::text).toList();
  }

  private static String texts(List<NamedRange> ranges) {
    return ranges.stream().map(NamedRange::text).collect(Collectors.joining(","));
  }

  private record Slot(int number, Closeable lock) {}

  private static Slot take(List<String> remembered, String clusterId) throws IOException {
    Path directory = Path.of(System.getProperty("java.io.tmpdir"), "coracle-network");
    if (!Files.isDirectory(directory)) {
      Files.createDirectories(directory);
      share(directory, 01777);
    }
    List<Integer> candidates = new ArrayList<>();
    remembered(remembered).ifPresent(candidates::add);
    for (int i = 0; i < SLOTS; i++) {
      candidates.add(i);
    }
    Set<Integer> inUse = hostNetworks("cor-" + clusterId);
    for (int number : candidates) {
      if (inUse.contains(podNumber(number)) || inUse.contains(serviceNumber(number))) {
        continue;
      }
      Optional<ExclusiveFile> held = hold(directory.resolve(String.valueOf(number)));
      if (held.isPresent()) {
        return new Slot(number, held.get());
      }
    }
    throw new UserErrorException(
        "no free pod network on this machine; name one with --cluster-cidr and"
            + " --service-cluster-ip-range");
  }

  /** Empty for the first time, and where a power failure has damaged the file. */
  static Optional<Integer> remembered(List<String> lines) {
    return lines.stream()
        .limit(1)
        .map(String::strip)
        .filter(line -> line.matches("[0-9]{1,2}"))
        .map(Integer::valueOf)
        .filter(number -> number < SLOTS)
        .findFirst();
  }

  /** Clusters of different users share the files; one that is closed to us is another's slot. */
  private static Optional<ExclusiveFile> hold(Path file) throws IOException {
    boolean fresh = !Files.exists(file);
    try {
      Optional<ExclusiveFile> held = ExclusiveFile.tryHold(file);
      if (fresh && held.isPresent()) {
        share(file, 0666);
      }
      return held;
    } catch (AccessDeniedException e) {
      return Optional.empty();
    }
  }

  private static void share(Path path, int mode) throws IOException {
    if (path.getFileSystem().supportedFileAttributeViews().contains("unix")) {
      Files.setAttribute(path, "unix:mode", mode);
    }
  }

  private static int podNumber(int slot) {
    return slot == 0 ? 244 : 100 + slot;
  }

  private static int serviceNumber(int slot) {
    return slot == 0 ? 96 : slot - 1;
  }

  /**
   * The second numbers of the 10.x networks on the host's devices, but those of the cluster's own
   * bridge.
   */
  private static Set<Integer> hostNetworks(String ownBridge) throws SocketException {
    Set<Integer> used = new HashSet<>();
    for (NetworkInterface device : NetworkInterface.networkInterfaces().toList()) {
      if (device.getName().equals(ownBridge)) {
        continue;
      }
      for (InterfaceAddress address : device.getInterfaceAddresses()) {
        byte[] b = address.getAddress().getAddress();
        if (b.length == 4 && b[0] == 10) {
          if (address.getNetworkPrefixLength() < 16) {
            for (int i = 0; i < 256; i++) {
              used.add(i);
            }
          }
          used.add(b[1] & 0xff);
        }
      }
    }
    return used;
  }

  /** The parts of the pod networks that this node gives out: the first of each. */
  String nodePodCidr(NetworkRanges sizes) {
    return podRanges.stream()
        .map(range -> range.firstPart(range.isIpv6() ? sizes.nodeMaskIpv6() : sizes.nodeMaskIpv4()))
        .collect(Collectors.joining(","));
  }

  /** The address of the primary service network with this number: 1 is the API, 10 is DNS. */
  public String serviceIp(int number) {
    return serviceRanges.getFirst().address(number);
  }

  /** The name of this machine, fit for a Node. */
  public static String hostName() {
    String name;
    try {
      name = Files.readString(Path.of("/proc/sys/kernel/hostname")).trim();
    } catch (IOException e) {
      try {
        name = InetAddress.getLocalHost().getHostName();
      } catch (UnknownHostException unknown) {
        name = "localhost";
      }
    }
    String clean = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9.-]", "-");
    return clean.isEmpty() ? "localhost" : clean;
  }
}
