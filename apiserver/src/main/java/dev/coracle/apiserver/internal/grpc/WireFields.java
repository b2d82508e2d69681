package dev.coracle.apiserver.internal.grpc;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The fields of a small protobuf message by their numbers. */
public final class WireFields {

  private final Map<Integer, List<byte[]>> values = new HashMap<>();
  private final Map<Integer, Long> numbers = new HashMap<>();

  private WireFields() {}

  /**
   * @throws IllegalStateException when it is no message
   */
  public static WireFields read(byte[] message) {
    WireFields out = new WireFields();
    try {
      CodedInputStream in = CodedInputStream.newInstance(message);
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        int number = WireFormat.getTagFieldNumber(tag);
        switch (WireFormat.getTagWireType(tag)) {
          case WireFormat.WIRETYPE_LENGTH_DELIMITED ->
              out.values.computeIfAbsent(number, _ -> new ArrayList<>()).add(in.readByteArray());
          case WireFormat.WIRETYPE_VARINT -> out.numbers.put(number, in.readInt64());
          default -> in.skipField(tag);
        }
      }
      return out;
    } catch (IOException e) {
      throw new IllegalStateException("a protobuf message cannot be read", e);
    }
  }

  public byte[] bytes(int number) {
    List<byte[]> all = values.get(number);
    return all == null ? new byte[0] : all.getLast();
  }

  /** All of a repeated field. */
  public List<byte[]> all(int number) {
    return List.copyOf(values.getOrDefault(number, List.of()));
  }

  public String text(int number) {
    return new String(bytes(number), StandardCharsets.UTF_8);
  }

  public long number(int number) {
    return numbers.getOrDefault(number, 0L);
  }

  /** A {@code map<string, bytes>}. */
  public Map<String, byte[]> map(int number) {
    Map<String, byte[]> out = new TreeMap<>();
    for (byte[] entry : values.getOrDefault(number, List.of())) {
      WireFields pair = read(entry);
      out.put(pair.text(1), pair.bytes(2));
    }
    return out;
  }

  /** One entry of such a map. */
  public static byte[] entry(String key, byte[] value) {
    return SocketCalls.encode(out -> {
      out.writeString(1, key);
      out.writeByteArray(2, value);
    });
  }
}
