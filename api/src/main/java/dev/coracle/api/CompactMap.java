package dev.coracle.api;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.AbstractMap;
import java.util.AbstractSet;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The fields of one JSON object in the order in which they came, in a third of a LinkedHashMap's
 * room: up to {@value #FEW} stand in one array and are looked for one after the other, which the
 * shared texts of their names make fast ({@link NameTable}); more of them are in a LinkedHashMap.
 * Most objects of a tree are small, and a third of them (the leaves of {@code managedFields}) are
 * empty.
 *
 * <p>As safe between threads as a LinkedHashMap: any number may read while nobody writes.
 */
final class CompactMap extends AbstractMap<String, JsonNode> {

  static final int FEW = 8;

  private static final @Nullable Object[] NONE = {};

  /** Name and value in turns; null once they are in {@link #many}. */
  private @Nullable Object @Nullable [] few = NONE;

  private @Nullable LinkedHashMap<String, JsonNode> many;

  /** Of the few. */
  private int size;

  /** Of names and values that come in turns; of two equal names the last one's value counts. */
  static CompactMap of(@Nullable Object[] fields, int from, int to) {
    CompactMap map = new CompactMap();
    if (to - from > FEW * 2) {
      map.few = null;
      map.many = LinkedHashMap.newLinkedHashMap((to - from) / 2);
    } else if (to > from) {
      map.few = new Object[to - from];
    }
    for (int i = from; i < to; i += 2) {
      map.put(name(fields, i), value(fields, i));
    }
    return map;
  }

  @Override
  public int size() {
    return many == null ? size : many.size();
  }

  /** The place of the name in the array, or -1. */
  private int find(@Nullable Object name) {
    @Nullable Object[] array = few;
    if (array == null || name == null) {
      return -1;
    }
    int end = size * 2;
    for (int i = 0; i < end; i += 2) {
      if (array[i] == name) {
        return i;
      }
    }
    int hash = name.hashCode();
    for (int i = 0; i < end; i += 2) {
      Object there = array[i];
      if (there != null && there.hashCode() == hash && there.equals(name)) {
        return i;
      }
    }
    return -1;
  }

  private static JsonNode value(@Nullable Object[] array, int place) {
    return (JsonNode) Objects.requireNonNull(array[place + 1]);
  }

  private static String name(@Nullable Object[] array, int place) {
    return (String) Objects.requireNonNull(array[place]);
  }

  @Override
  public @Nullable JsonNode get(@Nullable Object name) {
    if (many != null) {
      return many.get(name);
    }
    int place = find(name);
    return place < 0 ? null : value(array(), place);
  }

  private @Nullable Object[] array() {
    return Objects.requireNonNull(few);
  }

  @Override
  public boolean containsKey(@Nullable Object name) {
    return many != null ? many.containsKey(name) : find(name) >= 0;
  }

  @Override
  public @Nullable JsonNode put(String name, JsonNode value) {
    if (many != null) {
      return many.put(name, value);
    }
    int place = find(name);
    if (place >= 0) {
      JsonNode before = value(array(), place);
      array()[place + 1] = value;
      return before;
    }
    if (size == FEW) {
      LinkedHashMap<String, JsonNode> all = LinkedHashMap.newLinkedHashMap(FEW * 2);
      forEach(all::put);
      all.put(name, value);
      many = all;
      few = null;
      return null;
    }
    if (size * 2 == array().length) {
      few = Arrays.copyOf(array(), Math.min(FEW, size < 2 ? size + 1 : size * 2) * 2);
    }
    array()[size * 2] = name;
    array()[size * 2 + 1] = value;
    size++;
    return null;
  }

  @Override
  public @Nullable JsonNode remove(@Nullable Object name) {
    if (many != null) {
      return many.remove(name);
    }
    int place = find(name);
    return place < 0 ? null : removeAt(place);
  }

  private JsonNode removeAt(int place) {
    @Nullable Object[] array = array();
    JsonNode before = value(array, place);
    System.arraycopy(array, place + 2, array, place, size * 2 - place - 2);
    size--;
    array[size * 2] = null;
    array[size * 2 + 1] = null;
    return before;
  }

  /** As {@link AbstractMap#equals}, without an iterator over the few. */
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
    for (int i = 0; i < size * 2; i += 2) {
      if (!value(array(), i).equals(map.get(name(array(), i)))) {
        return false;
      }
    }
    return true;
  }

  @Override
  public int hashCode() {
    return super.hashCode();
  }

  @Override
  public void clear() {
    few = NONE;
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
      action.accept(name(array(), i * 2), value(array(), i * 2));
    }
  }

  @Override
  public Set<Map.Entry<String, JsonNode>> entrySet() {
    return new AbstractSet<>() {
      @Override
      public int size() {
        return CompactMap.this.size();
      }

      @Override
      public Iterator<Map.Entry<String, JsonNode>> iterator() {
        LinkedHashMap<String, JsonNode> all = many;
        return all == null ? new Few() : all.entrySet().iterator();
      }
    };
  }

  private final class Few implements Iterator<Map.Entry<String, JsonNode>> {
    private int next;
    private boolean given;

    @Override
    public boolean hasNext() {
      return next < size;
    }

    @Override
    public Map.Entry<String, JsonNode> next() {
      if (next >= size) {
        throw new NoSuchElementException();
      }
      given = true;
      int place = next++ * 2;
      return new Field(CompactMap.this, name(array(), place), value(array(), place));
    }

    @Override
    public void remove() {
      if (!given) {
        throw new IllegalStateException();
      }
      given = false;
      removeAt(--next * 2);
    }
  }

  /** What is set through it is set in the map. */
  private static final class Field extends SimpleEntry<String, JsonNode> {
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
