package dev.coracle.scheduler.internal.dra;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.scheduler.spi.NodeInfo;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The extended resources of a pod that may be devices of DeviceClasses (KEP-5004), and the claim
 * that is made for them. Which of them are in the claim depends on the node: what a device plugin
 * there has is not. The claim is written when the node is chosen; before it exists only here.
 */
final class ExtendedResources {

  static final String ANNOTATION = "resource.kubernetes.io/extended-resource-claim";

  /** No claim of the API has such a name. */
  private static final String NAME = "<extended-resources>";

  private record Request(
      String container, String resource, String name, String deviceClass, long count) {}

  private final KubeObject pod;
  private final List<Request> requests;

  private ExtendedResources(KubeObject pod, List<Request> requests) {
    this.pod = pod;
    this.requests = requests;
  }

  static ExtendedResources of(KubeObject pod, DeviceClassNames classes) {
    List<Request> out = new ArrayList<>();
    int index = 0;
    for (String list : List.of("initContainers", "containers")) {
      for (JsonNode container : pod.at("spec", list)) {
        JsonNode wanted = container.path("resources").path("requests");
        Set<String> names = new TreeSet<>();
        wanted.fieldNames().forEachRemaining(names::add);
        int ofContainer = 0;
        for (String resource : names) {
          String name = "container-" + index + "-request-" + ofContainer++;
          String deviceClass = resource.contains("/") ? classes.classOf(resource) : null;
          Quantity amount = Quantity.tryParse(wanted.path(resource).asText(""));
          if (deviceClass != null && amount != null && amount.signum() > 0) {
            out.add(
                new Request(
                    container.path("name").asText(""),
                    resource,
                    name,
                    deviceClass,
                    amount.longValue()));
          }
        }
        index++;
      }
    }
    return new ExtendedResources(pod, out);
  }

  boolean isEmpty() {
    return requests.isEmpty();
  }

  /** What stands for the uid of a pod's claim until it has one. */
  private static String provisionalUid(String podUid) {
    return "extended-resources-of-" + podUid;
  }

  /** What stood for the claim's uid before it was written; null for other claims. */
  static @Nullable String provisionalUid(KubeObject claim) {
    return claim.annotation(ANNOTATION).orElse("").equals("true")
        ? claim.controllerOwner().map(o -> provisionalUid(o.uid())).orElse(null)
        : null;
  }

  /** Whether the claim was made for extended resources of this pod. */
  static boolean isFor(KubeObject claim, String podUid) {
    return provisionalUid(podUid).equals(provisionalUid(claim));
  }

  static boolean isProvisional(KubeObject claim) {
    return claim.name().equals(NAME);
  }

  /** The claim as it would be on the node; null where its device plugins have everything. */
  @Nullable KubeObject claimOn(NodeInfo node) {
    List<Request> open =
        requests.stream()
            .filter(r -> node.allocatable().get(r.resource) == 0)
            .sorted(Comparator.comparing(Request::name))
            .toList();
    if (open.isEmpty()) {
      return null;
    }
    return KubeObject.create(
        new GroupVersionKind("resource.k8s.io", "v1", "ResourceClaim"),
        pod.namespace(),
        NAME,
        tree -> {
          ObjectNode metadata = tree.withObjectProperty("metadata");
          metadata.put("uid", provisionalUid(pod.uid()));
          metadata.put("generateName", pod.name() + "-extended-resources-");
          metadata.putObject("annotations").put(ANNOTATION, "true");
          metadata
              .putArray("ownerReferences")
              .addObject()
              .put("apiVersion", "v1")
              .put("kind", "Pod")
              .put("name", pod.name())
              .put("uid", pod.uid())
              .put("controller", true);
          ArrayNode list = tree.putObject("spec").putObject("devices").putArray("requests");
          for (Request request : open) {
            list.addObject()
                .put("name", request.name)
                .putObject("exactly")
                .put("deviceClassName", request.deviceClass)
                .put("allocationMode", "ExactCount")
                .put("count", request.count);
          }
        });
  }

  static Uni<KubeObject> create(Client client, KubeObject provisional) {
    return client.create(
        Resources.RESOURCE_CLAIMS,
        provisional.with(
            tree -> tree.withObjectProperty("metadata").remove(List.of("name", "uid"))));
  }

  /** Tells the pod, and by that its kubelet, which request is for which container. */
  Uni<Void> tell(Client client, KubeObject claim) {
    Set<String> names = new HashSet<>();
    claim.at("spec", "devices", "requests").forEach(r -> names.add(r.path("name").asText("")));
    return client
        .patch(
            Resources.PODS,
            pod.namespace(),
            pod.name(),
            Patch.merge(tree -> {
              tree.putObject("metadata").put("uid", pod.uid());
              ObjectNode status = tree.putObject("status").putObject("extendedResourceClaimStatus");
              status.put("resourceClaimName", claim.name());
              ArrayNode mappings = status.putArray("requestMappings");
              requests.stream()
                  .filter(r -> names.contains(r.name))
                  .forEach(r ->
                      mappings
                          .addObject()
                          .put("containerName", r.container)
                          .put("resourceName", r.resource)
                          .put("requestName", r.name));
            }),
            "status",
            WriteOptions.NONE)
        .replaceWithVoid();
  }

  /** Of an attempt that came to nothing: what it has may not be right any more. */
  static Uni<Void> delete(Client client, KubeObject claim) {
    Uni<KubeObject> free =
        claim.finalizers().contains(DynamicResources.FINALIZER)
            ? client.update(
                Resources.RESOURCE_CLAIMS,
                claim.with(n -> {
                  ArrayNode finalizers = n.withObjectProperty("metadata").putArray("finalizers");
                  claim.finalizers().stream()
                      .filter(f -> !f.equals(DynamicResources.FINALIZER))
                      .forEach(finalizers::add);
                }))
            : Uni.createFrom().item(claim);
    return free.chain(() ->
            client.delete(
                Resources.RESOURCE_CLAIMS,
                claim.namespace(),
                claim.name(),
                DeleteOptions.DEFAULT.ifUid(claim.uid())))
        .replaceWithVoid()
        .onFailure(e -> StatusException.isConflict(e) || StatusException.isNotFound(e))
        .recoverWithNull();
  }
}
