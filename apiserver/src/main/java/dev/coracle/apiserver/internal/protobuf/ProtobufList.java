package dev.coracle.apiserver.internal.protobuf;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import java.util.Arrays;

/**
 * A list in Kubernetes' protobuf, made out of the items' own messages: what comes before the items,
 * which says how long all is, and what comes before each.
 */
public final class ProtobufList {

  private final GroupVersionKind kind;
  private final ObjectNode list;
  private final MessagePlan plan;
  private final MessagePlan item;
  private final byte[] tag;

  /**
   * @param list with its metadata and without items
   */
  public ProtobufList(ObjectNode list) {
    this.list = list;
    kind = GroupVersionKind.of(list.path("apiVersion").asText(), list.path("kind").asText());
    plan = MessagePlan.of(MessageTable.kubernetes().of(kind).orElseThrow());
    MessagePlan.Slot slot = plan.slot("items");
    if (slot == null) {
      throw new IllegalArgumentException(kind + " has no items");
    }
    item = MessagePlan.at(slot.field().message());
    BackwardsBuffer number = new BackwardsBuffer(10);
    number.tag(slot.number(), Wire.BYTES);
    tag = number.toArray();
  }

  /** An item's message, made at most once. */
  public byte[] message(KubeObject object) {
    return object.encoded(o -> MessageWriter.write(item, o.treeOnce()));
  }

  /** Field number and length, which stand before an item's message. */
  public byte[] prefix(int messageLength) {
    // As it is asked for every item of every list: no more than the array itself.
    int count = (38 - Integer.numberOfLeadingZeros(messageLength | 1)) / 7;
    byte[] out = Arrays.copyOf(tag, tag.length + count);
    int rest = messageLength;
    for (int i = tag.length; i < out.length - 1; i++) {
      out[i] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    out[out.length - 1] = (byte) rest;
    return out;
  }

  /**
   * @param itemBytes the length of all items with their prefixes
   */
  public byte[] head(long itemBytes) {
    BackwardsBuffer out = new BackwardsBuffer(1 << 10);
    MessageWriter.write(plan, list, out);
    ProtobufWriter.envelope(kind, out, itemBytes);
    return out.toArray();
  }
}
