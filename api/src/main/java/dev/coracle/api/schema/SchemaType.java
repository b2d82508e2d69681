package dev.coracle.api.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The shape of a value: one node of a schema, built-in or of a custom resource. The fields of an
 * object type are read from the table when they are first asked for, so that an API server that
 * serves a few kinds pays for a few kinds.
 *
 * <p>Immutable to the outside and safe for any number of threads: a lost race while resolving
 * computes an equal value twice.
 */
public final class SchemaType {

  /** What kind of value it is on the wire. */
  public enum Kind {
    /** Named fields. */
    OBJECT,
    /** Any keys, values of {@link SchemaType#element()}. */
    MAP,
    /** Items of {@link SchemaType#element()}. */
    LIST,
    STRING,
    /** Base64 in a string. */
    BYTES,
    INTEGER,
    NUMBER,
    BOOLEAN,
    INT_OR_STRING,
    QUANTITY,
    /** RFC 3339, whole seconds. */
    TIME,
    /** RFC 3339, microseconds. */
    MICRO_TIME,
    /** Any JSON object, kept as it is. */
    RAW_OBJECT,
    /** Any JSON value, kept as it is. */
    RAW;

    public boolean isScalar() {
      return switch (this) {
        case STRING, BYTES, INTEGER, NUMBER, BOOLEAN, INT_OR_STRING, QUANTITY, TIME, MICRO_TIME ->
            true;
        case OBJECT, MAP, LIST, RAW_OBJECT, RAW -> false;
      };
    }
  }

  /**
   * What is resolved late.
   *
   * @param element the type of items or values; null where there are none
   * @param preserveUnknown keeps fields it does not know ({@code
   *     x-kubernetes-preserve-unknown-fields})
   * @param constraints the OpenAPI node of a custom resource's schema, for value validation; null
   *     for built-in kinds
   */
  record Body(
      Map<String, SchemaField> fields,
      @Nullable SchemaType element,
      boolean preserveUnknown,
      boolean embeddedResource,
      boolean nullable,
      Set<String> enums,
      List<SchemaUnion> unions,
      @Nullable ObjectNode constraints) {
    static final Body EMPTY =
        new Body(Map.of(), null, false, false, false, Set.of(), List.of(), null);

    static Body element(SchemaType element) {
      return new Body(Map.of(), element, false, false, false, Set.of(), List.of(), null);
    }
  }

  private final Kind kind;
  private final String name;
  private final int bits;
  private final ListType listType;
  private final List<String> mapKeys;
  private final boolean atomic;
  private final boolean structural;
  private final @Nullable GroupVersionKind gvk;
  private final @Nullable Supplier<Body> loader;
  private volatile @Nullable Body body;
  private volatile @Nullable List<SchemaField> everPresent;

  /** A slot of {@link Zeros}. */
  volatile @Nullable ObjectNode zero;

  /** A slot for what other classes of this package derive from the type once (see Defaulter). */
  volatile @Nullable Object plan;

  SchemaType(
      Kind kind,
      String name,
      int bits,
      ListType listType,
      List<String> mapKeys,
      boolean atomic,
      boolean structural,
      @Nullable GroupVersionKind gvk,
      Supplier<Body> loader) {
    this.kind = kind;
    this.name = name;
    this.bits = bits;
    this.listType = listType;
    this.mapKeys = mapKeys;
    this.atomic = atomic;
    this.structural = structural;
    this.gvk = gvk;
    this.loader = loader;
  }

  /** A built-in scalar or raw type. */
  static SchemaType scalar(Kind kind, int bits) {
    return new SchemaType(
        kind, "", bits, ListType.ATOMIC, List.of(), false, false, null, () -> Body.EMPTY);
  }

  /** An object of a custom resource of which no field is known. */
  static SchemaType unknown() {
    return new SchemaType(
        Kind.OBJECT, "", 0, ListType.ATOMIC, List.of(), false, true, null, () -> Body.EMPTY);
  }

  static SchemaType list(SchemaType element, ListType type, List<String> keys) {
    return new SchemaType(
        Kind.LIST,
        "",
        0,
        type,
        keys,
        type == ListType.ATOMIC,
        false,
        null,
        () -> Body.element(element));
  }

