package dev.coracle.apiserver.internal.aggregation;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.schema.Scheme;
import dev.coracle.apiserver.internal.registry.LiveCache;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps an APIService for every group and version that this server has itself, so that a list of
 * them is complete. Those of custom resources go when nothing of their version is served any more.
 * Level-based; what others have made or taken over (without the label) is left alone.
 */
final class LocalApiServices {

  private static final Logger LOG = LoggerFactory.getLogger(LocalApiServices.class);
  private static final GroupResource RESOURCE = Resources.API_SERVICES.groupResource();

  /** {@code onstart} for what is built in, {@code true} for what comes and goes. */
  private static final String LABEL = "kube-aggregator.kubernetes.io/automanaged";

  private static final long SOON_MILLIS = 20;

  private final ResourceStore store;
  private final Scheme scheme;
  private final LiveCache objects;
  private final Clock clock;
  private final Vertx vertx;
  private final AtomicBoolean pending = new AtomicBoolean();
  private volatile boolean started;
  private volatile boolean complete;

  LocalApiServices(
      Vertx vertx, ResourceStore store, Scheme scheme, LiveCache objects, Clock clock) {
    this.vertx = vertx;
    this.store = store;
    this.scheme = scheme;
    this.objects = objects;
    this.clock = clock;
  }

  /** From now on {@link #settle} does something: what exists is known. */
  void start() {
    started = true;
    settle();
  }

  void stop() {
    started = false;
  }

  /** Soon, and once for all that asks for it meanwhile. */
  void settle() {
    if (started && pending.compareAndSet(false, true)) {
      vertx.setTimer(
          SOON_MILLIS,
          _ -> {
            pending.set(false);
            settleNow();
          });
    }
  }

  private void settleNow() {
    if (!started) {
      return;
    }
    Map<String, ObjectNode> wanted = wanted();
    wanted.forEach((name, object) -> {
      if (objects.get("", name).isEmpty()) {
        store
            .create(RESOURCE, KubeObject.of(object))
            .subscribe()
            .with(_ -> {}, failure -> report(name, failure));
      }
    });
    for (KubeObject known : objects.all()) {
      if (known.labels().getOrDefault(LABEL, "").equals("true")
          && !known.at("spec", "service").isObject()
          && !wanted.containsKey(known.name())) {
        store
            .delete(
                RESOURCE,
                known.key(),
                current ->
                    current.uid().equals(known.uid())
                        ? Uni.createFrom().voidItem()
                        : Uni.createFrom()
                            .failure(StatusException.notFound(RESOURCE, known.name())))
            .subscribe()
            .with(_ -> {}, failure -> report(known.name(), failure));
      }
    }
  }

  /** Once all of what is built in were there, nothing is missing any more. */
  Optional<String> unregistered() {
    if (complete) {
      return Optional.empty();
    }
    Set<String> missing = new TreeSet<>();
    for (Scheme.ApiGroup group : scheme.groups()) {
      for (Scheme.Version version : group.versions()) {
        String name = version.version() + "." + version.group();
        if (!group.name().equals(RESOURCE.group())
            && !LocalPriorities.isCustom(version)
            && objects.get("", name).isEmpty()) {
          missing.add(name);
        }
      }
    }
    complete = missing.isEmpty();
    return complete
        ? Optional.empty()
        : Optional.of("missing APIService: [" + String.join(" ", missing) + "]");
  }

  private Map<String, ObjectNode> wanted() {
    Map<String, ObjectNode> out = new HashMap<>();
    for (Scheme.ApiGroup group : scheme.groups()) {
      if (group.name().equals(RESOURCE.group())) {
        // The group of the APIServices themselves has none.
        continue;
      }
      for (Scheme.Version version : group.versions()) {
        out.put(version.version() + "." + group.name(), object(version));
      }
    }
    return out;
  }

  private ObjectNode object(Scheme.Version version) {
    String now = Timestamps.time(clock.instant());
    ObjectNode out =
        Json.object().put("kind", "APIService").put("apiVersion", "apiregistration.k8s.io/v1");
    ObjectNode metadata = out.putObject("metadata");
    metadata.put("name", version.version() + "." + version.group());
    metadata.put("uid", UUID.randomUUID().toString()).put("creationTimestamp", now);
    metadata.putObject("labels").put(LABEL, LocalPriorities.isCustom(version) ? "true" : "onstart");
    ObjectNode spec = out.putObject("spec");
    if (!version.group().isEmpty()) {
      spec.put("group", version.group());
    }
    spec.put("version", version.version());
    spec.put("groupPriorityMinimum", LocalPriorities.ofGroup(version));
    spec.put("versionPriority", LocalPriorities.ofVersion(version));
    out.putObject("status")
        .putArray("conditions")
        .addObject()
        .put("type", "Available")
        .put("status", "True")
        .put("lastTransitionTime", now)
        .put("reason", "Local")
        .put("message", "Local APIServices are always available");
    return out;
  }

  /** Another server of the cluster may have been faster, either way. */
  private static void report(String name, Throwable failure) {
    if (!StatusException.isAlreadyExists(failure)
        && !StatusException.isNotFound(failure)
        && !StatusException.isConflict(failure)) {
      LOG.atWarn()
          .setMessage("cannot keep the APIService of an own group")
          .addKeyValue("name", name)
          .addKeyValue("why", failure.getMessage())
          .log();
    }
  }
}
