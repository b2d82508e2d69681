package dev.coracle.proxy.internal.overlay;

import dev.coracle.api.net.Cidr;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The kernel's VXLAN device of one cluster on this node (RFC 7348). It learns nothing: for each
 * peer there is a route to its pods, the hardware address of its device, and where that one is.
 * Uses the programs ip and bridge; blocks.
 */
final class Vxlan {

  private static final Logger LOG = LoggerFactory.getLogger(Vxlan.class);

  /** Linux' own port, which flannel uses too; the identifier keeps clusters apart. */
  private static final int PORT = 8472;

  private static final int HEADERS = 50;
  private static final int HEADERS_IN_IPV6 = 70;
  private static final int SMALLEST_MTU = 576;
  private static final int PATIENCE_SECONDS = 10;

  private final String device;
  private final int identifier;

  /**
   * @param device at most 15 characters
   * @param cluster the pods of all nodes; clusters with the same range do not share a network
   */
  Vxlan(String device, ClusterRanges cluster) {
    this.device = device;
    int network =
        cluster
            .ipv4()
            .map(range -> range.network().intValue() >>> 8)
            .or(() -> cluster.ipv6().map(range -> range.network().hashCode()))
            .orElse(0);
    // 24 bits, never 0.
    this.identifier = (network & 0xffffff) | 1 << 23;
  }

  /** Makes the device anew. */
  void create(Peer own) throws IOException {
    run("ip", "link del " + device + "\n", true);
    run("ip", creation(own, mtu(own)), false);
    sysctl("rp_filter", "2");
    sysctl("send_redirects", "0");
  }

  /** Nobody else can have the device's addresses of IPv6, so that nobody need be asked. */
  String creation(Peer own, int mtu) {
    StringBuilder ip = new StringBuilder();
    ip.append("link add ").append(device).append(" type vxlan id ").append(identifier);
    ip.append(" local ").append(own.address()).append(" dstport ").append(PORT);
    ip.append(" nolearning\n");
    ip.append("link set ").append(device).append(" address ").append(own.hardware()).append('\n');
    for (Cidr pods : own.ranges()) {
      ip.append("addr add ").append(pods.firstAddress());
      ip.append(
          switch (pods.family()) {
            case IPv4 -> "/32 dev " + device + "\n";
            case IPv6 -> "/128 dev " + device + " nodad\n";
          });
    }
    ip.append("link set ").append(device).append(" mtu ").append(mtu).append(" up\n");
    return ip.toString();
  }

  private static int mtu(Peer own) throws IOException {
    NetworkInterface below =
        NetworkInterface.getByInetAddress(InetAddress.ofLiteral(own.address()));
    int mtu = below == null ? 1500 : below.getMTU();
    int headers =
        switch (own.underlay()) {
          case IPv4 -> HEADERS;
          case IPv6 -> HEADERS_IN_IPV6;
        };
    // A device of a loopback network has 65536, which no frame of the overlay may fill.
    return Math.clamp(mtu - headers, SMALLEST_MTU, 9000);
  }

  void add(List<Peer> peers) throws IOException {
    StringBuilder bridge = new StringBuilder();
    for (Peer p : peers) {
      bridge
          .append("fdb replace ")
          .append(p.hardware())
          .append(" dev ")
          .append(device)
          .append(" dst ")
          .append(p.address())
          .append(" self permanent\n");
    }
    run("bridge", bridge.toString(), false);
    run("ip", routes(peers), false);
  }

  String routes(List<Peer> peers) {
    StringBuilder ip = new StringBuilder();
    for (Peer p : peers) {
      for (Cidr pods : p.ranges()) {
        String gateway = pods.firstAddress();
        ip.append("neigh replace ").append(gateway).append(" lladdr ").append(p.hardware());
        ip.append(" dev ").append(device).append(" nud permanent\n");
        ip.append("route replace ").append(pods).append(" via ").append(gateway);
        ip.append(" dev ").append(device).append(" onlink\n");
      }
    }
    return ip.toString();
  }

  void remove(List<Peer> peers) throws IOException {
    StringBuilder ip = new StringBuilder();
    StringBuilder bridge = new StringBuilder();
    for (Peer p : peers) {
      for (Cidr pods : p.ranges()) {
        ip.append("route del ").append(pods).append(" dev ").append(device).append('\n');
        ip.append("neigh del ").append(pods.firstAddress());
        ip.append(" dev ").append(device).append('\n');
      }
      bridge.append("fdb del ").append(p.hardware()).append(" dev ").append(device);
      bridge.append(" dst ").append(p.address()).append(" self\n");
    }
    run("ip", ip.toString(), true);
    run("bridge", bridge.toString(), true);
  }

  void delete() throws IOException {
    run("ip", "link del " + device + "\n", true);
  }

  private void sysctl(String name, String value) {
    try {
      Files.writeString(Path.of("/proc/sys/net/ipv4/conf", device, name), value);
    } catch (IOException e) {
      LOG.atDebug().addKeyValue("sysctl", name).log("Not settable");
    }
  }

  /**
   * @param anyway goes on after a line that fails, and does not fail itself
   */
  private static void run(String program, String script, boolean anyway) throws IOException {
    if (script.isEmpty()) {
      return;
    }
    List<String> command = new ArrayList<>(List.of(program));
    if (anyway) {
      command.add("-force");
    }
    command.addAll(List.of("-batch", "-"));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    try (var in = process.getOutputStream()) {
      in.write(script.getBytes(StandardCharsets.US_ASCII));
    }
    String output;
    try (InputStream out = process.getInputStream()) {
      output = new String(out.readNBytes(4096), StandardCharsets.UTF_8).strip();
    }
    try {
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException(program + " did not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
      throw new IOException(program + " was interrupted", e);
    }
    if (process.exitValue() != 0 && !anyway) {
      throw new IOException(program + ": " + output);
    }
  }
}
