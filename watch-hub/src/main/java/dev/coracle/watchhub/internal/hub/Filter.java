package dev.coracle.watchhub.internal.hub;

import dev.coracle.api.StatusException;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelRequirement;
import dev.coracle.api.selector.LabelSelector;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A namespace, a label selector and a field selector made ready to be applied often: name and
 * namespace are compared with the key, so an object need not be parsed for them.
 *
 * @param namespace empty for all
 * @param name empty for all
 */
record Filter(
    String namespace,
    String name,
    LabelSelector labels,
    List<FieldSelector.Requirement> fields,
    List<FieldSelector.Requirement> keyFields,
    boolean nothing) {

  static final String NAME = "metadata.name";
  static final String NAMESPACE = "metadata.namespace";

  /**
   * @throws StatusException {@code BadRequest} when a field cannot be selected by
   */
  static Filter of(
      String namespace, LabelSelector labels, FieldSelector fields, Selectable selectable) {
    String ns = namespace;
    String name = "";
    boolean nothing = false;
    List<FieldSelector.Requirement> others = new ArrayList<>();
    List<FieldSelector.Requirement> keys = new ArrayList<>();
    for (FieldSelector.Requirement r : fields.requirements()) {
      switch (r.field()) {
        case NAME -> {
          if (r.equal() && name.isEmpty() && !r.value().isEmpty()) {
            name = r.value();
          } else {
            keys.add(r);
          }
        }
        case NAMESPACE -> {
          if (r.equal() && !r.value().isEmpty() && ns.isEmpty()) {
            ns = r.value();
          } else if (r.equal() && !r.value().equals(ns)) {
            nothing = true;
          } else if (!r.equal()) {
            keys.add(r);
          }
        }
        default -> {
          if (!selectable.fields().containsKey(r.field())) {
            throw StatusException.badRequest("field label not supported: " + r.field());
          }
          others.add(r);
        }
      }
    }
    return new Filter(ns, name, labels, List.copyOf(others), List.copyOf(keys), nothing);
  }

  boolean matches(@Nullable StoredObject object, Selectable selectable) {
    if (object == null || nothing || !matchesKey(object)) {
      return false;
    }
    if (labels.isEverything() && fields.isEmpty()) {
      return true;
    }
    Facts facts = object.facts(selectable);
    for (FieldSelector.Requirement r : fields) {
      if (r.value().equals(facts.field(r.field())) != r.equal()) {
        return false;
      }
    }
    return labels.matches(facts.labels());
  }

  private boolean matchesKey(StoredObject object) {
    if (!namespace.isEmpty() && !object.key.startsWith(namespacePrefix())) {
      return false;
    }
    if (!name.isEmpty() && !object.name().equals(name)) {
      return false;
    }
    for (FieldSelector.Requirement r : keyFields) {
      String found = r.field().equals(NAME) ? object.name() : object.namespace();
      if (found.equals(r.value()) != r.equal()) {
        return false;
      }
    }
    return true;
  }

  /** Where the keys of this filter begin: {@code ns/}, or nothing. */
  String namespacePrefix() {
    return namespace.isEmpty() ? "" : namespace + "/";
  }

  /** Whether it picks by anything but the namespace. */
  boolean selects() {
    return !name.isEmpty()
        || !labels.isEverything()
        || !fields.isEmpty()
        || !keyFields.isEmpty()
        || nothing;
  }

  /** The one key it can match, or null. */
  @Nullable String singleKey(boolean namespaced) {
    if (name.isEmpty() || namespaced && namespace.isEmpty()) {
      return null;
    }
    return namespacePrefix() + name;
  }

  /**
   * What an index is of, and the value to look up in it.
   *
   * @param label whether it is of a label, else of a field
   */
  record Key(boolean label, String name, String value) {

    /** How the index is called: the field's name, or the label's behind an equals sign. */
    String index() {
      return label ? ResourceState.LABEL + name : name;
    }
  }

  /** By what indexes the objects can be found, the most selective first. */
  List<Key> keys() {
    List<Key> keys = new ArrayList<>(2);
    FieldSelector.Requirement field = indexedField();
    if (field != null) {
      keys.add(new Key(false, field.field(), field.value()));
    }
    Map.Entry<String, String> label = indexedLabel();
    if (label != null) {
      keys.add(new Key(true, label.getKey(), label.getValue()));
    }
    return keys;
  }

  /** A field that must have one value, to look up in an index; null without one. */
  FieldSelector.@Nullable Requirement indexedField() {
    for (FieldSelector.Requirement r : fields) {
      if (r.equal()) {
        return r;
      }
    }
    return null;
  }

  /** A label that must have one value; null without one. */
  Map.@Nullable Entry<String, String> indexedLabel() {
    for (LabelRequirement r : labels.requirements()) {
      if (r.operator() == LabelRequirement.Operator.IN && r.values().size() == 1) {
        return Map.entry(r.key(), r.values().getFirst());
      }
    }
    return null;
  }
}
