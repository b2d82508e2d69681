package dev.coracle.apiserver.internal.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.protobuf.ProtobufList;
import java.nio.charset.StandardCharsets;

/** How a list is put together from its items' own encodings. */
interface ListForm {

  Negotiation.Form form();

  /** What stands before all items. */
  byte[] head(long itemBytes);

  /** What stands before an item; shared, not to be changed. */
  byte[] prefix(boolean first, byte[] item);

  /** The item's own encoding; shared, not to be changed. */
  byte[] item(KubeObject object);

  /** What stands behind all items. */
  byte[] end();

  /**
   * @param list at least one field, and no items
   */
  static ListForm json(ObjectNode list) {
    return new JsonForm(Json.bytes(list));
  }

  static ListForm protobuf(ObjectNode list) {
    return new ProtobufForm(new ProtobufList(list));
  }

  /** JSON: the list's own text up to its last brace, then the items. */
  record JsonForm(byte[] list) implements ListForm {

    private static final byte[] ITEMS = ",\"items\":[".getBytes(StandardCharsets.UTF_8);
    private static final byte[] END = "]}\n".getBytes(StandardCharsets.UTF_8);
    private static final byte[] COMMA = {','};
    private static final byte[] NONE = {};

    @Override
    public Negotiation.Form form() {
      return Negotiation.Form.JSON;
    }

    @Override
    public byte[] head(long itemBytes) {
      byte[] out = new byte[list.length - 1 + ITEMS.length];
      System.arraycopy(list, 0, out, 0, list.length - 1);
      System.arraycopy(ITEMS, 0, out, list.length - 1, ITEMS.length);
      return out;
    }

    @Override
    public byte[] prefix(boolean first, byte[] item) {
      return first ? NONE : COMMA;
    }

    @Override
    public byte[] item(KubeObject object) {
      return object.json();
    }

    @Override
    public byte[] end() {
      return END;
    }
  }

  /** Kubernetes' protobuf. */
  record ProtobufForm(ProtobufList list) implements ListForm {

    private static final byte[] NONE = {};

    @Override
    public Negotiation.Form form() {
      return Negotiation.Form.PROTOBUF;
    }

    @Override
    public byte[] head(long itemBytes) {
      return list.head(itemBytes);
    }

    @Override
    public byte[] prefix(boolean first, byte[] item) {
      return list.prefix(item.length);
    }

    @Override
    public byte[] item(KubeObject object) {
      return list.message(object);
    }

    @Override
    public byte[] end() {
      return NONE;
    }
  }
}
