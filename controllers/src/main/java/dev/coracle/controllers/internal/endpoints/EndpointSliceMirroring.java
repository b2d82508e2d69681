package dev.coracle.controllers.internal.endpoints;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Turns Endpoints that somebody wrote by hand, for a Service without a selector, into
 * EndpointSlices: one for each subset and address family, of bounded size.
 */
public final class EndpointSliceMirroring extends LoopController {

  private static final String MANAGER = "endpointslicemirroring-controller.k8s.io";
  private static final String SKIP = "endpointslice.kubernetes.io/skip-mirror";
  private static final String LEADER = "control-plane.alpha.kubernetes.io/leader";
  private static final Set<String> UNMIRRORED =
      Set.of(
          "endpoints.kubernetes.io/last-change-trigger-time",
          "kubectl.kubernetes.io/last-applied-configuration");
  private static final String BY_ENDPOINTS = "mirrored-endpoints";
  private static final GroupVersionKind KIND =
      GroupVersionKind.of("discovery.k8s.io/v1", "EndpointSlice");

  private final int most;
  private final Lister services;
  private final Lister endpoints;
  private final Lister slices;
  private final MirroringMetrics metrics;

  public EndpointSliceMirroring(Environment env) {
    super("endpointslice-mirroring-controller", "endpoint-slice-mirroring-controller", env);
    this.most = env.options().tuning().maxMirroredPerSubset();
    Informer endpointsInformer = env.informer(Resources.ENDPOINTS);
    Informer serviceInformer = env.informer(Resources.SERVICES);
    Informer sliceInformer =
        env.informer(Resources.ENDPOINT_SLICES)
            .addIndex(BY_ENDPOINTS, s -> isOurs(s) ? List.of(sourceOf(s).toString()) : List.of());
    this.services = serviceInformer.lister();
    this.endpoints = endpointsInformer.lister();
    this.slices = sliceInformer.lister();
    this.metrics = new MirroringMetrics(env.registry());
    loop.follow(endpointsInformer);
    loop.follow(serviceInformer);
    onAny(
        sliceInformer,
        slice -> {
          if (isOurs(slice)) {
            loop.enqueue(sourceOf(slice));
          }
        });
  }

  private static boolean isOurs(KubeObject slice) {
    return MANAGER.equals(slice.labels().get(SliceBuilder.MANAGED_BY));
  }

  private static NamespacedName sourceOf(KubeObject slice) {
    return new NamespacedName(
        slice.namespace(), slice.labels().getOrDefault(SliceBuilder.SERVICE_NAME, ""));
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject source = endpoints.get(name.namespace(), name.name()).orElse(null);
    KubeObject service = services.get(name.namespace(), name.name()).orElse(null);
    boolean mirrored =
        source != null
            && service != null
            && !source.isDeleting()
            && ServicePods.selector(service).isEmpty()
            && !"true".equals(source.labels().get(SKIP))
            && source.annotation(LEADER).isEmpty();
    List<KubeObject> wanted = source != null && mirrored ? wanted(source) : List.of();
    List<KubeObject> present =
        slices.byIndex(BY_ENDPOINTS, name.toString()).stream()
            .filter(s -> !s.isDeleting())
            .toList();
    if (source != null && mirrored) {
      int skipped = skipped(source);
      metrics.planned(name, wanted, present, skipped);
      tellOfSkipped(source, skipped);
    } else {
      metrics.gone(name);
    }
    long begun = env.context().nanoTime();
    List<Uni<Void>> steps = new ArrayList<>();
    for (KubeObject slice : wanted) {
      present.stream()
          .filter(p -> p.name().equals(slice.name()))
          .findFirst()
          .ifPresentOrElse(p -> update(p, slice, steps), () -> steps.add(create(slice)));
    }
    for (KubeObject slice : present) {
      if (wanted.stream().noneMatch(w -> w.name().equals(slice.name()))) {
        steps.add(delete(slice));
      }
    }
    Uni<Result> done =
        steps.isEmpty()
            ? DONE
            : Uni.join().all(steps).andCollectFailures().replaceWith(Result.DONE);
    return done.onTermination()
        .invoke(() -> metrics.synced(Duration.ofNanos(env.context().nanoTime() - begun)));
  }

  private int skipped(KubeObject source) {
    int skipped = 0;
    for (JsonNode subset : source.at("subsets")) {
      int addresses = subset.path("addresses").size() + subset.path("notReadyAddresses").size();
      skipped += Math.max(0, addresses - most);
    }
    return skipped;
  }

  private void tellOfSkipped(KubeObject source, int skipped) {
    if (skipped > 0) {
      events.warning(
          source,
          "TooManyAddressesToMirror",
          "A max of "
              + most
              + " addresses can be mirrored to EndpointSlices per Endpoints subset. "
              + skipped
              + " addresses were skipped");
    }
  }

