package dev.coracle.apiserver.internal.service;

import java.util.Collection;
import java.util.HashSet;
import java.util.OptionalLong;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Numbers of a range, each given to one at a time. What is chosen freely comes from the upper part
 * of the range first, so that numbers asked for by name, mostly low ones, stay free (KEP-3070).
 * Numbers are unsigned; only those that are taken need room. Guarded by its own lock.
 */
final class NumberPool {

  private final long first;
  private final long last;
  private final int reserved;
  private final Set<Long> used = new HashSet<>();
  private final RandomGenerator random;

  /**
   * @param last inclusive
   * @param reserved how many of the first are only chosen freely when nothing else is left
   */
  NumberPool(long first, long last, int reserved, RandomGenerator random) {
    this.first = first;
    this.last = last;
    this.reserved = reserved;
    this.random = random;
  }

  boolean contains(long number) {
    return Long.compareUnsigned(number, first) >= 0 && Long.compareUnsigned(number, last) <= 0;
  }

  /** False when it is taken already. */
  synchronized boolean take(long number) {
    return used.add(number);
  }

  /** Empty when all are taken. */
  synchronized OptionalLong takeAny() {
    long count = last - first + 1;
    if (Long.compareUnsigned(used.size(), count) >= 0 && allTaken()) {
      return OptionalLong.empty();
    }
    long from = Long.compareUnsigned(count, reserved) <= 0 ? last : first + reserved;
    long start = from + upTo(last - from);
    OptionalLong found = free(start, last);
    if (found.isEmpty()) {
      found = free(from, start);
    }
    if (found.isEmpty()) {
      found = free(first, from);
    }
    found.ifPresent(used::add);
    return found;
  }

  /** What lies outside of the range may be among them. */
  private boolean allTaken() {
    return taken() == last - first + 1;
  }

  /** How many of the range are taken. */
  synchronized long taken() {
    return used.stream().filter(this::contains).count();
  }

  /** How many of the range are free; there may be more than fit a long. */
  synchronized double free() {
    long count = last - first + 1;
    double all = count >= 0 ? count : (count >>> 1) * 2.0;
    return all - taken();
  }

  private OptionalLong free(long from, long to) {
    for (long n = from; ; n++) {
      if (!used.contains(n)) {
        return OptionalLong.of(n);
      }
      if (n == to) {
        return OptionalLong.empty();
      }
    }
  }

  /** Any number from 0 to this one, which is unsigned as well. */
  private long upTo(long most) {
    if (most >= 0 && most < Long.MAX_VALUE) {
      return random.nextLong(most + 1);
    }
    long any = random.nextLong();
    while (Long.compareUnsigned(any, most) > 0) {
      any = random.nextLong();
    }
    return any;
  }

  /** From now on exactly these are taken. */
  synchronized void replace(Collection<Integer> numbers) {
    used.clear();
    numbers.forEach(n -> used.add((long) n));
  }

  synchronized void release(long number) {
    used.remove(number);
  }
}
