package dev.coracle.apiserver.internal.http;

import dev.coracle.api.KubeObject;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Remembers how the objects of the latest events were encoded: the watch hub gives all watchers the
 * same object, so however many ask for an encoding, it is made once (or, in a lost race, twice). An
 * object's JSON is kept by the object itself; this is for all other forms. Any thread; bounded by
 * its slots and by the size of what it keeps.
 */
final class EncodeOnce {

  private static final int SLOTS = 128;
  private static final int LARGEST = 64 << 10;

  private record Entry(KubeObject object, String form, byte[] bytes) {}

  private final AtomicReferenceArray<@Nullable Entry> slots = new AtomicReferenceArray<>(SLOTS);

  /**
   * @param form names the encoding, and what it is made with
   */
  Function<KubeObject, byte[]> of(String form, Function<KubeObject, byte[]> encode) {
    return object -> {
      int slot = (System.identityHashCode(object) * 31 + form.hashCode()) & (SLOTS - 1);
      Entry known = slots.get(slot);
      if (known != null && known.object == object && known.form.equals(form)) {
        return known.bytes;
      }
      byte[] bytes = encode.apply(object);
      if (bytes.length <= LARGEST) {
        slots.set(slot, new Entry(object, form, bytes));
      }
      return bytes;
    };
  }
}
