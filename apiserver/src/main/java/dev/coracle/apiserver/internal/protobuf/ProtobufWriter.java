package dev.coracle.apiserver.internal.protobuf;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.protobuf.MessageTable.Message;
import java.util.List;
import java.util.Optional;

/**
 * Writes {@code application/vnd.kubernetes.protobuf} (API concepts, "Protobuf encoding"). The
 * message of an object is made once and kept beside its JSON, for all lists and watches it is in.
 */
public final class ProtobufWriter {

  private static final byte[] MAGIC = {'k', '8', 's', 0};

  private ProtobufWriter() {}

  /** Custom resources and Tables, among others, have no protobuf form. */
  public static boolean knows(GroupVersionKind kind) {
    return MessageTable.kubernetes().of(kind).isPresent();
  }

  /** The object with its envelope; empty for a kind without protobuf form. */
  public static Optional<byte[]> object(KubeObject object) {
    GroupVersionKind kind = object.gvk();
    return MessageTable.kubernetes()
        .of(kind)
        .map(message -> envelope(kind, object.encoded(o -> message(message, o.treeOnce()))));
  }

  /** As {@link #object}, for what is made for one answer. */
  public static Optional<byte[]> tree(ObjectNode tree) {
    GroupVersionKind kind =
        GroupVersionKind.of(tree.path("apiVersion").asText(""), tree.path("kind").asText(""));
    return MessageTable.kubernetes()
        .of(kind)
        .map(message -> envelope(kind, message(message, tree)));
  }

  /**
   * @param head the list with its metadata and without items
   * @param items of a kind that has a protobuf form
   */
  public static byte[] list(ObjectNode head, List<KubeObject> items) {
    GroupVersionKind kind =
        GroupVersionKind.of(head.path("apiVersion").asText(), head.path("kind").asText());
    Message message = MessageTable.kubernetes().of(kind).orElseThrow();
    MessagePlan plan = MessagePlan.of(message);
    MessagePlan.Slot slot = plan.slot("items");
    if (slot == null) {
      throw new IllegalArgumentException(kind + " has no items");
    }
    MessagePlan item = MessagePlan.at(slot.field().message());
    long size = 1 << 10;
    for (KubeObject object : items) {
      size += object.encoded(o -> MessageWriter.write(item, o.treeOnce())).length + 6;
    }
    BackwardsBuffer out = new BackwardsBuffer(Math.toIntExact(size));
    for (KubeObject object : items.reversed()) {
      out.bytes(slot.number(), object.encoded(o -> MessageWriter.write(item, o.treeOnce())));
    }
    MessageWriter.write(plan, head, out);
    return envelope(kind, out);
  }

  /**
   * One frame of a watch: its length in four bytes, then a WatchEvent around the object.
   *
   * @param object with its envelope
   */
  public static byte[] frame(String type, byte[] object) {
    BackwardsBuffer out = new BackwardsBuffer(object.length + 40);
    out.bytes(1, object); // RawExtension.raw
    out.message(2, 0);
    out.text(1, type);
    int size = out.size();
    out.raw(
        new byte[] {(byte) (size >>> 24), (byte) (size >>> 16), (byte) (size >>> 8), (byte) size});
    return out.toArray();
  }

  private static byte[] message(Message message, ObjectNode tree) {
    return MessageWriter.write(MessagePlan.of(message), tree);
  }

  private static byte[] envelope(GroupVersionKind kind, byte[] message) {
    BackwardsBuffer out = new BackwardsBuffer(message.length + 96);
    out.raw(message);
    return envelope(kind, out);
  }

  /** Unknown: typeMeta and raw. */
  private static byte[] envelope(GroupVersionKind kind, BackwardsBuffer out) {
    out.message(2, 0);
    int before = out.size();
    out.text(2, kind.kind());
    out.text(1, kind.apiVersion());
    out.message(1, before);
    out.raw(MAGIC);
    return out.toArray();
  }
}
