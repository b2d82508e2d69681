package dev.coracle.criruntime.internal.network;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.coracle.criruntime.network.PodNetwork;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** No network of their own: pods share the host's, and its address. */
public final class HostNetwork implements PodNetwork {
  private final String reason;

  public HostNetwork(String reason) {
    this.reason = reason;
  }

  @Override
  public String describe() {
    return "host network: " + reason;
  }

  @Override
  public Optional<String> notReady() {
    return Optional.empty();
  }

  @Override
  public void podCidr(String cidr) {
    // There is nothing to give out.
  }

  @Override
  public Connection connect(Pod pod) throws IOException {
    return new Connection(List.of(address()), JsonNodeFactory.instance.objectNode());
  }

  /** The address of the interface that the default route goes through, else loopback's. */
  private static String address() throws IOException {
    Path routes = Path.of("/proc/net/route");
    if (Files.isReadable(routes)) {
      for (String line : Files.readAllLines(routes)) {
        String[] f = line.split("\\s+");
        NetworkInterface i =
            f.length > 1 && f[1].equals("00000000") ? NetworkInterface.getByName(f[0]) : null;
        if (i != null) {
          for (InetAddress a : i.inetAddresses().toList()) {
            if (a instanceof Inet4Address) {
              return a.getHostAddress();
            }
          }
        }
      }
    }
    return "127.0.0.1";
  }

  @Override
  public void disconnect(Pod pod, JsonNode details) {
    // There was nothing.
  }

  @Override
  public void adopt(Pod pod, Connection connection) {
    // There is nothing to remember.
  }

  @Override
  public void close() {
    // There is nothing to remove.
  }
}
