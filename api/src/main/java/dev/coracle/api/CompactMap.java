package dev.coracle.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.AbstractCollection;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The fields of one JSON object in the order in which they came, in a fourth of a LinkedHashMap's
 * room: up to {@value #FEW} values stand in one array, their names in another, which all objects of
 * the same fields share ({@link CompactNodes}). Names are looked for one after the other, which
 * their shared texts make fast ({@link NameTable}). More fields are in a LinkedHashMap.
 *
 * <p>An array of names that is full is never changed: who has another field or one less makes an
 * array of its own. One with room left belongs to one map alone.
 *
 * <p>As safe between threads as a LinkedHashMap: any number may read while nobody writes.
 */
final class CompactMap implements Map<String, JsonNode> {

  static final int FEW = 24;

  /** There is room for so many when fields are put one after the other. */
  private static final int FIRST = 4;

  private static final @Nullable String[] NO_NAMES = {};
  private static final @Nullable JsonNode[] NO_VALUES = {};

  private @Nullable String[] names = NO_NAMES;
  private @Nullable JsonNode[] values = NO_VALUES;

  /** All of them, once there are more than a few; then the arrays are empty. */
  private @Nullable LinkedHashMap<String, JsonNode> many;

  /** Of the few. */
  private int size;

  /** For fields that are put one after the other. */
  CompactMap() {}

  /**
   * @param names full and without duplicates, and never changed from now on
   * @param values as many; given away
   */
  CompactMap(@Nullable String[] names, @Nullable JsonNode[] values) {
    this.names = names;
    this.values = values;
    this.size = names.length;
  }

  /** For so many fields, put one after the other. */
  static CompactMap sized(int fields) {
    CompactMap map = new CompactMap();
    if (fields > FEW) {
      map.many = LinkedHashMap.newLinkedHashMap(fields);
    } else if (fields > 0) {
      map.names = new String[fields];
      map.values = new JsonNode[fields];
    }
    return map;
  }

  /** A copy, also of all that is below. */
  CompactMap copy() {
    CompactMap out = new CompactMap();
    if (many != null) {
      LinkedHashMap<String, JsonNode> all = LinkedHashMap.newLinkedHashMap(many.size());
      many.forEach((name, value) -> all.put(name, CompactObject.copy(value)));
      out.many = all;
    } else if (size > 0) {
      @Nullable JsonNode[] copies = new JsonNode[size];
      for (int i = 0; i < size; i++) {
        copies[i] = CompactObject.copy(value(i));
      }
      out.names = fullNames();
      out.values = copies;
      out.size = size;
    }
    return out;
  }

  /** The names without room for more, so that others may have them too. */
  @Nullable String[] fullNames() {
    return names.length > size ? Arrays.copyOf(names, size) : names;
  }

  /** Whether the fields can be asked for by their place. */
  boolean isFew() {
    return many == null;
  }

  String name(int place) {
    return Objects.requireNonNull(names[place]);
  }

  JsonNode value(int place) {
    return Objects.requireNonNull(values[place]);
  }

  @Override
  public int size() {
    return many == null ? size : many.size();
  }

  @Override
  public boolean isEmpty() {
    return size() == 0;
  }

  /** The place of the name among the few, or -1. */
  private int find(String name) {
    @Nullable String[] all = names;
    int n = size;
    // Names that were read and names in code are mostly the very same texts.
    for (int i = 0; i < n; i++) {
      if (all[i] == name) {
        return i;
      }
    }
    int length = name.length();
    for (int i = 0; i < n; i++) {
      String there = all[i];
      if (there != null
          && there.length() == length
          && there.hashCode() == name.hashCode()
          && there.equals(name)) {
        return i;
      }
    }
    return -1;
  }

  /** As {@link #get(Object)}. */
  @Nullable JsonNode field(String name) {
    if (many != null) {
      return many.get(name);
    }
    int place = find(name);
    return place < 0 ? null : values[place];
  }

  @Override
  public @Nullable JsonNode get(@Nullable Object name) {
    return name instanceof String n ? field(n) : null;
  }

  @Override
  public boolean containsKey(@Nullable Object name) {
    return name instanceof String n && (many != null ? many.containsKey(n) : find(n) >= 0);
  }

  @Override
  public boolean containsValue(@Nullable Object value) {
    return !everyField((_, there) -> !there.equals(value));
  }

  @Override
  public @Nullable JsonNode put(String name, JsonNode value) {
    if (many != null) {
      return many.put(name, value);
    }
    int place = find(name);
    if (place >= 0) {
      JsonNode before = values[place];
      values[place] = value;
      return before;
    }
    if (size == FEW) {
      LinkedHashMap<String, JsonNode> all = LinkedHashMap.newLinkedHashMap(FEW * 2);
      forEach(all::put);
      all.put(name, value);
      clear();
      many = all;
      return null;
    }
    if (size == names.length) {
      names = Arrays.copyOf(names, Math.clamp(size * 2L, FIRST, FEW));
    }
    if (size == values.length) {
      values = Arrays.copyOf(values, names.length);
    }
    names[size] = name;
    values[size++] = value;
    return null;
  }

  @Override
  public void putAll(Map<? extends String, ? extends JsonNode> others) {
    if (size() == 0 && others instanceof CompactMap o && o.many == null) {
      names = o.fullNames();
      values = Arrays.copyOf(o.values, o.size);
      size = o.size;
      many = null;
    } else {
      others.forEach(this::put);
    }
  }

  @Override
  public @Nullable JsonNode remove(@Nullable Object name) {
    if (many != null) {
      return many.remove(name);
    }
    int place = name instanceof String n ? find(n) : -1;
    return place < 0 ? null : removeAt(place);
  }

  private JsonNode removeAt(int place) {
    JsonNode before = value(place);
    @Nullable String[] fewer = new String[size - 1];
    System.arraycopy(names, 0, fewer, 0, place);
    System.arraycopy(names, place + 1, fewer, place, size - 1 - place);
    System.arraycopy(values, place + 1, values, place, size - 1 - place);
    names = fewer;
    values[--size] = null;
    return before;
  }

  @Override
  public void clear() {
    names = NO_NAMES;
    values = NO_VALUES;
    many = null;
    size = 0;
  }

  @Override
  public void forEach(BiConsumer<? super String, ? super JsonNode> action) {
    if (many != null) {
      many.forEach(action);
      return;
    }
    for (int i = 0; i < size; i++) {
      action.accept(name(i), value(i));
    }
  }

  /** Whether it holds for every field; asks no further once it does not. */
  boolean everyField(BiPredicate<String, JsonNode> condition) {
    if (many != null) {
      for (Map.Entry<String, JsonNode> field : many.entrySet()) {
        if (!condition.test(field.getKey(), field.getValue())) {
          return false;
        }
      }
      return true;
    }
    for (int i = 0; i < size; i++) {
      if (!condition.test(name(i), value(i))) {
        return false;
      }
    }
    return true;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    if (other == this) {
      return true;
    }
    if (!(other instanceof Map<?, ?> map) || map.size() != size()) {
      return false;
    }
    if (many != null) {
      return many.equals(map);
    }
    @Nullable JsonNode[] theirs =
        map instanceof CompactMap m && m.many == null && m.names == names ? m.values : null;
    for (int i = 0; i < size; i++) {
      if (!value(i).equals(theirs == null ? map.get(name(i)) : theirs[i])) {
        return false;
      }
    }
    return true;
  }

  /** As of every map. */
  @Override
  public int hashCode() {
    if (many != null) {
      return many.hashCode();
    }
    int hash = 0;
    for (int i = 0; i < size; i++) {
      hash += name(i).hashCode() ^ value(i).hashCode();
    }
    return hash;
  }

  @Override
  public Set<String> keySet() {
    return many != null
        ? many.keySet()
        : new AbstractSet<>() {
          @Override
          public int size() {
            return size;
          }

          @Override
          public boolean contains(@Nullable Object name) {
            return containsKey(name);
          }

          @Override
          public Iterator<String> iterator() {
            return new Walk<>() {
              @Override
              String at(int place) {
                return name(place);
              }
            };
          }
        };
  }

  @Override
  public Collection<JsonNode> values() {
    return many != null
        ? many.values()
        : new AbstractCollection<>() {
          @Override
          public int size() {
            return size;
          }

          @Override
          public Iterator<JsonNode> iterator() {
            return new Walk<>() {
              @Override
              JsonNode at(int place) {
                return value(place);
              }
            };
          }
        };
  }

  @Override
  public Set<Map.Entry<String, JsonNode>> entrySet() {
    return many != null
        ? many.entrySet()
        : new AbstractSet<>() {
          @Override
          public int size() {
            return size;
          }

          @Override
          public Iterator<Map.Entry<String, JsonNode>> iterator() {
            return new Walk<>() {
              @Override
              Map.Entry<String, JsonNode> at(int place) {
                return new Field(CompactMap.this, name(place), value(place));
              }
            };
          }
        };
  }

  @Override
  public String toString() {
    return new LinkedHashMap<>(this).toString();
  }

  private abstract class Walk<T> implements Iterator<T> {
    private int next;
    private boolean given;

    abstract T at(int place);

    @Override
    public boolean hasNext() {
      return next < size;
    }

    @Override
    public T next() {
      if (next >= size) {
        throw new NoSuchElementException();
      }
      given = true;
      return at(next++);
    }

    @Override
    public void remove() {
      if (!given) {
        throw new IllegalStateException();
      }
      given = false;
      removeAt(--next);
    }
  }

  /** What is set through it is set in the map. */
  private static final class Field extends AbstractMap.SimpleEntry<String, JsonNode> {
    private static final long serialVersionUID = 1L;
    private final transient CompactMap map;

    Field(CompactMap map, String name, JsonNode value) {
      super(name, value);
      this.map = map;
    }

    @Override
    public JsonNode setValue(JsonNode value) {
      map.put(getKey(), value);
      return super.setValue(value);
    }
  }
}
