package dev.coracle.launcher;

import dev.coracle.api.validation.AddressText;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * A range of addresses of either family.
 *
 * @param text as it was given
 * @param first its first address, as a number
 * @param width how many bits an address has: 32 or 128
 * @param prefix how many of them are fixed
 */
record Cidr(String text, BigInteger first, int width, int prefix) {

  boolean isIpv6() {
    return width == 128;
  }

  private String family() {
    return isIpv6() ? "IPv6" : "IPv4";
  }

  /** The address with this number from the first. */
  String address(int number) {
    byte[] sum = first.add(BigInteger.valueOf(number)).toByteArray();
    byte[] address = new byte[width / 8];
    // A number may have a byte for its sign more, or bytes that are zero fewer.
    byte[] significant =
        Arrays.copyOfRange(sum, Math.max(0, sum.length - address.length), sum.length);
    System.arraycopy(
        significant, 0, address, address.length - significant.length, significant.length);
    return AddressText.canonical(address);
  }

  /** The first part of the range that has this prefix, or the range itself where it is smaller. */
  String firstPart(int part) {
    return address(0) + "/" + Math.max(part, prefix);
  }

  /** No address is looked up by name here. */
  private static Cidr parse(String option, String text) {
    int slash = text.indexOf('/');
    try {
      String ip = text.substring(0, Math.max(0, slash));
      if (ip.indexOf(':') < 0 && !ip.matches("[0-9]+(\\.[0-9]+){3}")) {
        throw new IllegalArgumentException("not an address: " + ip);
      }
      byte[] address = InetAddress.getByName(ip).getAddress();
      int prefix = Integer.parseInt(text.substring(slash + 1));
      int width = address.length * 8;
      if (prefix < 1 || prefix > width) {
        throw new IllegalArgumentException("not a prefix: " + prefix);
      }
      int free = width - prefix;
      BigInteger number = new BigInteger(1, address).shiftRight(free).shiftLeft(free);
      return new Cidr(text, number, width, prefix);
    } catch (IllegalArgumentException | UnknownHostException e) {
      throw new UserErrorException(
          option
              + ": '"
              + text
              + "' is no range of addresses; one looks like 10.96.0.0/16 or fd00:10:96::/112");
    }
  }

  /**
   * One range, or one of each family.
   *
   * @param option named in errors
   * @param text empty for none
   */
  static List<Cidr> list(String option, String text) {
    List<Cidr> out = new ArrayList<>();
    for (String one : text.isEmpty() ? new String[0] : text.split(",", -1)) {
      out.add(parse(option, one.strip()));
    }
    if (out.size() > 2 || out.size() == 2 && out.get(0).width == out.get(1).width) {
      throw new UserErrorException(
          option + ": '" + text + "' has to be one range, or one of IPv4 and one of IPv6");
    }
    return out;
  }

  /** Refuses ranges whose size addresses can not be given from. */
  static void checkSizes(
      String option, List<Cidr> ranges, int ipv4From, int ipv4To, int ipv6From, int ipv6To) {
    for (Cidr range : ranges) {
      int from = range.isIpv6() ? ipv6From : ipv4From;
      int to = range.isIpv6() ? ipv6To : ipv4To;
      if (range.prefix < from || range.prefix > to) {
        throw new UserErrorException(
            String.format(
                Locale.ROOT,
                "%s: '%s' has to have a prefix of %d to %d bits, as a range of %s",
                option,
                range.text,
                from,
                to,
                range.family()));
      }
    }
  }
}
