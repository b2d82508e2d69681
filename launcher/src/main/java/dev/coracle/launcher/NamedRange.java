package dev.coracle.launcher;

import dev.coracle.api.net.Cidr;
import dev.coracle.api.net.IpFamily;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A range of addresses that an option names.
 *
 * @param text as it was given
 */
record NamedRange(String text, Cidr cidr) {

  boolean isIpv6() {
    return cidr.family() == IpFamily.IPv6;
  }

  /** The address with this number from the first. */
  String address(int number) {
    return cidr.address(number);
  }

  /** The first part of the range that has this prefix, or the range itself where it is smaller. */
  String firstPart(int part) {
    return cidr.firstAddress() + "/" + Math.max(part, cidr.prefix());
  }

  private static NamedRange parse(String option, String text) {
    return Cidr.parse(text)
        .filter(cidr -> cidr.prefix() > 0)
        .map(cidr -> new NamedRange(text, cidr))
        .orElseThrow(() ->
            new UserErrorException(
                option
                    + ": '"
                    + text
                    + "' is no range of addresses; one looks like 10.96.0.0/16 or"
                    + " fd00:10:96::/112"));
  }

  /**
   * One range, or one of each family.
   *
   * @param option named in errors
   * @param text empty for none
   */
  static List<NamedRange> list(String option, String text) {
    List<NamedRange> out = new ArrayList<>();
    for (String one : text.isEmpty() ? new String[0] : text.split(",", -1)) {
      out.add(parse(option, one.strip()));
    }
    if (out.size() > 2 || out.size() == 2 && out.get(0).isIpv6() == out.get(1).isIpv6()) {
      throw new UserErrorException(
          option + ": '" + text + "' has to be one range, or one of IPv4 and one of IPv6");
    }
    return out;
  }

  /** Refuses ranges whose size addresses can not be given from. */
  static void checkSizes(
      String option, List<NamedRange> ranges, int ipv4From, int ipv4To, int ipv6From, int ipv6To) {
    for (NamedRange range : ranges) {
      int from = range.isIpv6() ? ipv6From : ipv4From;
      int to = range.isIpv6() ? ipv6To : ipv4To;
      if (range.cidr.prefix() < from || range.cidr.prefix() > to) {
        throw new UserErrorException(
            String.format(
                Locale.ROOT,
                "%s: '%s' has to have a prefix of %d to %d bits, as a range of %s",
                option,
                range.text,
                from,
                to,
                range.cidr.family()));
      }
    }
  }
}
