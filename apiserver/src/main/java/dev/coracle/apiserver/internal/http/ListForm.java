package dev.coracle.apiserver.internal.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Yaml;
import dev.coracle.apiserver.internal.protobuf.ProtobufList;
import java.nio.charset.StandardCharsets;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How a list is put together from its items' own encodings. Each {@code list} given here has at
 * least one field, and no items.
 */
interface ListForm {

  Negotiation.Form form();

  /**
   * Whether an item's encoding is kept somewhere, so that it costs nothing to ask for it twice; if
   * not, it is made when it is asked for.
   */
  boolean kept();

  /** Whether an item is the object itself in JSON, which may be kept compressed too. */
  default boolean keptCompressed() {
    return false;
  }

  /**
   * What stands before all items.
   *
   * @param itemBytes how much all items and their prefixes are, where they are kept
   */
  byte[] head(long itemBytes);

  /** What stands before an item; shared, not to be changed. */
  byte[] prefix(boolean first, byte[] item);

  /** Where the part of an item's encoding begins that is sent behind the prefix. */
  default int begin(byte[] item) {
    return 0;
  }

  /** The item's own encoding; shared, not to be changed. */
  byte[] item(KubeObject object);

  /** What stands behind all items. */
  byte[] end(boolean empty);

  /** The objects themselves, of which each keeps its JSON. */
  static ListForm json(ObjectNode list) {
    return new JsonForm(Json.bytes(list), "items", KubeObject::json, null, true);
  }

  /** As above, of items that do not say their kind, since the list does. */
  static ListForm json(ObjectNode list, ItemHead head) {
    return new JsonForm(Json.bytes(list), "items", KubeObject::json, head, true);
  }

  /**
   * What is made of the objects.
   *
   * @param field which holds what is made
   */
  static ListForm json(ObjectNode list, String field, Function<KubeObject, byte[]> json) {
    return new JsonForm(Json.bytes(list), field, json, null, false);
  }

  /** The same laid out for people. */
  static ListForm pretty(ObjectNode list, String field, Function<KubeObject, byte[]> json) {
    return new PrettyList(Json.bytes(list), field, json);
  }

  static ListForm yaml(ObjectNode list, String field, Function<KubeObject, byte[]> json) {
    return new YamlList(Yaml.bytes(list), field, json);
  }

  /** The objects themselves, of which each keeps its message. */
  static ListForm protobuf(ObjectNode list) {
    ProtobufList form = new ProtobufList(list);
    return new ProtobufForm(form, form::message);
  }

  /** What is made of the objects, whose messages are kept until the list is sent. */
  static ListForm protobuf(ObjectNode list, Function<KubeObject, KubeObject> made) {
    ProtobufList form = new ProtobufList(list);
    Map<KubeObject, byte[]> messages = new IdentityHashMap<>();
    return new ProtobufForm(
        form, o -> messages.computeIfAbsent(o, object -> form.message(made.apply(object))));
  }

  /** JSON: the list's own text up to its last brace, then the items. */
  record JsonForm(
      byte[] list,
      String field,
      Function<KubeObject, byte[]> encode,
      @Nullable ItemHead itemHead,
      boolean kept)
      implements ListForm {

    private static final byte[] END = "]}\n".getBytes(StandardCharsets.UTF_8);
    private static final byte[] COMMA = {','};
    private static final byte[] BRACE = {'{'};
    private static final byte[] COMMA_AND_BRACE = {',', '{'};
    private static final byte[] NONE = {};

    @Override
    public Negotiation.Form form() {
      return Negotiation.Form.JSON;
    }

    @Override
    public boolean keptCompressed() {
      return kept;
    }

    @Override
    public byte[] head(long itemBytes) {
      byte[] items = (",\"" + field + "\":[").getBytes(StandardCharsets.UTF_8);
      byte[] out = new byte[list.length - 1 + items.length];
      System.arraycopy(list, 0, out, 0, list.length - 1);
      System.arraycopy(items, 0, out, list.length - 1, items.length);
      return out;
    }

    @Override
    public byte[] prefix(boolean first, byte[] item) {
      if (begin(item) > 0) {
        return first ? BRACE : COMMA_AND_BRACE;
      }
      return first ? NONE : COMMA;
    }

    @Override
    public int begin(byte[] item) {
      return itemHead == null ? 0 : itemHead.length(item);
    }

    @Override
    public byte[] item(KubeObject object) {
      byte[] item = encode.apply(object);
      return itemHead == null || itemHead.length(item) > 0 ? item : itemHead.without(object);
    }

    @Override
    public byte[] end(boolean empty) {
      return END;
    }
  }

  /** Kubernetes' protobuf. */
  record ProtobufForm(ProtobufList list, Function<KubeObject, byte[]> encode) implements ListForm {

    private static final byte[] NONE = {};

    @Override
    public Negotiation.Form form() {
      return Negotiation.Form.PROTOBUF;
    }

    @Override
    public boolean kept() {
      return true;
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
      return encode.apply(object);
    }

    @Override
    public byte[] end(boolean empty) {
      return NONE;
    }
  }
}
