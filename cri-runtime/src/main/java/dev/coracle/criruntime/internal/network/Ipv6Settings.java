package dev.coracle.criruntime.internal.network;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What the kernel has to be told about IPv6 before pods can have it; used only where they do. */
final class Ipv6Settings {
  private static final Logger LOG = LoggerFactory.getLogger(Ipv6Settings.class);
  private static final Path NET = Path.of("/proc/sys/net");
  private static final Path CONFIGURATION = NET.resolve("ipv6/conf");
  private static final Path ROUTES = Path.of("/proc/thread-self/net/ipv6_route");

  private static final int DESTINATION_BITS = 1;
  private static final int FLAGS = 8;
  private static final int DEVICE = 9;

  /** The kernel's IN6_ADDR_GEN_MODE_NONE. */
  private static final String NO_ADDRESS = "1";

  /** The kernel's RTF_ADDRCONF. */
  private static final long ADVERTISED = 0x40000;

  private Ipv6Settings() {}

  /**
   * @throws IOException this kernel has none
   */
  static void requireIpv6(List<String> ranges) throws IOException {
    if (!Files.isDirectory(CONFIGURATION)) {
      throw new IOException(
          "pods cannot have addresses of "
              + String.join(", ", ranges)
              + ": this host's kernel has no IPv6; load its module, or give an IPv4 range alone");
    }
  }

  /** Before the bridge goes up: its own link-local address is of use at once, for it asks by it. */
  static void ofRouter(String bridge) {
    set(CONFIGURATION.resolve(bridge + "/disable_ipv6"), "0");
    set(CONFIGURATION.resolve(bridge + "/accept_dad"), "0");
    set(CONFIGURATION.resolve(bridge + "/accept_ra"), "0");
    forward();
  }

  /**
   * A host that forwards stops listening to routers, and would lose a default route that one of
   * them gave it (the kernel's {@code ip-sysctl}, accept_ra); devices with such a route go on
   * listening.
   */
  private static void forward() {
    Path forwarding = CONFIGURATION.resolve("all/forwarding");
    if (value(forwarding).equals("1")) {
      return;
    }
    try {
      for (String device : advertisedBy(Files.readAllLines(ROUTES))) {
        set(CONFIGURATION.resolve(device + "/accept_ra"), "2");
      }
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("why", e.getMessage()).log("IPv6 routes cannot be looked at");
    }
    set(forwarding, "1");
  }

  /** The devices of default routes that routers have advertised, of {@code ipv6_route}'s lines. */
  static Set<String> advertisedBy(List<String> routes) {
    Set<String> devices = new TreeSet<>();
    for (String route : routes) {
      String[] f = route.strip().split("\\s+");
      if (f.length >= DEVICE + 1
          && f[DESTINATION_BITS].equals("00")
          && (Long.parseLong(f[FLAGS], 16) & ADVERTISED) != 0) {
        devices.add(f[DEVICE]);
      }
    }
    return devices;
  }

  /**
   * Of a pod's own namespace, by their paths below {@code /proc/sys/net}: container engines switch
   * IPv6 off in the networks that they make. Nobody but the host is a router to a pod, and a pod
   * has no link-local address: by such, neighbours of one bridge would talk past the host's routing
   * and so past NetworkPolicies.
   */
  static Map<String, String> ofPod(String device) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("ipv6/conf/lo/disable_ipv6", "0");
    settings.put("ipv6/conf/" + device + "/disable_ipv6", "0");
    settings.put("ipv6/conf/" + device + "/addr_gen_mode", NO_ADDRESS);
    settings.put("ipv6/conf/" + device + "/accept_dad", "0");
    settings.put("ipv6/conf/" + device + "/accept_ra", "0");
    settings.put("ipv6/conf/" + device + "/accept_redirects", "0");
    return settings;
  }

  private static String value(Path setting) {
    try {
      return Files.readString(setting).strip();
    } catch (IOException e) {
      return "";
    }
  }

  private static void set(Path setting, String value) {
    try {
      if (!Files.readString(setting).strip().equals(value)) {
        Files.writeString(setting, value);
      }
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("sysctl", NET.relativize(setting))
          .addKeyValue("value", value)
          .log("not settable");
    }
  }
}
