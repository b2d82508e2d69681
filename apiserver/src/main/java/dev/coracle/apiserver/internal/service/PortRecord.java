package dev.coracle.apiserver.internal.service;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import java.math.BigInteger;
import java.util.Base64;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The node ports that are taken, as they are stored: a RangeAllocation whose bits, the lowest last,
 * stand for the ports of its range.
 */
final class PortRecord {

  static final String NAME = "servicenodeports";

  private PortRecord() {}

  /** Those of the record that lie in its own range. */
  static Set<Integer> ports(@Nullable KubeObject record) {
    Set<Integer> out = new TreeSet<>();
    if (record == null) {
      return out;
    }
    String range = record.text("range");
    int dash = range.indexOf('-');
    byte[] data = Base64.getDecoder().decode(record.text("data"));
    if (dash > 0 && data.length > 0) {
      int first = Integer.parseInt(range.substring(0, dash));
      BigInteger bits = new BigInteger(1, data);
      for (int i = 0; i < bits.bitLength(); i++) {
        if (bits.testBit(i)) {
          out.add(first + i);
        }
      }
    }
    return out;
  }

  /**
   * @param range {@code 30000-32767}; ports outside of it are not noted
   */
  static KubeObject of(@Nullable KubeObject before, String range, Collection<Integer> ports) {
    int dash = range.indexOf('-');
    int first = Integer.parseInt(range.substring(0, dash));
    int last = Integer.parseInt(range.substring(dash + 1));
    BigInteger bits = BigInteger.ZERO;
    for (int port : ports) {
      if (port >= first && port <= last) {
        bits = bits.setBit(port - first);
      }
    }
    byte[] bytes = bits.signum() == 0 ? new byte[0] : bits.toByteArray();
    int sign = bytes.length > 0 && bytes[0] == 0 ? 1 : 0;
    String data =
        Base64.getEncoder().encodeToString(java.util.Arrays.copyOfRange(bytes, sign, bytes.length));
    if (before != null) {
      return before.with(o -> o.put("range", range).put("data", data));
    }
    ObjectNode made = Json.object().put("kind", "RangeAllocation").put("apiVersion", "v1");
    made.putObject("metadata").put("name", NAME);
    return KubeObject.of(made.put("range", range).put("data", data));
  }
}
