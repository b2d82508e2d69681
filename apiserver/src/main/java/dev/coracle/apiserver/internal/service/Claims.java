package dev.coracle.apiserver.internal.service;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.net.IpFamily;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.UnaryOperator;

/**
 * What decides between API servers over one store: an address is whose IPAddress it is (KEP-1880),
 * a node port is whoever's write of the common record came first.
 */
final class Claims {

  static final GroupResource ADDRESSES = new GroupResource("networking.k8s.io", "ipaddresses");
  static final GroupResource RANGES = new GroupResource("", "ranges");
  static final NamespacedName PORTS = new NamespacedName("", PortRecord.NAME);

  private final ResourceStore store;
  private final Clock clock;
  private final String portRange;

  Claims(ResourceStore store, Clock clock, String portRange) {
    this.store = store;
    this.clock = clock;
    this.portRange = portRange;
  }

  /** Fails with {@link Taken}, and then has claimed none. */
  Uni<Void> addresses(List<String> ips, NamespacedName service) {
    return addresses(ips, 0, service);
  }

  private Uni<Void> addresses(List<String> ips, int from, NamespacedName service) {
    if (from == ips.size()) {
      return Uni.createFrom().voidItem();
    }
    String ip = ips.get(from);
    return address(ip, service)
        .onFailure(StatusException::isAlreadyExists)
        .transform(_ -> new Taken(Set.of(ip), Set.of()))
        .chain(() ->
            addresses(ips, from + 1, service).onFailure().call(() -> freeAddress(ip, service)));
  }

  /** Fails with {@code AlreadyExists}. */
  Uni<Void> address(String ip, NamespacedName service) {
    ObjectNode made =
        Json.object().put("kind", "IPAddress").put("apiVersion", "networking.k8s.io/v1");
    ObjectNode metadata = made.putObject("metadata").put("name", ip);
    metadata.put("uid", UUID.randomUUID().toString());
    metadata.put("creationTimestamp", Timestamps.time(clock.instant()));
    metadata.put("generation", 1);
    metadata
        .putObject("labels")
        .put("ipaddress.kubernetes.io/ip-family", IpFamily.of(ip).name())
        .put("ipaddress.kubernetes.io/managed-by", "ipallocator.k8s.io");
    made.putObject("spec")
        .putObject("parentRef")
        .put("resource", "services")
        .put("namespace", service.namespace())
        .put("name", service.name());
    return store.create(ADDRESSES, KubeObject.of(made)).replaceWithVoid();
  }

  static NamespacedName owner(KubeObject address) {
    return new NamespacedName(
        address.text("spec", "parentRef", "namespace"), address.text("spec", "parentRef", "name"));
  }

  /** Only where it is still this Service's. */
  Uni<Void> freeAddress(String ip, NamespacedName service) {
    return store
        .delete(
            ADDRESSES,
            new NamespacedName("", ip),
            current ->
                owner(current).equals(service)
                    ? Uni.createFrom().voidItem()
                    : Uni.createFrom().failure(StatusException.notFound(ADDRESSES, ip)))
        .replaceWithVoid()
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(() -> null);
  }

  /** All or none; fails with {@link Taken}, naming those that are. */
  Uni<Void> ports(Collection<Integer> wanted) {
    if (wanted.isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    return record(ports -> {
      Set<Integer> there = new TreeSet<>(wanted);
      there.retainAll(ports);
      if (!there.isEmpty()) {
        throw new Taken(Set.of(), there);
      }
      ports.addAll(wanted);
      return ports;
    });
  }

  Uni<Void> freePorts(Collection<Integer> freed) {
    return freed.isEmpty()
        ? Uni.createFrom().voidItem()
        : record(ports -> {
          ports.removeAll(freed);
          return ports;
        });
  }

  /** Adds ports without asking whose they were. */
  Uni<Void> notePorts(Collection<Integer> known) {
    return known.isEmpty()
        ? Uni.createFrom().voidItem()
        : record(ports -> {
          ports.addAll(known);
          return ports;
        });
  }

  private Uni<Void> record(UnaryOperator<Set<Integer>> change) {
    return store
        .update(RANGES, PORTS, current -> Uni.createFrom().item(() -> changed(current, change)))
        .replaceWithVoid()
        .onFailure(StatusException::isNotFound)
        .recoverWithUni(() ->
            Uni.createFrom()
                .deferred(() ->
                    store.create(
                        RANGES, PortRecord.of(null, portRange, change.apply(new TreeSet<>()))))
                .replaceWithVoid()
                .onFailure(StatusException::isAlreadyExists)
                .recoverWithUni(() -> record(change)));
  }

  private KubeObject changed(KubeObject current, UnaryOperator<Set<Integer>> change) {
    Set<Integer> before = PortRecord.ports(current);
    Set<Integer> now = change.apply(new TreeSet<>(before));
    return now.equals(before) && current.text("range").equals(portRange)
        ? current
        : PortRecord.of(current, portRange, now);
  }

  /** Lists of what two have that one has not. */
  static <T> List<T> without(Collection<T> all, Collection<T> those) {
    List<T> out = new ArrayList<>(all);
    out.removeAll(those);
    return out;
  }
}
