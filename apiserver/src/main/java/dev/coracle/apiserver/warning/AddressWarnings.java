package dev.coracle.apiserver.warning;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.validation.AddressText;
import dev.coracle.api.validation.FieldPath;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Addresses and ranges that can be read in more than one way, or are not written as they should be.
 */
final class AddressWarnings {

  private AddressWarnings() {}

  /** Of a list of addresses. */
  static void addresses(JsonNode list, FieldPath path, Consumer<String> to) {
    int i = 0;
    for (JsonNode address : list) {
      address(address.asText(""), path.index(i++), to);
    }
  }

  /** Of one address that has passed validation; of anything else nothing is said. */
  static void address(String text, FieldPath path, Consumer<String> to) {
    byte[] bytes = bytes(text);
    if (bytes.length == 0) {
      return;
    }
    String canonical = AddressText.canonical(bytes);
    if (text.indexOf(':') >= 0 && bytes.length == 4) {
      to.accept(
          path
              + ": non-standard IP address \""
              + text
              + "\" will be considered invalid in a future Kubernetes release: use \""
              + canonical
              + "\"");
    } else if (bytes.length == 16 && !canonical.equals(text)) {
      to.accept(
          path
              + ": IPv6 address \""
              + text
              + "\" should be in RFC 5952 canonical format (\""
              + canonical
              + "\")");
    }
  }

  /** Of a list of ranges. */
  static void ranges(JsonNode list, FieldPath path, Consumer<String> to) {
    int i = 0;
    for (JsonNode range : list) {
      range(range.asText(""), path.index(i++), to);
    }
  }

  /** Of one range that has passed validation; of anything else nothing is said. */
  static void range(String text, FieldPath path, Consumer<String> to) {
    int slash = text.indexOf('/');
    byte[] bytes = slash < 0 ? new byte[0] : bytes(text.substring(0, slash));
    String length = text.substring(slash + 1);
    if (bytes.length == 0
        || !length.matches("\\d{1,3}")
        || Integer.parseInt(length) > bytes.length * 8) {
      return;
    }
    byte[] first = masked(bytes, Integer.parseInt(length));
    String canonical = AddressText.canonical(first) + "/" + Integer.parseInt(length);
    if (!Arrays.equals(first, bytes)) {
      to.accept(
          path
              + ": CIDR value \""
              + text
              + "\" is ambiguous in this context (should be \""
              + canonical
              + "\" or \""
              + AddressText.canonical(bytes)
              + "/"
              + bytes.length * 8
              + "\"?)");
    } else if (bytes.length == 16 && !canonical.equals(text)) {
      to.accept(
          path
              + ": IPv6 CIDR value \""
              + text
              + "\" should be in RFC 5952 canonical format (\""
              + canonical
              + "\")");
    }
  }

  /** The four or sixteen bytes; none of what is no address. */
  private static byte[] bytes(String text) {
    try {
      return text.isEmpty() ? new byte[0] : InetAddress.ofLiteral(text).getAddress();
    } catch (IllegalArgumentException e) {
      return new byte[0];
    }
  }

  private static byte[] masked(byte[] address, int length) {
    byte[] out = address.clone();
    for (int i = 0; i < out.length; i++) {
      int bits = Math.clamp(length - i * 8L, 0, 8);
      out[i] &= (byte) (0xff << (8 - bits));
    }
    return out;
  }
}
