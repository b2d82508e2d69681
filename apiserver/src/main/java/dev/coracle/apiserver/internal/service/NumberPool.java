package dev.coracle.apiserver.internal.service;

import java.util.BitSet;
import java.util.Collection;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;

/**
 * Numbers of a range, each given to one at a time. What is chosen freely comes from the upper part
 * of the range first, so that numbers asked for by name, mostly low ones, stay free (KEP-3070).
 * Guarded by its own lock.
 */
final class NumberPool {

  private final int first;
  private final int last;
  private final int reserved;
  private final BitSet used = new BitSet();
  private final RandomGenerator random;

  /**
   * @param last inclusive
   * @param reserved how many of the first are only chosen freely when nothing else is left
   */
  NumberPool(int first, int last, int reserved, RandomGenerator random) {
    this.first = first;
    this.last = last;
    this.reserved = reserved;
    this.random = random;
  }

  boolean contains(int number) {
    return number >= first && number <= last;
  }

  /** False when it is taken already. */
  synchronized boolean take(int number) {
    if (used.get(number)) {
      return false;
    }
    used.set(number);
    return true;
  }

  /** Empty when all are taken. */
  synchronized OptionalInt takeAny() {
    int from = Math.min(last, first + reserved);
    int span = last - from + 1;
    int start = from + random.nextInt(span);
    int found = used.nextClearBit(start);
    if (found > last) {
      found = used.nextClearBit(from);
    }
    if (found > last) {
      found = used.nextClearBit(first);
    }
    if (found > last) {
      return OptionalInt.empty();
    }
    used.set(found);
    return OptionalInt.of(found);
  }

  /** From now on exactly these are taken. */
  synchronized void replace(Collection<Integer> numbers) {
    used.clear();
    numbers.forEach(used::set);
  }

  synchronized void release(int number) {
    used.clear(number);
  }
}
