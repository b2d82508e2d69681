package dev.coracle.apiserver.internal.http;

import dev.coracle.api.KubeObject;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.Function;

/**
 * A list as JSON for people.
 *
 * @param list its other fields
 * @param field which holds the items
 * @param encode an item's JSON
 */
record PrettyList(byte[] list, String field, Function<KubeObject, byte[]> encode)
    implements ListForm {

  private static final int LINE_AND_BRACE = 2;
  private static final int DEPTH = 2;
  private static final byte[] FIRST = "\n    ".getBytes(StandardCharsets.UTF_8);
  private static final byte[] NEXT = ",\n    ".getBytes(StandardCharsets.UTF_8);
  private static final byte[] END = "\n  ]\n}\n".getBytes(StandardCharsets.UTF_8);
  private static final byte[] END_OF_NONE = "]\n}\n".getBytes(StandardCharsets.UTF_8);

  @Override
  public Negotiation.Form form() {
    return Negotiation.Form.JSON;
  }

  @Override
  public boolean kept() {
    return false;
  }

  @Override
  public byte[] head(long itemBytes) {
    byte[] pretty = PrettyJson.value(list, 0);
    byte[] items = (",\n  \"" + field + "\": [").getBytes(StandardCharsets.UTF_8);
    int open = pretty.length - LINE_AND_BRACE;
    byte[] out = Arrays.copyOf(pretty, open + items.length);
    System.arraycopy(items, 0, out, open, items.length);
    return out;
  }

  @Override
  public byte[] prefix(boolean first, byte[] item) {
    return first ? FIRST : NEXT;
  }

  @Override
  public byte[] item(KubeObject object) {
    return PrettyJson.value(encode.apply(object), DEPTH);
  }

  @Override
  public byte[] end(boolean empty) {
    return empty ? END_OF_NONE : END;
  }
}
