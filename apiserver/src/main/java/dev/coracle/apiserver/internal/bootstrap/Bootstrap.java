package dev.coracle.apiserver.internal.bootstrap;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.apiserver.ApiCalls;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes the objects that every cluster has, where they are missing: system namespaces, default
 * roles and bindings, priority classes, priority levels and flow schemas. What a user has changed
 * is left alone, but default roles get back what they have lost, and {@link FlowReconciler} keeps
 * priority levels and flow schemas.
 */
public final class Bootstrap {

  static final WriteOptions OPTIONS = WriteOptions.by("kube-apiserver");
  private static final List<String> NAMESPACES =
      List.of("default", "kube-system", "kube-public", "kube-node-lease");

  private static final GroupVersionResource SERVICE_CIDRS =
      new GroupVersionResource("networking.k8s.io", "v1", "servicecidrs");

  private final ApiCalls calls;
  private final Ensurer ensurer;
  private final Clock clock;
  private final Supplier<KubeObject> extensionTrust;
  private final FlowReconciler flows;
  private volatile boolean stopped;

  /**
   * @param calls as the server itself
   * @param extensionTrust what aggregated servers are to trust now
   */
  public Bootstrap(Vertx vertx, ApiCalls calls, Supplier<KubeObject> extensionTrust, Clock clock) {
    this.clock = clock;
    this.calls = calls;
    this.ensurer = new Ensurer(calls, OPTIONS);
    this.extensionTrust = extensionTrust;
    this.flows = new FlowReconciler(vertx, calls, FlowReconciler.PAUSE);
  }

  /** Brings back a system namespace that somebody has deleted. */
  public void namespaceChanged(@Nullable KubeObject before, @Nullable KubeObject now) {
    if (before != null && now == null && NAMESPACES.contains(before.name())) {
      persistently(namespace(before.name()));
    }
  }

  /** Keeps the default priority levels and flow schemas as they are to be. */
  public void flowChanged(@Nullable KubeObject before, @Nullable KubeObject now) {
    flows.changed(before, now);
  }

  /** What is deleted from now on stays so until the next start. */
  public void stop() {
    stopped = true;
    flows.stop();
  }

  /**
   * Fails where servers of another certificate authority have this store: their clients would not
   * trust this one, nor it them.
   *
   * @param others the addresses of servers that run
   */
  public Uni<Void> belongs(Uni<List<String>> others) {
    String field = "requestheader-client-ca-file";
    KubeObject own = extensionTrust.get();
    return calls
        .get(Resources.CONFIG_MAPS, own.namespace(), own.name())
        .map(there -> there.text("data", field).equals(own.text("data", field)))
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(true)
        .chain(same -> same ? Uni.createFrom().item(List.<String>of()) : others)
        .invoke(running -> {
          if (!running.isEmpty()) {
            throw new IllegalStateException(
                "the store is that of a cluster with another certificate authority, whose API"
                    + " servers run at "
                    + String.join(", ", running)
                    + "; to be one of them, start this one with the command that 'coracle token"
                    + " create --server' prints there, in another data directory; for a cluster of"
                    + " its own, give it another --etcd-prefix");
          }
        })
        .replaceWithVoid();
  }

  /** Everything but the range of cluster addresses. */
  public Uni<Void> run() {
    List<Uni<?>> first = new ArrayList<>();
    NAMESPACES.forEach(n -> first.add(namespace(n)));
    List<Uni<?>> then = new ArrayList<>();
    RoleReconciler roles = new RoleReconciler(calls, ensurer);
    DefaultRoles.all().forEach(role -> then.add(roles.reconcile(role)));
    then.add(flows.reconcile());
    then.add(priority("system-node-critical", 2_000_001_000));
    then.add(priority("system-cluster-critical", 2_000_000_000));
    return together(first)
        .chain(roles::prime)
        .chain(() -> together(then))
        .chain(this::trust)
        .chain(this::tokenTracking)
        .replaceWithVoid();
  }

