package dev.coracle.apiserver.internal.service;

import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes claims and Services agree again, at the start of a server and every few minutes: a Service
 * without a claim gets it, and a claim without a Service is given up once no write can be under way
 * for which it was made.
 */
final class ClaimRepair {

  private static final Logger LOG = LoggerFactory.getLogger(ClaimRepair.class);

  /** How long a claim may be older than its Service. */
  private static final Duration GRACE = Duration.ofMinutes(1);

  private final ResourceStore store;
  private final ServicePools pools;
  private final Claims claims;
  private final Clock clock;
  private Set<Integer> unusedBefore = Set.of();

  ClaimRepair(ResourceStore store, ServicePools pools, Claims claims, Clock clock) {
    this.store = store;
    this.pools = pools;
    this.claims = claims;
    this.clock = clock;
  }

  Uni<Void> run() {
    return store
        .list(Resources.SERVICES.groupResource(), "", ListOptions.ALL)
        .chain(services ->
            store
                .list(Claims.ADDRESSES, "", ListOptions.ALL)
                .chain(addresses -> addresses(services.items(), addresses.items()))
                .chain(() -> ports(services.items())));
  }

  private Uni<Void> addresses(List<KubeObject> services, List<KubeObject> claimed) {
    Map<String, NamespacedName> wanted = new HashMap<>();
    for (KubeObject service : services) {
      ServicePools.addresses(service).stream()
          .filter(pools::inRange)
          .forEach(ip -> wanted.put(ip, service.key()));
    }
    List<Uni<Void>> work = new ArrayList<>();
    Set<String> known = new HashSet<>();
    Instant before = clock.instant().minus(GRACE);
    for (KubeObject address : claimed) {
      known.add(address.name());
      boolean ours =
          address
              .labels()
              .getOrDefault("ipaddress.kubernetes.io/managed-by", "")
              .equals("ipallocator.k8s.io");
      if (ours
          && !Claims.owner(address).equals(wanted.get(address.name()))
          && isOlder(address, before)) {
        LOG.atInfo()
            .setMessage("an address without its Service is free again")
            .addKeyValue("address", address.name())
            .log();
        work.add(claims.freeAddress(address.name(), Claims.owner(address)));
      }
    }
    wanted.forEach((ip, service) -> {
      if (!known.contains(ip)) {
        work.add(
            claims
                .address(ip, service)
                .onFailure(StatusException::isAlreadyExists)
                .recoverWithItem(() -> null));
      }
    });
    return Multi.createFrom()
        .iterable(work)
        .onItem()
        .transformToUni(u -> u.replaceWith(true))
        .merge(16)
        .collect()
        .last()
        .replaceWithVoid();
  }

  private static boolean isOlder(KubeObject address, Instant than) {
    Instant made = Timestamps.parse(address.metadata().path("creationTimestamp").asText(""));
    return made == null || made.isBefore(than);
  }

  /** A port that no Service had twice in a row is free. */
  private Uni<Void> ports(List<KubeObject> services) {
    Set<Integer> used = new TreeSet<>();
    services.forEach(s -> used.addAll(ServicePools.ports(s)));
    used.removeIf(port -> !pools.ports().contains(port));
    return store
        .get(Claims.RANGES, Claims.PORTS)
        .map(PortRecord::ports)
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(() -> Set.of())
        .chain(noted -> {
          Set<Integer> unused = new TreeSet<>(noted);
          unused.removeAll(used);
          Set<Integer> leaked = new TreeSet<>(unused);
          leaked.retainAll(unusedBefore);
          unusedBefore = unused;
          return claims
              .notePorts(Claims.without(used, noted))
              .chain(() -> claims.freePorts(leaked));
        });
  }
}
