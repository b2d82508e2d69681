package dev.coracle.apiserver.internal.aggregation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.schema.Scheme;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.aggregation.Availability.Finding;
import dev.coracle.apiserver.internal.registry.LiveCache;
import dev.coracle.apiserver.internal.webhook.ServiceResolver;
import dev.coracle.apiserver.openapi.OtherDocuments;
import dev.coracle.client.Client;
import dev.coracle.watchhub.ResourceStore;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.net.KeyCertOptions;
import java.time.Clock;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the APIServices: which group and version is whose, and whether it answers, which their
 * condition {@code Available} says. Checks go on only while there is something to check.
 */
public final class ApiServices {

  private static final Logger LOG = LoggerFactory.getLogger(ApiServices.class);
  private static final GroupResource RESOURCE = Resources.API_SERVICES.groupResource();
  private static final long CHECK_MILLIS = 30_000;
  private static final long RETRY_MILLIS = 2_000;

  private final Vertx vertx;
  private final ResourceStore store;
  private final Scheme scheme;
  private final KeyCertOptions identity;
  private final Clock clock;
  private final ServiceResolver services;
  private final Availability availability;
  private final AvailabilityMeters meters;
  private final RemoteClient client;
  private final LiveCache objects;
  private final LocalApiServices local;
  private final Map<String, RemoteApi> remote = new ConcurrentHashMap<>();
  private volatile boolean stopped;
  private final AtomicInteger changes = new AtomicInteger();

  /**
   * @param identity the client certificate that vouches for the headers with the user's name
   */
  public ApiServices(
      Vertx vertx,
      ResourceStore store,
      Scheme scheme,
      KeyCertOptions identity,
      MeterRegistry registry,
      Clock clock) {
    this.vertx = vertx;
    this.store = store;
    this.scheme = scheme;
    this.identity = identity;
    this.clock = clock;
    this.client = new RemoteClient(vertx);
    this.services = new ServiceResolver(store);
    this.availability = new Availability(services, client);
    this.meters = new AvailabilityMeters(registry);
    this.objects = new LiveCache(vertx, store, RESOURCE).listen(this::changed);
    this.local = new LocalApiServices(vertx, store, scheme, objects, clock);
  }

  public Uni<Void> start() {
    return objects.start().invoke(local::start);
  }

  /**
   * Which APIServices of what is built in are still to come, for people; empty when all are there.
   */
  public Optional<String> unregistered() {
    return local.unregistered();
  }

  /** To be told when this server's own groups and versions may have changed. */
  public void ownChanged() {
    local.settle();
  }

  /** The OpenAPI documents of the other servers. */
  public OtherDocuments documents() {
    return RemoteOpenApi.of(this);
  }

  public void stop() {
    stopped = true;
    local.stop();
    objects.stop();
    client.close();
  }

  /** Who serves this version of a group, where it is not this server. */
  public Optional<RemoteApi> find(String group, String version) {
    return remote.isEmpty()
        ? Optional.empty()
        : Optional.ofNullable(remote.get(group + "/" + version));
  }

  /** What a user of this process calls there; empty where this server has it itself. */
  public Optional<Client> callsAs(UserInfo user, String group, String version) {
    return find(group, version).map(api -> new RemoteCalls(services, client, api, user));
  }

  public Collection<RemoteApi> all() {
    return remote.values();
  }

  /** How early a group stands in a list of all: the higher, the earlier. */
  public int groupPriority(String group) {
    int own =
        scheme.group(group).stream()
            .flatMap(g -> g.versions().stream())
            .mapToInt(LocalPriorities::ofGroup)
            .max()
            .orElse(0);
    return remote.values().stream()
        .filter(api -> api.group().equals(group))
        .mapToInt(RemoteApi::groupPriority)
        .reduce(own, Math::max);
  }

  /** Another number whenever {@link #all} may give something else. */
  public int changes() {
    return changes.get();
  }

  private void changed(@Nullable KubeObject before, @Nullable KubeObject now) {
    if (now == null) {
      if (before != null) {
        remote.remove(key(before));
        meters.gone(before.name());
        changes.incrementAndGet();
        local.settle();
      }
      return;
    }
    if (!now.at("spec", "service").isObject()) {
      remote.remove(key(now));
      write(now.name(), Finding.LOCAL);
      local.settle();
      return;
    }
    if (before == null || !before.at("spec").equals(now.at("spec"))) {
      RemoteApi api = RemoteApi.of(now, identity);
      remote.put(key(now), api);
      changes.incrementAndGet();
      check(api);
    }
  }

  private static String key(KubeObject apiService) {
    return apiService.text("spec", "group") + "/" + apiService.text("spec", "version");
  }

  private void check(RemoteApi api) {
    availability
        .check(api)
        .subscribe()
        .with(
            finding -> {
              RemoteApi known = remote.get(api.groupVersion());
              if (stopped || known == null || known.tls() != api.tls()) {
                return;
              }
              RemoteApi now =
                  known.found(finding.available(), finding.discovery(), finding.openApi());
              if (!now.equals(known)) {
                remote.put(api.groupVersion(), now);
                changes.incrementAndGet();
              }
              write(api.name(), finding);
              vertx.setTimer(
                  finding.available() ? CHECK_MILLIS : RETRY_MILLIS, _ -> checkAgain(now));
            },
            failure -> report(api.name(), failure));
  }

  private void checkAgain(RemoteApi api) {
    RemoteApi known = remote.get(api.groupVersion());
    if (!stopped && known != null && known.tls() == api.tls()) {
      check(known);
    }
  }

  private void write(String name, Finding finding) {
    meters.found(name, finding);
    Optional<KubeObject> seen = objects.get("", name);
    if (seen.isPresent() && with(seen.get(), finding) == seen.get()) {
      return;
    }
    store
        .update(
            RESOURCE,
            new dev.coracle.api.NamespacedName("", name),
            current -> Uni.createFrom().item(with(current, finding)))
        .subscribe()
        .with(_ -> {}, failure -> report(name, failure));
  }

  /** The very same object where it says so already. */
  private KubeObject with(KubeObject current, Finding finding) {
    String is = finding.available() ? "True" : "False";
    for (JsonNode c : current.at("status", "conditions")) {
      if (c.path("type").asText("").equals("Available")
          && c.path("status").asText("").equals(is)
          && c.path("reason").asText("").equals(finding.reason())
          && c.path("message").asText("").equals(finding.message())) {
        return current;
      }
    }
    return current.with(o -> {
      ObjectNode status = o.withObjectProperty("status");
      ArrayNode conditions =
          status.get("conditions") instanceof ArrayNode a ? a : status.putArray("conditions");
      ObjectNode mine = null;
      for (JsonNode c : conditions) {
        if (c.path("type").asText("").equals("Available") && c instanceof ObjectNode found) {
          mine = found;
        }
      }
      if (mine == null) {
        mine = conditions.addObject().put("type", "Available");
      }
      if (!mine.path("status").asText("").equals(is)) {
        mine.put("lastTransitionTime", Timestamps.time(clock.instant()));
      }
      mine.put("status", is).put("reason", finding.reason()).put("message", finding.message());
    });
  }

  private static void report(String name, Throwable failure) {
    if (!StatusException.isNotFound(failure)) {
      LOG.atWarn()
          .setMessage("cannot follow an APIService")
          .addKeyValue("name", name)
          .addKeyValue("why", failure.getMessage())
          .log();
    }
  }
}
