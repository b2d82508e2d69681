package dev.coracle.cel;

import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelFunctionOverload;
import dev.coracle.api.GoQuote;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Addresses and networks: {@code cidr("10.0.0.0/8").containsIP(ip("10.1.2.3"))}. */
final class NetLibrary {

  private static final String UNREADABLE =
      "network address parse error during conversion from string: ";

  private static final CelType IP = OpaqueType.create("net.IP");
  private static final CelType CIDR = OpaqueType.create("net.CIDR");
  private static final Pattern V4 = Pattern.compile("(0|[1-9]\\d{0,2})(\\.(0|[1-9]\\d{0,2})){3}");

  /** A network: its address as it was written, and how many bits of it count. */
  record Network(InetAddress address, int bits) {

    boolean contains(InetAddress other) {
      byte[] a = address.getAddress();
      byte[] b = other.getAddress();
      return a.length == b.length && Arrays.equals(mask(a, bits), mask(b, bits));
    }

    InetAddress masked() {
      return NetLibrary.address(mask(address.getAddress(), bits));
    }
  }

  private NetLibrary() {}

  static void addTo(Libraries libraries) {
    libraries.global("ip", "string_to_ip", IP, SimpleType.STRING, String.class, NetLibrary::ip);
    libraries.global(
        "isIP",
        "is_ip",
        SimpleType.BOOL,
        SimpleType.STRING,
        String.class,
        text -> parse(text) != null);
    libraries.global(
        "ip.isCanonical",
        "ip_is_canonical",
        SimpleType.BOOL,
        SimpleType.STRING,
        String.class,
        text -> print(ip(text)).equals(text));
    libraries.global(
        "string", "ip_to_string", SimpleType.STRING, IP, InetAddress.class, NetLibrary::print);
    libraries.member(
        "family",
        "ip_family",
        SimpleType.INT,
        IP,
        InetAddress.class,
        a -> a.getAddress().length == 4 ? 4L : 6L);
    is(libraries, "isUnspecified", InetAddress::isAnyLocalAddress);
    is(libraries, "isLoopback", InetAddress::isLoopbackAddress);
    is(libraries, "isLinkLocalMulticast", NetLibrary::isLinkLocalMulticast);
    is(libraries, "isLinkLocalUnicast", InetAddress::isLinkLocalAddress);
    is(
        libraries,
        "isGlobalUnicast",
        a ->
            !a.isAnyLocalAddress()
                && !a.isLoopbackAddress()
                && !a.isMulticastAddress()
                && !a.isLinkLocalAddress());
    libraries.global(
        "cidr", "string_to_cidr", CIDR, SimpleType.STRING, String.class, NetLibrary::cidr);
    libraries.global(
        "isCIDR",
        "is_cidr",
        SimpleType.BOOL,
        SimpleType.STRING,
        String.class,
        text -> network(text) != null);
    libraries.global(
        "string",
        "cidr_to_string",
        SimpleType.STRING,
        CIDR,
        Network.class,
        n -> print(n.address()) + "/" + n.bits());
    libraries.member("ip", "cidr_ip", IP, CIDR, Network.class, Network::address);
    libraries.member(
        "masked", "cidr_masked", CIDR, CIDR, Network.class, n -> new Network(n.masked(), n.bits()));
    libraries.member(
        "prefixLength",
        "cidr_prefix_length",
        SimpleType.INT,
        CIDR,
        Network.class,
        n -> (long) n.bits());
    libraries.member(
        "containsIP",
        "cidr_contains_ip_ip",
        SimpleType.BOOL,
        CIDR,
        IP,
        Network.class,
        InetAddress.class,
        Network::contains);
    libraries.member(
        "containsIP",
        "cidr_contains_ip_string",
        SimpleType.BOOL,
        CIDR,
        SimpleType.STRING,
        Network.class,
        String.class,
        (n, a) -> n.contains(ip(a)));
    libraries.member(
        "containsCIDR",
        "cidr_contains_cidr",
        SimpleType.BOOL,
        CIDR,
        CIDR,
        Network.class,
        Network.class,
        (n, m) -> m.bits() >= n.bits() && n.contains(m.address()));
    libraries.member(
        "containsCIDR",
        "cidr_contains_cidr_string",
        SimpleType.BOOL,
        CIDR,
        SimpleType.STRING,
        Network.class,
        String.class,
        (n, m) -> cidr(m).bits() >= n.bits() && n.contains(cidr(m).address()));
  }

