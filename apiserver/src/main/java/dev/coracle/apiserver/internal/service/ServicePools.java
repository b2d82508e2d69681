package dev.coracle.apiserver.internal.service;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.net.Cidr;
import dev.coracle.api.net.IpFamily;
import dev.coracle.apiserver.config.ApiServerOptions.Services;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;

/**
 * The cluster addresses and node ports that are taken; filled from the stored Services at start.
 * Addresses come from the server's own range of their family first, then from those of further
 * ServiceCIDRs. Ranges may overlap: an address is taken in all that hold it. Guarded by its own
 * lock.
 */
public final class ServicePools {

  private record Pool(AddressRange range, NumberPool numbers, boolean gives) {

    static Pool of(AddressRange range, RandomGenerator random) {
      // The first address is the network's, and IPv4's last its broadcast address.
      long last = range.lastOffset() - (range.family() == IpFamily.IPv4 ? 1 : 0);
      return new Pool(range, new NumberPool(1, last, band(range.lastOffset()), random), true);
    }

    private static int band(long last) {
      return last >= 0 && last < 31 ? 0 : Math.clamp((last >>> 4) + 1, 16, 256);
    }

    boolean holds(String ip) {
      OptionalLong offset = range.offset(ip);
      return offset.isPresent() && numbers.contains(offset.getAsLong());
    }

    /** False when it is taken already, or not one of these. */
    boolean take(String ip) {
      OptionalLong offset = range.offset(ip);
      return offset.isPresent() && numbers.take(offset.getAsLong());
    }
  }

  private final Services options;
  private final RandomGenerator random;
  private final List<Pool> own;
  private final NumberPool ports;
  private List<Pool> pools;

  public ServicePools(Services options, RandomGenerator random) {
    this.options = options;
    this.random = random;
    this.own =
        options.cidrs().stream().map(cidr -> Pool.of(AddressRange.parse(cidr), random)).toList();
    if (own.isEmpty() || own.size() != families().stream().distinct().count()) {
      throw new IllegalArgumentException(
          "Services have one range of addresses, or one of each family: " + options.cidrs());
    }
    this.pools = own;
    int portCount = options.lastNodePort() - options.firstNodePort() + 1;
    this.ports =
        new NumberPool(
            options.firstNodePort(), options.lastNodePort(), Math.min(86, portCount / 32), random);
  }

  /** The address of the kubernetes Service. */
  public String first() {
    return own.getFirst().range().address(1);
  }

  public List<String> cidrs() {
    return options.cidrs();
  }

  /** What Services may have addresses of; the first is what they have by default. */
  List<IpFamily> families() {
    return own.stream().map(pool -> pool.range().family()).toList();
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

  /** As IPAddresses are named. */
  static List<String> addresses(KubeObject service) {
    List<String> out = new ArrayList<>();
    service.at("spec", "clusterIPs").forEach(ip -> out.add(Cidr.canonical(ip.asText(""))));
    String one = Cidr.canonical(service.text("spec", "clusterIP"));
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
   * From now on these are the ranges beside the server's own; of a family that Services do not
   * have, they are of no use.
   *
   * @param giving those new addresses come from
   * @param ending those that only take addresses back
   * @param taken addresses that somebody has
   */
  synchronized void ranges(
      Collection<AddressRange> giving, Collection<AddressRange> ending, Collection<String> taken) {
    List<Pool> next = new ArrayList<>();
    next.addAll(own);
    for (AddressRange range : new LinkedHashSet<>(giving)) {
      if (isFurther(range)) {
        next.add(pool(range, true, taken));
      }
    }
    for (AddressRange range : new LinkedHashSet<>(ending)) {
      if (isFurther(range) && !giving.contains(range)) {
        next.add(pool(range, false, taken));
      }
    }
    pools = List.copyOf(next);
  }

  private boolean isFurther(AddressRange range) {
    return families().contains(range.family())
        && own.stream().noneMatch(pool -> pool.range().equals(range));
  }

  private Pool pool(AddressRange range, boolean gives, Collection<String> taken) {
    for (Pool known : pools) {
      if (known.range().equals(range)) {
        return new Pool(range, known.numbers(), gives);
      }
    }
    Pool made = Pool.of(range, random);
    taken.stream().filter(made::holds).forEach(made::take);
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
      free &= pool.take(ip);
    }
    return free;
  }

  /** Empty text when there is none left. */
  synchronized String takeAnyAddress(IpFamily family) {
    for (Pool pool : pools) {
      if (pool.range().family() != family) {
        continue;
      }
      for (OptionalLong offset = anyOf(pool); offset.isPresent(); offset = anyOf(pool)) {
        String ip = pool.range().address(offset.getAsLong());
        boolean free = true;
        for (Pool other : pools) {
          if (other != pool && other.holds(ip)) {
            free &= other.take(ip);
          }
        }
        if (free) {
          return ip;
        }
      }
    }
    return "";
  }

  private static OptionalLong anyOf(Pool pool) {
    return pool.gives() ? pool.numbers().takeAny() : OptionalLong.empty();
  }

  synchronized void releaseAddress(String ip) {
    for (Pool pool : pools) {
      pool.range().offset(ip).ifPresent(pool.numbers()::release);
    }
  }

  /** A range, and what is taken of it. */
  record Usage(String cidr, NumberPool numbers) {}

  /** Of the ranges that give addresses, or gave some. */
  synchronized List<Usage> usage() {
    return pools.stream().map(pool -> new Usage(pool.range().text(), pool.numbers())).toList();
  }

  /** The range that an address is of; empty where it is of none. */
  synchronized String rangeOf(String ip) {
    return pools.stream()
        .filter(pool -> pool.gives() && pool.holds(ip))
        .findFirst()
        .map(pool -> pool.range().text())
        .orElse("");
  }

  /** The ranges that give addresses of a family. */
  synchronized List<String> rangesOf(IpFamily family) {
    return pools.stream()
        .filter(pool -> pool.gives() && pool.range().family() == family)
        .map(pool -> pool.range().text())
        .toList();
  }

  NumberPool ports() {
    return ports;
  }
}
