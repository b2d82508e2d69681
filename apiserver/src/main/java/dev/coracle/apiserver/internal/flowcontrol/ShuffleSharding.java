package dev.coracle.apiserver.internal.flowcontrol;

/**
 * Deals a hand of queues to a flow: a few of many, by its hash, so that two flows seldom have the
 * same hand (KEP-1040, "Shuffle sharding").
 */
final class ShuffleSharding {

  private ShuffleSharding() {}

  /** A hash of 64 bits with all bits mixed. */
  static long hash(String schema, String flow) {
    long h = 0xcbf29ce484222325L;
    for (int i = 0; i < schema.length(); i++) {
      h = (h ^ schema.charAt(i)) * 0x100000001b3L;
    }
    h = (h ^ 0xff) * 0x100000001b3L;
    for (int i = 0; i < flow.length(); i++) {
      h = (h ^ flow.charAt(i)) * 0x100000001b3L;
    }
    h = (h ^ h >>> 33) * 0xff51afd7ed558ccdL;
    h = (h ^ h >>> 33) * 0xc4ceb9fe1a85ec53L;
    return h ^ h >>> 33;
  }

  /** Distinct numbers below {@code queues}; as many as the hand holds. */
  static int[] hand(long hash, int queues, int handSize) {
    int size = Math.min(handSize, queues);
    int[] hand = new int[size];
    long rest = hash;
    for (int i = 0; i < size; i++) {
      int left = queues - i;
      int card = (int) Long.remainderUnsigned(rest, left);
      rest = Long.divideUnsigned(rest, left);
      // The card-th of the numbers that are not yet dealt; hand[0..i) is kept sorted.
      int at = 0;
      while (at < i && hand[at] <= card) {
        card++;
        at++;
      }
      System.arraycopy(hand, at, hand, at + 1, i - at);
      hand[at] = card;
    }
    return hand;
  }
}