  private static void is(
      Libraries libraries, String name, CelFunctionOverload.Unary<InetAddress> test) {
    libraries.member(name, "ip_" + name, SimpleType.BOOL, IP, InetAddress.class, test);
  }

  private static boolean isLinkLocalMulticast(InetAddress a) {
    byte[] b = a.getAddress();
    return b.length == 4
        ? b[0] == (byte) 224 && b[1] == 0 && b[2] == 0
        : (b[0] & 0xff) == 0xff && (b[1] & 0x0f) == 2;
  }

  private static byte[] mask(byte[] address, int bits) {
    byte[] out = address.clone();
    for (int i = 0; i < out.length; i++) {
      int kept = Math.clamp(bits - i * 8L, 0, 8);
      out[i] &= (byte) (0xff << (8 - kept));
    }
    return out;
  }

  private static InetAddress address(byte[] bytes) {
    try {
      return InetAddress.getByAddress(bytes);
    } catch (UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }

  private static InetAddress ip(String text) {
    InetAddress parsed = parse(text);
    if (parsed == null) {
      String quoted = GoQuote.of(text);
      throw new CelFailure(
          AddressFaults.ofAddress(text)
              .map(fault ->
                  "IP Address " + quoted + " parse error during conversion from string: " + fault)
              .orElse(
                  text.indexOf('%') < 0
                      ? "IPv4-mapped IPv6 address " + quoted + " is not allowed"
                      : "IP address " + quoted + " with zone value is not allowed"),
          false);
    }
    return parsed;
  }

  /** Literals only: no name is looked up. */
  private static @Nullable InetAddress parse(String text) {
    boolean v4 = V4.matcher(text).matches();
    if (!v4 && (text.indexOf(':') < 0 || text.indexOf('%') >= 0 || text.startsWith("["))) {
      return null;
    }
    try {
      InetAddress parsed = InetAddress.ofLiteral(text);
      return !v4 && parsed.getAddress().length == 4 ? null : parsed;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static Network cidr(String text) {
    Network parsed = network(text);
    if (parsed == null) {
      throw new CelFailure(
          UNREADABLE
              + AddressFaults.ofPrefix(text)
                  .map(UNREADABLE::concat)
                  .orElse("IPv4-mapped IPv6 address " + GoQuote.of(text) + " is not allowed"),
          false);
    }
    return parsed;
  }

  private static @Nullable Network network(String text) {
    int slash = text.lastIndexOf('/');
    InetAddress address = slash < 0 ? null : parse(text.substring(0, slash));
    String bits = text.substring(slash + 1);
    if (address == null || !bits.matches("0|[1-9]\\d{0,2}")) {
      return null;
    }
    int n = Integer.parseInt(bits);
    return n > address.getAddress().length * 8 ? null : new Network(address, n);
  }

  /** RFC 5952 for IPv6. */
  private static String print(InetAddress address) {
    if (address.getAddress().length == 4) {
      return address.getHostAddress();
    }
    String[] groups = address.getHostAddress().replaceFirst("%.*", "").split(":");
    int best = -1;
    int length = 1;
    for (int i = 0; i < groups.length; i++) {
      int j = i;
      while (j < groups.length && groups[j].equals("0")) {
        j++;
      }
      if (j - i > length) {
        best = i;
        length = j - i;
      }
    }
    if (best < 0) {
      return String.join(":", groups);
    }
    return String.join(":", Arrays.copyOfRange(groups, 0, best))
        + "::"
        + String.join(":", Arrays.copyOfRange(groups, best + length, groups.length));
  }
}
