package dev.coracle.scheduler.spi;

/**
 * How many pods of one kind are on each node, by the node's slot. One table in one piece of memory,
 * as a decision asks it for hundreds of nodes in turn, which a map in each node answers slowly: its
 * size is that of the nodes that have such pods. Owned by the scheduler's context.
 *
 * <p>Open addressing with linear probing; places are freed when the table grows.
 */
final class SlotCounts {

  private static final int SMALLEST = 8;

  /** The slot plus one, 0 where the place is free. */
  private int[] slots = new int[SMALLEST];

  private int[] counts = new int[SMALLEST];
  private int used;
  private int total;

  int get(int slot) {
    return counts[place(slots, slot)];
  }

  boolean isEmpty() {
    return total == 0;
  }

  void add(int slot, int more) {
    int at = place(slots, slot);
    if (slots[at] == 0) {
      if (used >= slots.length / 2) {
        grow();
        at = place(slots, slot);
      }
      slots[at] = slot + 1;
      used++;
    }
    counts[at] += more;
    total += more;
  }

  /** Where the slot stands, or would stand. */
  private static int place(int[] slots, int slot) {
    int mask = slots.length - 1;
    int at = slot & mask; // Slots are given in turn, so they are spread as they are.
    while (slots[at] != 0 && slots[at] != slot + 1) {
      at = (at + 1) & mask;
    }
    return at;
  }

  private void grow() {
    int live = 0;
    for (int count : counts) {
      live += count == 0 ? 0 : 1;
    }
    int size = Math.max(SMALLEST, Integer.highestOneBit(live + 1) * 4);
    int[] oldSlots = slots;
    int[] oldCounts = counts;
    slots = new int[size];
    counts = new int[size];
    used = 0;
    for (int i = 0; i < oldSlots.length; i++) {
      if (oldCounts[i] != 0) {
        int at = place(slots, oldSlots[i] - 1);
        slots[at] = oldSlots[i];
        counts[at] = oldCounts[i];
        used++;
      }
    }
  }
}
