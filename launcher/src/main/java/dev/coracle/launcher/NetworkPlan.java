package dev.coracle.launcher;

import dev.coracle.launcher.config.CoracleOptions;
import dev.coracle.proxy.KubeProxy;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
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

/**
 * The addresses of one cluster. Several clusters may run on one machine, so each takes a slot: a
 * lock file in the machine's temporary directory that goes with the process. Slot 0 has Kubernetes'
 * usual networks, the others their neighbours; a slot whose networks the host already uses is
 * passed over. A cluster remembers its networks, since its objects hold addresses of them.
 *
 * @param podCidr a /16
 * @param serviceCidr a /16
 * @param userspaceServices the proxy is to listen on Service addresses itself, so they are loopback
 *     ones
 */
public record NetworkPlan(
    String nodeName, String nodeIp, String podCidr, String serviceCidr, boolean userspaceServices) {

  /** The number of the DNS Service's address. */
  static final int DNS = 10;

  private static final int SLOTS = 90;

  /** A plan, and the hold on its slot. */
  public record Held(NetworkPlan plan, Closeable slot) {}

  public static Held choose(CoracleOptions options, DataDirectory data) {
    String nodeIp = options.nodeIp().isEmpty() ? hostAddress() : options.nodeIp();
    String name = options.nodeName().isEmpty() ? hostName() : options.nodeName();
    String pods = options.clusterCidr();
    String services = options.serviceCidr();
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
        pods = pods.isEmpty() ? "10." + podNumber(taken.number()) + ".0.0/16" : pods;
        if (services.isEmpty()) {
          services =
              userspace
                  ? "127." + (100 + taken.number()) + ".0.0/16"
                  : "10." + serviceNumber(taken.number()) + ".0.0/16";
        }
        Files.writeString(memory, taken.number() + "\n", StandardCharsets.US_ASCII);
      }
      return new Held(new NetworkPlan(name, nodeIp, pods, services, userspace), slot);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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

  /** The part of the pod network that this node gives out: its first /24. */
  String nodePodCidr() {
    return podCidr.substring(0, podCidr.indexOf('/')) + "/24";
  }

  /** The address of a service network with this number: 1 is the API, 10 is DNS. */
  public String serviceIp(int number) {
    String base = serviceCidr.substring(0, serviceCidr.indexOf('/'));
    String[] parts = base.split("\\.");
    return parts[0] + "." + parts[1] + "." + parts[2] + "." + (Integer.parseInt(parts[3]) + number);
  }

  private static String hostAddress() {
    try {
      return NetworkInterface.networkInterfaces()
          .filter(NetworkPlan::isUpAndReal)
          .sorted(java.util.Comparator.comparingInt(NetworkInterface::getIndex))
          .flatMap(NetworkInterface::inetAddresses)
          .filter(
              a -> a instanceof Inet4Address && !a.isLoopbackAddress() && !a.isLinkLocalAddress())
          .map(InetAddress::getHostAddress)
          .findFirst()
          .orElse("127.0.0.1");
    } catch (SocketException e) {
      return "127.0.0.1";
    }
  }

  private static boolean isUpAndReal(NetworkInterface device) {
    try {
      String name = device.getName();
      return device.isUp()
          && !name.startsWith("cor")
          && !name.startsWith("docker")
          && !name.startsWith("veth")
          && !name.startsWith("cni");
    } catch (SocketException e) {
      return false;
    }
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
