package dev.coracle.controllers.internal.endpoints;

import dev.coracle.api.Aggregate;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Keeps the EndpointSlices of every Service with a selector equal to the pods it picks. While the
 * informer lags behind what this controller has just written, it waits, lest it makes a slice
 * twice.
 */
public final class EndpointSliceController extends ServiceFollower {

  private static final String BY_SERVICE = "service";

  private final Lister slices;
  private final Lister nodes;
  private final TopologyAwareHints hints;
  private final EndpointSliceMetrics metrics;
  private final TriggerTimes triggers = new TriggerTimes();

  /** What was written and is not shown yet: by service, slice name to resourceVersion. */
  private final Map<NamespacedName, Map<String, String>> written = new HashMap<>();

  public EndpointSliceController(Environment env) {
    super("endpointslice-controller", "endpoint-slice-controller", env);
    Informer sliceInformer =
        env.informer(Resources.ENDPOINT_SLICES)
            .addIndex(BY_SERVICE, s -> isOurs(s) ? List.of(serviceOf(s).toString()) : List.of());
    this.slices = sliceInformer.lister();
    Informer nodeInformer = env.informer(Resources.NODES);
    this.nodes = nodeInformer.lister();
    this.hints = new TopologyAwareHints(nodes);
    this.metrics = new EndpointSliceMetrics(env.registry(), EndpointSliceMetrics.OF_SERVICES);
    onAny(
        sliceInformer,
        slice -> {
          if (isOurs(slice)) {
            loop.enqueue(serviceOf(slice));
          }
        });
    nodeInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject node) {
            hints.nodesChanged().forEach(loop::enqueue);
          }

          @Override
          public void deleted(KubeObject last) {
            hints.nodesChanged().forEach(loop::enqueue);
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (ZoneShares.differ(before, now)) {
              hints.nodesChanged().forEach(loop::enqueue);
            }
            if (!before.at("metadata", "labels").equals(now.at("metadata", "labels"))) {
              services.list().forEach(loop::enqueue);
            }
          }
        });
  }

  private static boolean isOurs(KubeObject slice) {
    return SliceBuilder.MANAGER.equals(slice.labels().get(SliceBuilder.MANAGED_BY));
  }

  private static NamespacedName serviceOf(KubeObject slice) {
    return new NamespacedName(
        slice.namespace(), slice.labels().getOrDefault(SliceBuilder.SERVICE_NAME, ""));
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject service = services.get(name.namespace(), name.name()).orElse(null);
    List<KubeObject> present =
        slices.byIndex(BY_SERVICE, name.toString()).stream().filter(s -> !s.isDeleting()).toList();
    if (service == null
        || ServicePods.selector(service).isEmpty()
        || service.text("spec", "type").equals("ExternalName")) {
      written.remove(name);
      hints.forget(name);
      metrics.gone(name);
      triggers.forget(name);
      // Those of a deleted Service go by their owner; those of one that lost its selector stay.
      return DONE;
    }
    if (service.isDeleting()) {
      return DONE;
    }
    if (lags(name)) {
      metrics.synced("stale");
      return DONE;
    }
    List<KubeObject> endpoints = podsOf(service);
    SliceBuilder builder =
        new SliceBuilder(
            service,
            nodes,
            hints,
            env.options().tuning().maxEndpointsPerSlice(),
            triggers.of(service, endpoints));
    SliceBuilder.Plan plan = builder.plan(endpoints, present);
    metrics.planned(name, builder.counts());
    plan.tell().forEach(told -> tell(service, told));
    List<Uni<Void>> steps = new ArrayList<>();
    List<String> failures = new ArrayList<>();
    for (KubeObject slice : plan.create()) {
      steps.add(
          env.client()
              .create(Resources.ENDPOINT_SLICES, slice.namespace(), slice, WriteOptions.NONE)
              .invoke(made -> {
                remember(name, made);
                metrics.changed("create");
              })
              .replaceWithVoid()
              .onFailure(StatusException::isNamespaceTerminating)
              .recoverWithNull()
              .onFailure()
              .invoke(f -> failures.add(failure("create", name, f))));
    }
    for (KubeObject slice : plan.update()) {
      steps.add(
          env.client()
              .update(Resources.ENDPOINT_SLICES, slice)
              .invoke(now -> {
                remember(name, now);
                metrics.changed("update");
              })
              .replaceWithVoid()
              .onFailure()
              .invoke(f -> failures.add(failure("update " + slice.name(), name, f))));
    }
    for (KubeObject slice : plan.delete()) {
      steps.add(
          env.client()
              .delete(
                  Resources.ENDPOINT_SLICES,
                  slice.namespace(),
                  slice.name(),
                  DeleteOptions.DEFAULT.ifUid(slice.uid()))
              .invoke(() -> metrics.changed("delete"))
              .replaceWithVoid()
              .onFailure(StatusException::isNotFound)
              .recoverWithNull()
              .onFailure()
              .invoke(f -> failures.add(failure("delete " + slice.name(), name, f))));
    }
    if (steps.isEmpty()) {
      metrics.synced("success");
      return DONE;
    }
    return Uni.join()
        .all(steps)
        .andCollectFailures()
        .replaceWith(Result.DONE)
        .invoke(() -> metrics.synced("success"))
        .onFailure()
        .invoke(() -> {
          metrics.synced("error");
          tell(service, failures);
        });
  }

  private void tell(KubeObject service, TopologyAwareHints.Told told) {
    if (told.good()) {
      events.normal(service, "TopologyAwareHintsEnabled", told.message());
    } else {
      events.warning(service, "TopologyAwareHintsDisabled", told.message());
    }
  }

  private static String failure(String what, NamespacedName service, Throwable failure) {
    return "failed to "
        + what
        + " EndpointSlice for Service "
        + service
        + ": "
        + failure.getMessage();
  }

  /** Several failures are put in brackets, as Go prints them. */
  private void tell(KubeObject service, List<String> failures) {
    events.warning(
        service,
        "FailedToUpdateEndpointSlices",
        "Error updating Endpoint Slices for Service "
            + service.key()
            + ": "
            + Aggregate.of(failures));
  }

  private void remember(NamespacedName service, KubeObject slice) {
    boolean shown =
        slices
            .get(slice.namespace(), slice.name())
            .map(s -> newer(s.resourceVersion(), slice.resourceVersion()))
            .orElse(false);
    if (!shown) {
      written
          .computeIfAbsent(service, _ -> new HashMap<>())
          .put(slice.name(), slice.resourceVersion());
    }
  }

  /** The informer's next event of the slice wakes the Service again. */
  private boolean lags(NamespacedName service) {
    Map<String, String> pending = written.get(service);
    if (pending == null) {
      return false;
    }
    pending
        .entrySet()
        .removeIf(e ->
            slices
                .get(service.namespace(), e.getKey())
                .map(s -> newer(s.resourceVersion(), e.getValue()))
                .orElse(false));
    if (pending.isEmpty()) {
      written.remove(service);
      return false;
    }
    return true;
  }

  /** Resource versions may be compared as numbers since KEP-5504. */
  private static boolean newer(String shown, String wrote) {
    return shown.length() != wrote.length()
        ? shown.length() > wrote.length()
        : shown.compareTo(wrote) >= 0;
  }
}
