package dev.coracle.apiserver.internal.service;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.config.ApiServerOptions.Services;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.random.RandomGenerator;

/**
 * The cluster addresses and node ports that are taken; filled from the stored Services at start.
 * Addresses come from the server's own range first, then from those of further ServiceCIDRs. Ranges
 * may overlap: an address is taken in all that hold it. Guarded by its own lock.
 */
public final class ServicePools {

  private record Pool(AddressRange range, NumberPool numbers, boolean gives) {

    static Pool of(AddressRange range, RandomGenerator random) {
      int size = range.size();
      // The first address is the network's and the last its broadcast address.
      return new Pool(range, new NumberPool(1, size - 2, band(size), random), true);
    }

    private static int band(int size) {
      return size < 32 ? 0 : Math.clamp(size / 16, 16, 256);
    }

    boolean holds(String ip) {
      int offset = range.offset(ip);
      return offset > 0 && numbers.contains(offset);
    }
  }

  private final Services options;
  private final RandomGenerator random;
  private final Pool own;
  private final NumberPool ports;
  private List<Pool> pools;

  public ServicePools(Services options, RandomGenerator random) {
    this.options = options;
    this.random = random;
    this.own = Pool.of(AddressRange.parse(options.cidr()), random);
    this.pools = List.of(own);
    int portCount = options.lastNodePort() - options.firstNodePort() + 1;
    this.ports =
        new NumberPool(
            options.firstNodePort(), options.lastNodePort(), Math.min(86, portCount / 32), random);
  }

  /** The address of the kubernetes Service. */
  public String first() {
    return own.range().address(1);
  }

  public String cidr() {
    return options.cidr();
  }

  public String portRange() {
    return options.firstNodePort() + "-" + options.lastNodePort();
  }

  public void fill(Collection<KubeObject> services) {
    for (KubeObject service : services) {
      addresses(service).forEach(this::takeAddress);
      ports(service).forEach(ports::take);
    }
  }

  /** Those inside the range. */
  static List<String> addresses(KubeObject service) {
    List<String> out = new ArrayList<>();
    service.at("spec", "clusterIPs").forEach(ip -> out.add(ip.asText("")));
    String one = service.text("spec", "clusterIP");
    if (!one.isEmpty() && !out.contains(one)) {
      out.add(one);
    }
    out.removeIf(ip -> ip.isEmpty() || ip.equals("None"));
    return out;
  }

  static List<Integer> ports(KubeObject service) {
    List<Integer> out = new ArrayList<>();
    for (JsonNode p : service.at("spec", "ports")) {
      int port = p.path("nodePort").asInt(0);
      if (port > 0 && !out.contains(port)) {
        out.add(port);
      }
    }
    int health = service.at("spec", "healthCheckNodePort").asInt(0);
    if (health > 0) {
      out.add(health);
    }
    return out;
  }

  /**
   * From now on these are the ranges beside the server's own.
   *
   * @param giving those new addresses come from
   * @param ending those that only take addresses back
   * @param taken addresses that somebody has
   */
  synchronized void ranges(
      Collection<AddressRange> giving, Collection<AddressRange> ending, Collection<String> taken) {
    List<Pool> next = new ArrayList<>();
    next.add(own);
    for (AddressRange range : new LinkedHashSet<>(giving)) {
      if (!range.equals(own.range())) {
        next.add(pool(range, true, taken));
      }
    }
    for (AddressRange range : new LinkedHashSet<>(ending)) {
      if (!range.equals(own.range()) && !giving.contains(range)) {
        next.add(pool(range, false, taken));
      }
    }
    pools = List.copyOf(next);
  }

  private Pool pool(AddressRange range, boolean gives, Collection<String> taken) {
    for (Pool known : pools) {
      if (known.range().equals(range)) {
        return new Pool(range, known.numbers(), gives);
      }
    }
    Pool made = Pool.of(range, random);
    for (String ip : taken) {
      if (made.holds(ip)) {
        made.numbers().take(range.offset(ip));
      }
    }
    return new Pool(range, made.numbers(), gives);
  }

  /** Whether it is one of the addresses that are given out here, or were. */
  synchronized boolean inRange(String ip) {
    return pools.stream().anyMatch(pool -> pool.holds(ip));
  }

  /** Whether a Service may ask for it. */
  synchronized boolean offers(String ip) {
    return pools.stream().anyMatch(pool -> pool.gives() && pool.holds(ip));
  }

  synchronized boolean takeAddress(String ip) {
    List<Pool> holding = pools.stream().filter(pool -> pool.holds(ip)).toList();
    boolean free = !holding.isEmpty();
    for (Pool pool : holding) {
      // Every one of them is to know, whoever has it.
      free &= pool.numbers().take(pool.range().offset(ip));
    }
    return free;
  }

  /** Empty text when there is none left. */
  synchronized String takeAnyAddress() {
    for (Pool pool : pools) {
      for (OptionalInt offset = anyOf(pool); offset.isPresent(); offset = anyOf(pool)) {
        String ip = pool.range().address(offset.getAsInt());
        boolean free = true;
        for (Pool other : pools) {
          if (other != pool && other.holds(ip)) {
            free &= other.numbers().take(other.range().offset(ip));
          }
        }
        if (free) {
          return ip;
        }
      }
    }
    return "";
  }

  private static OptionalInt anyOf(Pool pool) {
    return pool.gives() ? pool.numbers().takeAny() : OptionalInt.empty();
  }

  synchronized void releaseAddress(String ip) {
    for (Pool pool : pools) {
      if (pool.holds(ip)) {
        pool.numbers().release(pool.range().offset(ip));
      }
    }
  }

  NumberPool ports() {
    return ports;
  }
}
