package dev.coracle.apiserver.internal.protobuf;

import dev.coracle.api.schema.SchemaTable;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.apiserver.internal.protobuf.MessageTable.Field;
import dev.coracle.apiserver.internal.protobuf.MessageTable.Message;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * How a JSON object becomes a message: which number each name has, and which of Go's embedded
 * structures, that JSON does not show, hold the others.
 */
final class MessagePlan {

  /** A field with its number. */
  record Slot(int number, Field field) {}

  /** A structure whose fields stand in the JSON object itself. */
  record Embedded(int number, MessagePlan plan) {}

  private static final Map<Integer, MessagePlan> PLANS = new ConcurrentHashMap<>();

  private final String name;
  private final Map<String, Slot> slots = new HashMap<>();
  private final List<Embedded> embedded = new ArrayList<>();

  private MessagePlan(Message message) {
    this.name = message.name().substring(message.name().lastIndexOf('.') + 1);
    SchemaType schema =
        SchemaTable.kubernetes()
            .definition("io.k8s" + message.name().substring("k8s.io".length()).replace('_', '-'));
    message
        .fields()
        .forEach((number, field) -> {
          if (MessageTable.isEmbedded(message, field, schema)) {
            embedded.add(new Embedded(number, at(field.message())));
          } else {
            slots.put(MessageTable.jsonName(message, field.name()), new Slot(number, field));
          }
        });
  }

  static MessagePlan of(Message message) {
    return at(MessageTable.kubernetes().indexOf(message));
  }

  /** Made without a lock, since an embedded structure makes another plan. */
  static MessagePlan at(int index) {
    MessagePlan known = PLANS.get(index);
    if (known == null) {
      known = new MessagePlan(MessageTable.kubernetes().at(index));
      PLANS.put(index, known);
    }
    return known;
  }

  /** Without package and version. */
  String name() {
    return name;
  }

  @Nullable Slot slot(String jsonName) {
    return slots.get(jsonName);
  }

  List<Embedded> embedded() {
    return embedded;
  }
}
