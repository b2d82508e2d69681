package dev.coracle.api.validation;

/** How addresses are written. */
public final class AddressText {

  private AddressText() {}

  /** As RFC 5952 wants it: lower case, no leading zeros, the longest run of zeros as two colons. */
  public static String canonical(byte[] bytes) {
    if (bytes.length == 4) {
      return (bytes[0] & 0xff)
          + "."
          + (bytes[1] & 0xff)
          + "."
          + (bytes[2] & 0xff)
          + "."
          + (bytes[3] & 0xff);
    }
    int[] groups = new int[8];
    for (int i = 0; i < 8; i++) {
      groups[i] = (bytes[2 * i] & 0xff) << 8 | bytes[2 * i + 1] & 0xff;
    }
    int best = 0;
    int from = -1;
    for (int i = 0; i < 8; i++) {
      int n = 0;
      while (i + n < 8 && groups[i + n] == 0) {
        n++;
      }
      if (n > best) {
        best = n;
        from = i;
      }
    }
    StringBuilder out = new StringBuilder();
    int i = 0;
    while (i < 8) {
      if (best > 1 && i == from) {
        out.append("::");
        i += best;
      } else {
        if (!out.isEmpty() && out.charAt(out.length() - 1) != ':') {
          out.append(':');
        }
        out.append(Integer.toHexString(groups[i]));
        i++;
      }
    }
    return out.toString();
  }
}
