package dev.coracle.scheduler.spi;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongBinaryOperator;

/**
 * Amounts of resources by name: {@code cpu} in thousandths, everything else in whole units, rounded
 * up. Mutable; owned by whoever made it.
 */
public final class Amounts {

  private final Map<String, Long> byName = new TreeMap<>();

  // What is asked for on every node of every decision stands beside the map too.
  private long cpu;
  private long memory;
  private long pods;
  private boolean others;

  /** Reads a resource list; what is no quantity is left out. */
  public static Amounts of(JsonNode list) {
    Amounts out = new Amounts();
    list.properties()
        .forEach(e -> {
          Quantity quantity = Quantity.tryParse(e.getValue().asText());
          if (quantity != null) {
            out.put(
                e.getKey(), e.getKey().equals("cpu") ? quantity.millis() : quantity.longValue());
          }
        });
    return out;
  }

  public Amounts copy() {
    Amounts out = new Amounts();
    byName.forEach(out::put);
    return out;
  }

  public long get(String name) {
    return switch (name) {
      case "cpu" -> cpu;
      case "memory" -> memory;
      case "pods" -> pods;
      default -> byName.getOrDefault(name, 0L);
    };
  }

  public long cpuMillis() {
    return cpu;
  }

  public long memory() {
    return memory;
  }

  /** Whether so much of everything is left of {@code all} beside what is used. */
  public boolean fitsInto(Amounts all, Amounts used) {
    if (lacks(cpu, all.cpu, used.cpu)
        || lacks(memory, all.memory, used.memory)
        || lacks(pods, all.pods, used.pods)) {
      return false;
    }
    if (others) {
      for (Map.Entry<String, Long> wanted : byName.entrySet()) {
        String name = wanted.getKey();
        if (lacks(wanted.getValue(), all.get(name), used.get(name))) {
          return false;
        }
      }
    }
    return true;
  }

  private static boolean lacks(long wanted, long all, long used) {
    return wanted > 0 && wanted > all - used;
  }

  public void put(String name, long amount) {
    byName.put(name, amount);
    switch (name) {
      case "cpu" -> cpu = amount;
      case "memory" -> memory = amount;
      case "pods" -> pods = amount;
      default -> others = true;
    }
  }

  public boolean has(String name) {
    return byName.containsKey(name);
  }

  public Map<String, Long> asMap() {
    return Collections.unmodifiableMap(byName);
  }

  public Amounts plus(Amounts other) {
    return combine(other, Amounts::saturating);
  }

  public Amounts minus(Amounts other) {
    return combine(other, (a, b) -> saturating(a, -b));
  }

  public Amounts max(Amounts other) {
    return combine(other, Math::max);
  }

  private static long saturating(long a, long b) {
    long sum = a + b;
    return ((a ^ sum) & (b ^ sum)) >= 0 ? sum : a < 0 ? Long.MIN_VALUE : Long.MAX_VALUE;
  }

  /** Changes this one. */
  private Amounts combine(Amounts other, LongBinaryOperator operator) {
    other.byName.forEach((name, amount) -> put(name, operator.applyAsLong(get(name), amount)));
    return this;
  }

  @Override
  public String toString() {
    return byName.toString();
  }
}
