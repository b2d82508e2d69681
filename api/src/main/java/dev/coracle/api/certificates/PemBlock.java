package dev.coracle.api.certificates;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * A block of PEM (RFC 7468) by its label; what stands between blocks and in their headers is left
 * out.
 *
 * @param type {@code CERTIFICATE}
 * @param hasHeaders whether there were some
 */
public record PemBlock(String type, byte[] content, boolean hasHeaders) {

  private static final String BEGIN = "-----BEGIN ";
  private static final String DASHES = "-----";

  /** One without headers. */
  public PemBlock(String type, byte[] content) {
    this(type, content, false);
  }

  /**
   * All blocks, in their order.
   *
   * @throws IllegalArgumentException for one that is not base64
   */
  public static List<PemBlock> all(String text) {
    return read(text, false);
  }

  /** All blocks but those that are not base64, as Go reads PEM. */
  public static List<PemBlock> readable(String text) {
    return read(text, true);
  }

  private static List<PemBlock> read(String text, boolean leavesOut) {
    List<PemBlock> out = new ArrayList<>();
    int at = text.indexOf(BEGIN);
    while (at >= 0) {
      int label = at + BEGIN.length();
      int body = text.indexOf(DASHES, label);
      if (body < 0) {
        break;
      }
      String type = text.substring(label, body);
      String last = "-----END " + type + DASHES;
      int end = text.indexOf(last, body);
      if (end >= 0 && type.indexOf('\n') < 0) {
        try {
          String inside = text.substring(body + DASHES.length(), end);
          out.add(new PemBlock(type, content(inside), inside.indexOf(':') >= 0));
        } catch (IllegalArgumentException e) {
          if (!leavesOut) {
            throw e;
          }
        }
        at = text.indexOf(BEGIN, end + last.length());
      } else {
        at = text.indexOf(BEGIN, label);
      }
    }
    return out;
  }

  private static byte[] content(String body) {
    StringBuilder base64 = new StringBuilder();
    for (String line : body.split("\n")) {
      if (line.indexOf(':') < 0) {
        base64.append(line.strip());
      }
    }
    return Base64.getDecoder().decode(base64.toString());
  }

  @Override
  public String toString() {
    return "-----BEGIN "
        + type
        + "-----\n"
        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(content)
        + "\n-----END "
        + type
        + "-----\n";
  }
}