  static SchemaType map(SchemaType element, boolean atomic) {
    return new SchemaType(
        Kind.MAP,
        "",
        0,
        ListType.ATOMIC,
        List.of(),
        atomic,
        false,
        null,
        () -> Body.element(element));
  }

  /** The same type where a field overrides whether it is one value as a whole. */
  SchemaType withAtomic(boolean newAtomic) {
    return new SchemaType(
        kind, name, bits, listType, mapKeys, newAtomic, structural, gvk, this::body);
  }

  Body body() {
    Body b = body;
    if (b == null) {
      b = loader == null ? Body.EMPTY : loader.get();
      body = b;
    }
    return b;
  }

  public Kind kind() {
    return kind;
  }

  /**
   * The definition's name, such as {@code io.k8s.api.core.v1.PodSpec}; empty for an inline type.
   */
  public String name() {
    return name;
  }

  /** The last part of the name: {@code PodSpec}. */
  public String shortName() {
    return name.substring(name.lastIndexOf('.') + 1);
  }

  /** 32 or 64 for an integer, else 0. */
  public int bits() {
    return bits;
  }

  /** The fields of an object, by name, in alphabetical order. */
  public Map<String, SchemaField> fields() {
    return body().fields;
  }

  public @Nullable SchemaField field(String fieldName) {
    return body().fields.get(fieldName);
  }

  /** The fields that a typed object has even where nobody gave them a value. */
  List<SchemaField> everPresent() {
    List<SchemaField> known = everPresent;
    if (known == null) {
      known =
          body().fields.values().stream()
              .filter(f -> f.whenEmpty() == WhenEmpty.ZERO || f.whenEmpty() == WhenEmpty.NULL)
              .toList();
      everPresent = known;
    }
    return known;
  }

  /** The type of this field, or of the values of a map; null where it is not known. */
  public @Nullable SchemaType child(String fieldName) {
    Body b = body();
    SchemaField field = b.fields.get(fieldName);
    return field != null ? field.type() : kind == Kind.LIST ? null : b.element;
  }

  /** The type of a list's items or of a map's values (also of an object's additional ones). */
  public @Nullable SchemaType element() {
    return body().element;
  }

  /** As {@link #element()}, of a list or map, which always have one. */
  public SchemaType item() {
    SchemaType e = body().element;
    if (e == null) {
      throw new IllegalStateException(kind + " " + name + " has no element type");
    }
    return e;
  }

  public ListType listType() {
    return listType;
  }

  /** The fields that identify an item of a {@link ListType#MAP} list. */
  public List<String> mapKeys() {
    return mapKeys;
  }

  /** A list, map or object that is owned and replaced as a whole. */
  public boolean atomic() {
    return atomic;
  }

  /**
   * Of a custom resource: values are checked against {@link #constraints()}, not against Go's
   * types.
   */
  public boolean structural() {
    return structural;
  }

  public boolean preservesUnknownFields() {
    return body().preserveUnknown;
  }

  public boolean embeddedResource() {
    return body().embeddedResource;
  }

  public boolean nullable() {
    return body().nullable;
  }

  /**
   * Whether a null of a custom resource counts as left out: where it is neither allowed nor
   * replaced by a default. Items of lists stay.
   */
  boolean dropsNull() {
    ObjectNode rules = structural ? constraints() : null;
    return rules != null && !nullable() && !rules.hasNonNull("default");
  }

  /** The allowed texts; empty where any is. */
  public Set<String> enums() {
    return body().enums;
  }

  public List<SchemaUnion> unions() {
    return body().unions;
  }

  /** The OpenAPI node this type was compiled from; null for built-in kinds. Never changed. */
  public @Nullable ObjectNode constraints() {
    return body().constraints;
  }

  /** The kind of a top-level type. */
  public @Nullable GroupVersionKind gvk() {
    return gvk;
  }

  /** The type at a path of field names (list and map levels are stepped through by any name). */
  public @Nullable SchemaType at(String... path) {
    SchemaType type = this;
    for (String step : path) {
      if (type == null) {
        return null;
      }
      type = type.kind == Kind.LIST ? type.element() : type.child(step);
    }
    return type;
  }

  @Override
  public String toString() {
    return name.isEmpty() ? kind.toString() : name;
  }

  /** The default of a field, if its schema has one. */
  static @Nullable JsonNode defaultOf(@Nullable SchemaField field) {
    return field == null ? null : field.defaultValue();
  }
}