  private Uni<Void> create(KubeObject slice) {
    return env.client()
        .create(Resources.ENDPOINT_SLICES, slice.namespace(), slice, WriteOptions.NONE)
        .invoke(() -> metrics.changed("create"))
        .replaceWithVoid()
        .onFailure(
            f -> StatusException.isAlreadyExists(f) || StatusException.isNamespaceTerminating(f))
        .recoverWithNull();
  }

  private void update(KubeObject present, KubeObject wanted, List<Uni<Void>> steps) {
    KubeObject changed =
        present.with(node -> {
          ObjectNode metadata = node.withObjectProperty("metadata");
          metadata.set("labels", wanted.at("metadata", "labels"));
          JsonNode annotations = wanted.at("metadata", "annotations");
          if (annotations.isEmpty()) {
            metadata.remove("annotations");
          } else {
            metadata.set("annotations", annotations);
          }
          node.set("endpoints", wanted.at("endpoints"));
          node.set("ports", wanted.at("ports"));
        });
    if (!changed.equals(present)) {
      steps.add(
          env.client()
              .update(Resources.ENDPOINT_SLICES, changed)
              .invoke(() -> metrics.changed("update"))
              .replaceWithVoid());
    }
  }

  private Uni<Void> delete(KubeObject slice) {
    return env.client()
        .delete(
            Resources.ENDPOINT_SLICES,
            slice.namespace(),
            slice.name(),
            DeleteOptions.DEFAULT.ifUid(slice.uid()))
        .invoke(() -> metrics.changed("delete"))
        .replaceWithVoid()
        .onFailure(StatusException::isNotFound)
        .recoverWithNull();
  }

  /** Their names follow from the source, so a lagging informer makes no second copy. */
  private List<KubeObject> wanted(KubeObject source) {
    List<KubeObject> out = new ArrayList<>();
    int number = 0;
    for (JsonNode subset : source.at("subsets")) {
      for (String family : List.of("IPv4", "IPv6")) {
        ArrayNode list = Json.array();
        addresses(list, subset.path("addresses"), family, true);
        addresses(list, subset.path("notReadyAddresses"), family, false);
        if (!list.isEmpty()) {
          out.add(slice(source, family, list, subset.path("ports"), number));
        }
      }
      number++;
    }
    return out;
  }

  private void addresses(ArrayNode out, JsonNode addresses, String family, boolean ready) {
    for (JsonNode address : addresses) {
      String ip = address.path("ip").asText("");
      if (ip.contains(":") != family.equals("IPv6") || out.size() >= most) {
        continue;
      }
      ObjectNode endpoint = out.addObject();
      endpoint.putArray("addresses").add(ip);
      endpoint.putObject("conditions").put("ready", ready);
      for (String field : List.of("hostname", "nodeName", "targetRef")) {
        if (address.has(field)) {
          endpoint.set(field, address.path(field).deepCopy());
        }
      }
    }
  }

  private static KubeObject slice(
      KubeObject source, String family, ArrayNode endpoints, JsonNode ports, int number) {
    return KubeObject.create(
        KIND,
        source.namespace(),
        source.name() + "-mirror-" + family.toLowerCase(java.util.Locale.ROOT) + "-" + number,
        node -> {
          ObjectNode metadata = node.withObjectProperty("metadata");
          ObjectNode labels = metadata.putObject("labels");
          source.labels().forEach(labels::put);
          labels.put(SliceBuilder.SERVICE_NAME, source.name());
          labels.put(SliceBuilder.MANAGED_BY, MANAGER);
          Map<String, String> annotations = new TreeMap<>(source.annotations());
          annotations.keySet().removeAll(UNMIRRORED);
          if (!annotations.isEmpty()) {
            annotations.forEach(metadata.putObject("annotations")::put);
          }
          metadata.putArray("ownerReferences").add(OwnerReference.controlledBy(source).toJson());
          node.put("addressType", family);
          node.set("endpoints", orNull(endpoints));
          ArrayNode list = Json.array();
          for (JsonNode port : ports) {
            ObjectNode copy = list.addObject();
            copy.put("name", port.path("name").asText(""));
            copy.put("protocol", port.path("protocol").asText("TCP"));
            copy.set("port", port.path("port"));
            if (port.has("appProtocol")) {
              copy.set("appProtocol", port.path("appProtocol"));
            }
          }
          node.set("ports", orNull(list));
        });
  }

  /** As the slice is read back, so that it is not taken for another one than it was. */
  private static JsonNode orNull(ArrayNode list) {
    return list.isEmpty() ? Json.NODES.nullNode() : list;
  }
}
