package dev.coracle.apiserver.internal.protobuf;

import dev.coracle.api.GroupVersionKind;
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

  private static final class Holder {
    static final MessageTable TABLE = load();
  }

  private final List<Message> messages;
  private final Map<String, Message> byName = new HashMap<>();

  private MessageTable(List<Message> messages) {
    this.messages = messages;
    messages.forEach(m -> byName.put(m.name(), m));
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
    return new Field(name, repeated, map, t.charAt(0), message);
  }

  Message at(int index) {
    return messages.get(index);
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
    if (found == null && kind.kind().endsWith("Options")) {
      found = byName.get("k8s.io.apimachinery.pkg.apis.meta.v1." + kind.kind());
    }
    return Optional.ofNullable(found);
  }
}
