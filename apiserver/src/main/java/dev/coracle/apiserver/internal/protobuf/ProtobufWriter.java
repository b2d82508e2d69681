package dev.coracle.apiserver.internal.protobuf;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.protobuf.MessageTable.Message;
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
    envelope(kind, out, 0);
    return out.toArray();
  }

  /**
   * @param following how many bytes of the message come behind those that are written
   */
  static void envelope(GroupVersionKind kind, BackwardsBuffer out, long following) {
    out.varint(out.size() + following);
    out.tag(2, Wire.BYTES);
    int before = out.size();
    out.text(2, kind.kind());
    out.text(1, kind.apiVersion());
    out.message(1, before);
    out.raw(MAGIC);
  }
}
