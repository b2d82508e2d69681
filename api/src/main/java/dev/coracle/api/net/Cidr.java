package dev.coracle.api.net;

import dev.coracle.api.validation.AddressText;
import java.math.BigInteger;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A range of addresses.
 *
 * @param network the first address as a number without sign
 * @param prefix how many bits all of them share
 */
public record Cidr(IpFamily family, BigInteger network, int prefix) {

  private static final Pattern DOTTED = Pattern.compile("\\d{1,3}(?:\\.\\d{1,3}){3}");
  private static final Pattern HEXADECIMAL = Pattern.compile("[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*");
  private static final Pattern LENGTH = Pattern.compile("\\d{1,3}");

  /** What is between the commas, without blanks; a list of one range is that range. */
  public static List<String> split(String ranges) {
    return Arrays.stream(ranges.split(",")).map(String::strip).filter(r -> !r.isEmpty()).toList();
  }

  /** Bits of the address behind the prefix are no error and mean nothing. */
  public static Optional<Cidr> parse(String text) {
    int slash = text.indexOf('/');
    String bits = text.substring(slash + 1);
    if (slash < 0 || !LENGTH.matcher(bits).matches()) {
      return Optional.empty();
    }
    int prefix = Integer.parseInt(bits);
    IpFamily family = IpFamily.of(text);
    return number(text.substring(0, slash))
        .filter(_ -> prefix <= family.bits())
        .map(address -> new Cidr(family, address.andNot(mask(family.bits() - prefix)), prefix));
  }

  /** An address as a number; empty where it is none. */
  public static Optional<BigInteger> number(String address) {
    if (!DOTTED.matcher(address).matches() && !HEXADECIMAL.matcher(address).matches()) {
      return Optional.empty();
    }
    try {
      byte[] bytes = InetAddress.ofLiteral(address).getAddress();
      return bytes.length == IpFamily.of(address).bytes()
          ? Optional.of(new BigInteger(1, bytes))
          : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private static BigInteger mask(int bits) {
    return BigInteger.ONE.shiftLeft(bits).subtract(BigInteger.ONE);
  }

  public boolean contains(Cidr other) {
    return other.family == family && other.prefix >= prefix && contains(other.network);
  }

  /** Whether this address of the same family is one of them. */
  public boolean contains(BigInteger address) {
    return address.andNot(mask(family.bits() - prefix)).equals(network);
  }

  public BigInteger last() {
    return network.or(mask(family.bits() - prefix));
  }

  /** The first address, which no pod has. */
  public String firstAddress() {
    return text(family, network);
  }

  /** The address that stands so many after the first. */
  public String address(long offset) {
    return text(family, network.add(BigInteger.valueOf(offset)));
  }

  /**
   * As RFC 5952 writes the address, so that texts can be compared; anything else stays as it is.
   */
  public static String canonical(String address) {
    return number(address).map(n -> text(IpFamily.of(address), n)).orElse(address);
  }

  /** An address as it is written: of IPv6 in the one form of RFC 5952. */
  public static String text(IpFamily family, BigInteger address) {
    byte[] shortest = address.toByteArray();
    byte[] bytes = new byte[family.bytes()];
    // A leading byte of sign may make it one longer than it is.
    int length = Math.min(shortest.length, bytes.length);
    System.arraycopy(shortest, shortest.length - length, bytes, bytes.length - length, length);
    return AddressText.canonical(bytes);
  }

  @Override
  public String toString() {
    return firstAddress() + "/" + prefix;
  }
}
