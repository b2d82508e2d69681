package dev.coracle.apiserver.internal.identity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.apiserver.internal.registry.LiveCache;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Where the API servers of a cluster are reached. Each has a record in the store that ends by
 * itself when it is not renewed, as upstream's have ({@code masterleases}); it is none of the API's
 * objects. Safe on any thread.
 */
public final class ServerAddresses {

  /** One server. IPv4 comes before IPv6, as names of slices depend on the order. */
  public record Address(String ip, int port) implements Comparable<Address> {

    /** As an EndpointSlice's {@code addressType} has it. */
    public String family() {
      return ip.contains(":") ? "IPv6" : "IPv4";
    }

    @Override
    public int compareTo(Address other) {
      int order = family().compareTo(other.family());
      order = order == 0 ? Integer.compare(port, other.port) : order;
      return order == 0 ? ip.compareTo(other.ip) : order;
    }

    private NamespacedName key() {
      return new NamespacedName("", ip + ":" + port);
    }
  }

  private static final Duration RENEWAL = Duration.ofSeconds(10);

  /** A renewal that is late by a few seconds takes no server out of service. */
  private static final Duration LASTS = Duration.ofSeconds(15);

  private static final GroupResource RECORDS = new GroupResource("", "masterleases");
  private static final GroupVersionKind KIND = new GroupVersionKind("", "v1", "Endpoints");

  private final Vertx vertx;
  private final ResourceStore store;
  private final LiveCache records;
  private final Runnable changed;
  private final AtomicReference<@Nullable Address> own = new AtomicReference<>();
  private final AtomicReference<@Nullable Heartbeat> heart = new AtomicReference<>();

  /**
   * @param changed called when a server has come or gone
   */
  public ServerAddresses(Vertx vertx, ResourceStore store, Runnable changed) {
    this.vertx = vertx;
    this.store = store;
    this.changed = changed;
    store.timeToLive(RECORDS, LASTS);
    records = new LiveCache(vertx, store, RECORDS).listen(this::seen);
  }

  /**
   * Completes when the other servers are known, and this one to them if the store can be written.
   */
  public Uni<Void> start(Address address) {
    own.set(address);
    Heartbeat beats =
        new Heartbeat(
            vertx,
            "address " + address.ip(),
            RENEWAL,
            () -> put(address),
            () -> put(address),
            () -> remove(address));
    heart.set(beats);
    return records.start().chain(beats::start);
  }

  /** The others learn of it at once where the store can be reached. */
  public Uni<Void> stop() {
    records.stop();
    own.set(null);
    Heartbeat beats = heart.getAndSet(null);
    return beats == null ? Uni.createFrom().voidItem() : beats.stop();
  }

  /** Who serves now, this server always among them once it is started. */
  public SortedSet<Address> alive() {
    SortedSet<Address> out = new TreeSet<>();
    Address self = own.get();
    if (self != null) {
      out.add(self);
    }
    for (KubeObject record : records.all()) {
      Address address = address(record);
      if (address != null) {
        out.add(address);
      }
    }
    return Collections.unmodifiableSortedSet(out);
  }

  /** Who serves from another machine, as the store tells; for before this server is started. */
  public Uni<List<String>> others(String ownIp) {
    return store
        .list(RECORDS, "", ListOptions.ALL)
        .map(list -> {
          List<String> out = new ArrayList<>();
          for (KubeObject record : list.items()) {
            Address address = address(record);
            if (address != null && !address.ip().equals(ownIp)) {
              out.add(address.ip());
            }
          }
          return out;
        });
  }

  private void seen(@Nullable KubeObject before, @Nullable KubeObject now) {
    if (before != null && now != null) {
      return;
    }
    KubeObject record = before == null ? now : before;
    Address address = record == null ? null : address(record);
    if (now == null && address != null && address.equals(own.get())) {
      // The store could not be written for a while, or somebody has removed it.
      Heartbeat beats = heart.get();
      if (beats != null) {
        beats.beat();
      }
    }
    changed.run();
  }

  private static @Nullable Address address(KubeObject record) {
    JsonNode subset = record.at("subsets").path(0);
    String ip = subset.path("addresses").path(0).path("ip").asText("");
    int port = subset.path("ports").path(0).path("port").asInt(0);
    return ip.isEmpty() || port == 0 ? null : new Address(ip, port);
  }

  private Uni<?> put(Address address) {
    return store
        .update(
            RECORDS,
            address.key(),
            record ->
                Uni.createFrom()
                    .item(
                        record.with(o -> {
                          ObjectNode meta = o.withObjectProperty("metadata");
                          meta.put("generation", meta.path("generation").asLong() + 1);
                        })))
        .onFailure(StatusException::isNotFound)
        .recoverWithUni(() -> store.create(RECORDS, record(address)));
  }

  private static KubeObject record(Address address) {
    return KubeObject.create(
        KIND,
        "",
        address.key().name(),
        o -> {
          ObjectNode subset = o.putArray("subsets").addObject();
          subset.putArray("addresses").addObject().put("ip", address.ip());
          subset.putArray("ports").addObject().put("port", address.port());
        });
  }

  private Uni<?> remove(Address address) {
    return store.delete(RECORDS, address.key(), _ -> Uni.createFrom().voidItem());
  }
}
