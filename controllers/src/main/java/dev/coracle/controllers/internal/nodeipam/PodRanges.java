package dev.coracle.controllers.internal.nodeipam;

import dev.coracle.api.net.Cidr;
import io.micrometer.core.instrument.MeterRegistry;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A range of addresses of one family, cut into equal parts, and which node has which. Confined to
 * the controllers' event loop.
 */
final class PodRanges {

  /** More parts than this are not looked at. */
  private static final int MOST_BITS = 20;

  private final Cidr all;
  private final int part;
  private final RangeMetrics metrics;

  /** The parts in use, each by the node that has it; also those given and not shown yet. */
  private final Map<Integer, String> taken = new HashMap<>();

  /**
   * @param cidr such as {@code 10.244.0.0/16}
   * @param partPrefix of a node's part; a range smaller than that goes to one node whole
   */
  PodRanges(String cidr, int partPrefix, MeterRegistry registry) {
    all =
        Cidr.parse(cidr)
            .orElseThrow(() -> new IllegalArgumentException("not an address range: " + cidr));
    part = Math.max(partPrefix, all.prefix());
    metrics = new RangeMetrics(registry, cidr, size());
  }

  int size() {
    return 1 << Math.min(MOST_BITS, part - all.prefix());
  }

  String get(int index) {
    BigInteger offset = BigInteger.valueOf(index).shiftLeft(all.family().bits() - part);
    return Cidr.text(all.family(), all.network().add(offset)) + "/" + part;
  }

  /** Nobody else gets what lies in this range; one of another family or elsewhere is no matter. */
  void occupy(String cidr, String node) {
    Optional<Cidr> parsed = Cidr.parse(cidr).filter(c -> c.family() == all.family());
    if (parsed.isEmpty()) {
      return;
    }
    Cidr network = parsed.get();
    int shift = all.family().bits() - part;
    BigInteger from = network.network().subtract(all.network()).shiftRight(shift);
    BigInteger to = network.last().subtract(all.network()).shiftRight(shift);
    BigInteger end = BigInteger.valueOf(size() - 1L);
    if (to.signum() < 0 || from.compareTo(end) > 0) {
      return;
    }
    for (int i = from.max(BigInteger.ZERO).intValue(); i <= to.min(end).intValue(); i++) {
      taken.putIfAbsent(i, node);
    }
    metrics.uses(taken.size());
  }

  /** What is the node's already, or else the first that is free; empty where there is none. */
  OptionalInt choose(String node) {
    Optional<Integer> own =
        taken.entrySet().stream()
            .filter(entry -> entry.getValue().equals(node))
            .map(Map.Entry::getKey)
            .findFirst();
    if (own.isPresent()) {
      return OptionalInt.of(own.get());
    }
    for (int i = 0; i < size(); i++) {
      if (!taken.containsKey(i)) {
        metrics.found(i + 1);
        return OptionalInt.of(i);
      }
    }
    return OptionalInt.empty();
  }

  void take(int index, String node) {
    taken.put(index, node);
    metrics.uses(taken.size());
  }

  void release(String node) {
    taken.values().removeIf(node::equals);
    metrics.uses(taken.size());
  }
}
