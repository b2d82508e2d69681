package dev.coracle.apiserver.internal.http;

import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Yaml;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;

/**
 * A list as YAML.
 *
 * @param list its other fields, as YAML
 * @param field which holds the items
 * @param encode an item's JSON
 */
record YamlList(byte[] list, String field, Function<KubeObject, byte[]> encode)
    implements ListForm {

  private static final byte[] DASH = "- ".getBytes(StandardCharsets.UTF_8);
  private static final byte[] NONE = {};
  private static final byte[] END_OF_NONE = " []\n".getBytes(StandardCharsets.UTF_8);

  @Override
  public Negotiation.Form form() {
    return Negotiation.Form.YAML;
  }

  @Override
  public boolean kept() {
    return false;
  }

  @Override
  public byte[] head(long itemBytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(list.length + 16);
    out.writeBytes(list);
    out.writeBytes((field + ":").getBytes(StandardCharsets.UTF_8));
    return out.toByteArray();
  }

  @Override
  public byte[] prefix(boolean first, byte[] item) {
    return first ? new byte[] {'\n', '-', ' '} : DASH;
  }

  /** All lines but the first, which stands behind the dash, are indented as far as that. */
  @Override
  public byte[] item(KubeObject object) {
    byte[] yaml = Yaml.bytes(Json.parse(encode.apply(object)));
    ByteArrayOutputStream out = new ByteArrayOutputStream(yaml.length * 5 / 4);
    int from = 0;
    while (from < yaml.length) {
      int end = from;
      while (yaml[end] != '\n') {
        end++;
      }
      if (from > 0 && end > from) {
        out.write(' ');
        out.write(' ');
      }
      out.write(yaml, from, end + 1 - from);
      from = end + 1;
    }
    return out.toByteArray();
  }

  @Override
  public byte[] end(boolean empty) {
    return empty ? END_OF_NONE : NONE;
  }
}
