package dev.coracle.launcher;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** The addresses under which a node is reached. */
final class HostAddresses {

  private HostAddresses() {}

  /**
   * Those that were asked for, else the host's first global one of each family that pods have; of
   * the primary family there is always one.
   *
   * @param pods empty: one range of IPv4
   * @param asked empty, one address, or one of each family with a comma between
   */
  static List<String> choose(String asked, List<NamedRange> pods) {
    boolean six = !pods.isEmpty() && pods.getFirst().isIpv6();
    if (!asked.isEmpty()) {
      List<String> given = List.of(asked.split(","));
      if (given.size() > 2
          || given.size() == 2 && isIpv6(given.get(0)) == isIpv6(given.get(1))
          || isIpv6(given.getFirst()) != six) {
        throw new UserErrorException(
            "the node's address '"
                + asked
                + "' has to be one of the cluster's primary family, "
                + (six ? "IPv6" : "IPv4")
                + ", or one of each with that first");
      }
      return given;
    }
    List<String> out = new ArrayList<>();
    out.add(global(six).orElse(six ? "::1" : "127.0.0.1"));
    if (pods.size() == 2) {
      global(!six).ifPresent(out::add);
    }
    return List.copyOf(out);
  }

  private static boolean isIpv6(String address) {
    return address.indexOf(':') >= 0;
  }

  private static Optional<String> global(boolean six) {
    try {
      return NetworkInterface.networkInterfaces()
          .filter(HostAddresses::isUpAndReal)
          .sorted(Comparator.comparingInt(NetworkInterface::getIndex))
          .flatMap(NetworkInterface::inetAddresses)
          .filter(a ->
              a instanceof Inet4Address != six && !a.isLoopbackAddress() && !a.isLinkLocalAddress())
          .map(InetAddress::getHostAddress)
          // The interface that Java names behind an IPv6 address is no part of it.
          .map(text -> text.indexOf('%') < 0 ? text : text.substring(0, text.indexOf('%')))
          .findFirst();
    } catch (SocketException e) {
      return Optional.empty();
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
}
