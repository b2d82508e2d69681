package dev.coracle.apiserver.internal.protobuf;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.schema.SchemaType;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The messages of Kubernetes' API with the numbers and types of their fields. Read on first use.
 */
final class MessageTable {

  /**
   * @param type {@code s} text, {@code b} bytes, {@code o} boolean, {@code i} integer, {@code d}
   *     double, {@code #} a message
   * @param message the index of the message, where it is one
   */
  record Field(String name, boolean repeated, boolean map, char type, int message) {}

  record Message(String name, Map<Integer, Field> fields) {}

  private static final GroupVersionKind STATUS = new GroupVersionKind("", "v1", "Status");

  private static final class Holder {
    static final MessageTable TABLE = load();
  }

  private final List<Message> messages;
  private final Map<String, Message> byName = new HashMap<>();
  private final Map<String, Integer> indexes = new HashMap<>();

  private MessageTable(List<Message> messages) {
    this.messages = messages;
    for (int i = 0; i < messages.size(); i++) {
      byName.put(messages.get(i).name(), messages.get(i));
      indexes.put(messages.get(i).name(), i);
    }
  }

  static MessageTable kubernetes() {
    return Holder.TABLE;
  }

  private static MessageTable load() {
    try (InputStream in = MessageTable.class.getResourceAsStream("kubernetes-1.36.protobuf")) {
      String text =
          new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.US_ASCII);
      List<Message> out = new ArrayList<>();
      for (String line : text.split("\n")) {
        if (line.startsWith("M ")) {
          out.add(new Message(line.substring(2), new HashMap<>()));
        } else if (!out.isEmpty()) {
          String[] p = line.split(" ");
          out.getLast().fields().put(Integer.parseInt(p[0]), field(p[1], p[2]));
        }
      }
      return new MessageTable(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Field field(String name, String type) {
    boolean repeated = type.startsWith("*");
    boolean map = type.startsWith("m");
    String t = repeated || map ? type.substring(1) : type;
    int message = t.charAt(0) == '#' ? Integer.parseInt(t.substring(1)) : -1;
    return new Field(json(name), repeated, map, t.charAt(0), message);
  }

  /** Some of Go's names went into protobuf as they are; JSON has other ones. */
  private static String json(String name) {
    return switch (name) {
      case "aPIGroup" -> "apiGroup";
      case "Webhooks" -> "webhooks";
      case "Name" -> "name";
      case "Expression" -> "expression";
      default -> name;
    };
  }

  List<Message> all() {
    return List.copyOf(messages);
  }

  Message at(int index) {
    return messages.get(index);
  }

  int indexOf(Message message) {
    return Objects.requireNonNull(indexes.get(message.name()));
  }

  /**
   * Whether JSON shows the fields of this field's message in the object itself, as Go does with
   * embedded structures.
   *
   * @param schema of the message's kind
   */
  static boolean isEmbedded(Message message, Field field, @Nullable SchemaType schema) {
    return field.type() == '#'
        && !field.repeated()
        && !field.map()
        && schema != null
        && !schema.fields().isEmpty()
        && schema.field(jsonName(message, field.name())) == null;
  }

  /** JSON schema keywords are no identifiers in protobuf. */
  static String jsonName(Message message, String name) {
    if (!message.name().endsWith(".JSONSchemaProps")) {
      return name;
    }
    return switch (name) {
      case "ref" -> "$ref";
      case "schema" -> "$schema";
      case "xKubernetesPreserveUnknownFields" -> "x-kubernetes-preserve-unknown-fields";
      case "xKubernetesEmbeddedResource" -> "x-kubernetes-embedded-resource";
      case "xKubernetesIntOrString" -> "x-kubernetes-int-or-string";
      case "xKubernetesListMapKeys" -> "x-kubernetes-list-map-keys";
      case "xKubernetesListType" -> "x-kubernetes-list-type";
      case "xKubernetesMapType" -> "x-kubernetes-map-type";
      case "xKubernetesValidations" -> "x-kubernetes-validations";
      default -> name;
    };
  }

  /** The message of a kind; empty for kinds that have no protobuf form. */
  Optional<Message> of(GroupVersionKind kind) {
    String group = kind.group();
    String name =
        switch (group) {
          case "" -> "k8s.io.api.core.";
          case "meta.k8s.io" -> "k8s.io.apimachinery.pkg.apis.meta.";
          case "apiextensions.k8s.io" -> "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.";
          case "apiregistration.k8s.io" -> "k8s.io.kube_aggregator.pkg.apis.apiregistration.";
          case "internal.apiserver.k8s.io" -> "k8s.io.api.apiserverinternal.";
          default ->
              "k8s.io.api."
                  + (group.indexOf('.') < 0 ? group : group.substring(0, group.indexOf('.')))
                  + ".";
        };
    Message found = byName.get(name + kind.version() + "." + kind.kind());
    if (found == null && (kind.kind().endsWith("Options") || kind.equals(STATUS))) {
      found = byName.get("k8s.io.apimachinery.pkg.apis.meta.v1." + kind.kind());
    }
    return Optional.ofNullable(found);
  }
}
