package dev.coracle.api.schema;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.schema.SchemaType.Body;
import dev.coracle.api.schema.SchemaType.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The built-in kinds' schema, in the project's own text form. Loading it only finds where the
 * definitions begin; a definition's lines are read when its fields are first asked for.
 *
 * <p>The form: {@code T name [=type] [gvk=group/version/Kind] [attributes]} opens definition number
 * <i>n</i>, counted from 0; each line {@code " field[!] type [attributes]"} below it is a field
 * ({@code !}: required). A type is {@code s} string, {@code y} base64, {@code i32}, {@code i64},
 * {@code n} number, {@code b} boolean, {@code t} Time, {@code u} MicroTime, {@code q} Quantity,
 * {@code is} IntOrString, {@code o} any object, {@code any}, {@code #n} a definition, or one of
 * these behind <code>[]</code> (list) or <code>{}</code> (map). Attributes: {@code lt} list type,
 * {@code lk} list map keys, {@code mt} map type, {@code ps} patch strategy, {@code pk} patch merge
 * key, {@code df} default, {@code en} enum, {@code un} union ({@code discriminator:field>value,…}).
 * {@code R} lines are resources, see {@link ResourceTable}.
 */
public final class SchemaTable {

  private static final String TABLE = "kubernetes-1.36.table";
  private static final String SUPPLEMENT = "kubernetes-1.36.supplement";

  private static final Map<String, SchemaType> SCALARS =
      Map.ofEntries(
          Map.entry("s", SchemaType.scalar(Kind.STRING, 0)),
          Map.entry("y", SchemaType.scalar(Kind.BYTES, 0)),
          Map.entry("i32", SchemaType.scalar(Kind.INTEGER, 32)),
          Map.entry("i64", SchemaType.scalar(Kind.INTEGER, 64)),
          Map.entry("n", SchemaType.scalar(Kind.NUMBER, 0)),
          Map.entry("b", SchemaType.scalar(Kind.BOOLEAN, 0)),
          Map.entry("t", SchemaType.scalar(Kind.TIME, 0)),
          Map.entry("u", SchemaType.scalar(Kind.MICRO_TIME, 0)),
          Map.entry("q", SchemaType.scalar(Kind.QUANTITY, 0)),
          Map.entry("is", SchemaType.scalar(Kind.INT_OR_STRING, 0)),
          Map.entry("o", SchemaType.scalar(Kind.RAW_OBJECT, 0)),
          Map.entry("any", SchemaType.scalar(Kind.RAW, 0)));

  private static final class Holder {
    static final SchemaTable KUBERNETES = new SchemaTable(read(TABLE), read(SUPPLEMENT));
  }

  private final String text;
  private final String supplement;
  private final int[] starts;
  private final Map<String, Integer> byName;
  private final Map<String, Integer> byKind;
  private final AtomicReferenceArray<SchemaType> types;
  private final Map<String, Map<String, JsonNode>> defaults;
  private final int resourcesAt;

  private SchemaTable(String text, String supplement) {
    this.text = text;
    this.supplement = supplement;
    this.byName = HashMap.newHashMap(1024);
    this.byKind = HashMap.newHashMap(256);
    int[] at = new int[1024];
    int n = 0;
    int pos = text.indexOf('\n') + 1;
    while (pos < text.length() && text.charAt(pos) != 'R') {
      if (text.charAt(pos) == 'T') {
        if (n == at.length) {
          at = Arrays.copyOf(at, n * 2);
        }
        int end = pos + 2;
        while (text.charAt(end) != ' ' && text.charAt(end) != '\n') {
          end++;
        }
        byName.put(text.substring(pos + 2, end), n);
        if (text.startsWith(" gvk=", end)) {
          int kindEnd = end + 5;
          while (text.charAt(kindEnd) != ' ' && text.charAt(kindEnd) != '\n') {
            kindEnd++;
          }
          byKind.put(text.substring(end + 5, kindEnd), n);
        }
        at[n++] = pos;
      }
      pos = text.indexOf('\n', pos) + 1;
    }
    this.starts = Arrays.copyOf(at, n);
    this.resourcesAt = pos;
    this.types = new AtomicReferenceArray<>(n);
    this.defaults = new HashMap<>();
    supplement
        .lines()
        .filter(l -> l.startsWith("D "))
        .map(l -> l.split(" ", 4))
        .forEach(
            p -> defaults.computeIfAbsent(p[1], x -> new HashMap<>()).put(p[2], Json.parse(p[3])));
  }

  /** Kubernetes 1.36, loaded once, when first asked for. */
  public static SchemaTable kubernetes() {
    return Holder.KUBERNETES;
  }

  static String read(String name) {
    try (InputStream in = SchemaTable.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the resource " + name + " is missing");
      }
      return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String resourceLines() {
    return text.substring(resourcesAt);
  }

  String supplement() {
    return supplement;
  }

  /** The names of all definitions, in no particular order. */
  public Collection<String> definitionNames() {
    return Collections.unmodifiableSet(byName.keySet());
  }

  /** The definition of this full name; null where there is none. */
  public @Nullable SchemaType definition(String name) {
    Integer index = byName.get(name);
    return index == null ? null : definition(index);
  }

  /** The definition of a kind; null where there is none. */
  public @Nullable SchemaType definition(GroupVersionKind gvk) {
    Integer index = byKind.get(gvk.group() + "/" + gvk.version() + "/" + gvk.kind());
    return index == null ? null : definition(index);
  }

  /** As {@link #definition(String)}, for a name that is known to exist. */
  public SchemaType require(String name) {
    SchemaType type = definition(name);
    if (type == null) {
      throw new IllegalArgumentException("no definition " + name);
    }
    return type;
  }

  public SchemaType objectMeta() {
    return require("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta");
  }

  private SchemaType definition(int index) {
    SchemaType type = types.get(index);
    if (type == null) {
      SchemaType made = make(index);
      type = types.compareAndSet(index, null, made) ? made : types.get(index);
    }
    return type;
  }

  private SchemaType make(int index) {
    String[] parts = line(starts[index]).split(" ");
    String name = parts[1];
    boolean atomic = false;
    GroupVersionKind gvk = null;
    for (int i = 2; i < parts.length; i++) {
      String part = parts[i];
      if (part.startsWith("=")) {
        return parse(part.substring(1), ListType.ATOMIC, List.of(), "");
      }
      atomic |= part.equals("mt=atomic");
      if (part.startsWith("gvk=") && !part.equals("gvk=*")) {
        String[] k = part.substring(4).split("/");
        gvk = new GroupVersionKind(k[0], k[1], k[2]);
      }
    }
    // A definition without fields, such as an empty spec, is still an object of named fields.
    return new SchemaType(
        Kind.OBJECT,
        name,
        0,
        ListType.ATOMIC,
        List.of(),
        atomic,
        false,
        gvk,
        () -> body(name, starts[index]));
  }

  private Body body(String name, int start) {
    TreeMap<String, SchemaField> fields = new TreeMap<>();
    Map<String, JsonNode> own = defaults.getOrDefault(name, Map.of());
    Map<String, WhenEmpty> whenEmpty = EmptyTable.of(name);
    WhenEmpty unmarked = EmptyTable.unmarked(name);
    List<SchemaUnion> unions =
        Arrays.stream(line(start).split(" "))
            .filter(p -> p.startsWith("un="))
            .map(SchemaTable::union)
            .toList();
    int pos = text.indexOf('\n', start) + 1;
    while (pos < text.length() && text.charAt(pos) == ' ') {
      SchemaField field = field(line(pos + 1).split(" "), own, whenEmpty, unmarked);
      fields.put(field.name(), field);
      pos = text.indexOf('\n', pos) + 1;
    }
    return new Body(
        Collections.unmodifiableMap(new LinkedHashMap<>(fields)),
        null,
        false,
        false,
        false,
        Set.of(),
        unions,
        null);
  }

  private SchemaField field(
      String[] parts,
      Map<String, JsonNode> own,
      Map<String, WhenEmpty> whenEmpty,
      WhenEmpty unmarked) {
    boolean required = parts[0].endsWith("!");
    String name = required ? parts[0].substring(0, parts[0].length() - 1) : parts[0];
    ListType listType = ListType.ATOMIC;
    List<String> keys = List.of();
    String mapType = "";
    String strategy = "";
    String mergeKey = "";
    JsonNode defaultValue = own.get(name);
    for (int i = 2; i < parts.length; i++) {
      String value = parts[i].substring(3);
      switch (parts[i].substring(0, 3)) {
        case "lt=" -> listType = listType(value);
        case "lk=" -> keys = List.of(value.split(","));
        case "mt=" -> mapType = value;
        case "ps=" -> strategy = value;
        case "pk=" -> mergeKey = value;
        case "df=" -> defaultValue = Json.parse(value);
        default -> {}
      }
    }
    SchemaType type = parse(parts[1], listType, keys, mapType);
    WhenEmpty empty = whenEmpty.getOrDefault(name, unmarked);
    return new SchemaField(name, type, required, strategy, mergeKey, defaultValue, empty);
  }

  private SchemaType parse(String type, ListType listType, List<String> keys, String mapType) {
    SchemaType scalar = SCALARS.get(type);
    if (scalar != null) {
      return scalar;
    }
    if (type.startsWith("[]")) {
      return SchemaType.list(
          parse(type.substring(2), ListType.ATOMIC, List.of(), ""), listType, keys);
    }
    if (type.startsWith("{}")) {
      return SchemaType.map(
          parse(type.substring(2), ListType.ATOMIC, List.of(), ""), mapType.equals("atomic"));
    }
    SchemaType referenced = definition(Integer.parseInt(type.substring(1)));
    boolean atomic = mapType.isEmpty() ? referenced.atomic() : mapType.equals("atomic");
    return atomic == referenced.atomic() ? referenced : referenced.withAtomic(atomic);
  }

  static ListType listType(String text) {
    return switch (text) {
      case "map" -> ListType.MAP;
      case "set" -> ListType.SET;
      default -> ListType.ATOMIC;
    };
  }

  private static SchemaUnion union(String attribute) {
    int colon = attribute.indexOf(':');
    Map<String, String> fields = new LinkedHashMap<>();
    for (String pair : attribute.substring(colon + 1).split(",")) {
      int arrow = pair.indexOf('>');
      fields.put(pair.substring(0, arrow), pair.substring(arrow + 1));
    }
    return new SchemaUnion(attribute.substring(3, colon), fields);
  }

  private String line(int start) {
    int end = text.indexOf('\n', start);
    return text.substring(start, end < 0 ? text.length() : end);
  }
}