  /** Since when it is written down that tokens in Secrets are used (KEP-2799). */
  private Uni<KubeObject> tokenTracking() {
    KubeObject since =
        KubeObject.create(
            new GroupVersionKind("", "v1", "ConfigMap"),
            "kube-system",
            "kube-apiserver-legacy-service-account-token-tracking",
            o ->
                o.putObject("data")
                    .put("since", LocalDate.ofInstant(clock.instant(), ZoneOffset.UTC).toString()));
    return ensurer
        .ensure(Resources.CONFIG_MAPS, since)
        .chain(there ->
            isDate(there.text("data", "since"))
                ? Uni.createFrom().item(there)
                : ensurer.put(Resources.CONFIG_MAPS, since, "data"));
  }

  private static boolean isDate(String text) {
    try {
      LocalDate.parse(text);
      return true;
    } catch (DateTimeParseException e) {
      return false;
    }
  }

  private Uni<KubeObject> trust() {
    return ensurer.put(Resources.CONFIG_MAPS, extensionTrust.get(), "data");
  }

  /** Tells aggregated servers of other authorities of clients. */
  public void trustChanged() {
    persistently(Uni.createFrom().deferred(this::trust));
  }

  private void persistently(Uni<?> work) {
    work.onFailure(_ -> !stopped)
        .retry()
        .withBackOff(Duration.ofSeconds(1), Duration.ofSeconds(30))
        .indefinitely()
        .subscribe()
        .with(_ -> {}, _ -> {});
  }

  static Uni<Void> together(List<Uni<?>> work) {
    return Multi.createFrom()
        .iterable(work)
        .onItem()
        .transformToUni(u -> u.replaceWith(true))
        .merge(16)
        .collect()
        .asList()
        .replaceWithVoid();
  }

  private Uni<?> namespace(String name) {
    return ensurer.ensure(
        Resources.NAMESPACES,
        KubeObject.create(new GroupVersionKind("", "v1", "Namespace"), "", name, _ -> {}));
  }

  private Uni<?> priority(String name, int value) {
    KubeObject object =
        KubeObject.create(
            new GroupVersionKind("scheduling.k8s.io", "v1", "PriorityClass"),
            "",
            name,
            o -> {
              o.put("value", value);
              o.put(
                  "description",
                  name.contains("node")
                      ? "Used for system critical pods that must not be moved from their current"
                          + " node."
                      : "Used for system critical pods that must run in the cluster, but can be"
                          + " moved to another node if necessary.");
            });
    return ensurer.ensure(Resources.PRIORITY_CLASSES, object);
  }

  /**
   * The ranges that cluster addresses come from, as an object to look at. It gets a second one when
   * the cluster does; other changes are for whoever changed the server's options to make.
   */
  public Uni<Void> serviceRange(List<String> cidrs) {
    KubeObject range =
        KubeObject.create(
            new GroupVersionKind("networking.k8s.io", "v1", "ServiceCIDR"),
            "",
            "kubernetes",
            o -> {
              ArrayNode list = o.putObject("spec").putArray("cidrs");
              cidrs.forEach(list::add);
            });
    return ensurer
        .ensure(SERVICE_CIDRS, range)
        .chain(there -> {
          JsonNode known = there.at("spec", "cidrs");
          boolean second =
              cidrs.size() == 2
                  && known.size() == 1
                  && known.path(0).asText("").equals(cidrs.getFirst());
          return second
              ? calls.patch(
                  SERVICE_CIDRS,
                  "",
                  range.name(),
                  Patch.merge(body -> body.set("spec", range.at("spec").deepCopy())),
                  "",
                  OPTIONS)
              : Uni.createFrom().item(there);
        })
        .chain(there ->
            there.at("status", "conditions").isEmpty()
                ? calls.patch(
                    SERVICE_CIDRS,
                    "",
                    range.name(),
                    Patch.merge(body ->
                        body.putObject("status")
                            .putArray("conditions")
                            .addObject()
                            .put("type", "Ready")
                            .put("status", "True")
                            .put("reason", "")
                            .put("message", "Kubernetes default Service CIDR is ready")
                            .put("lastTransitionTime", Timestamps.time(Instant.now()))),
                    "status",
                    OPTIONS)
                : Uni.createFrom().item(there))
        .replaceWithVoid();
  }
}
