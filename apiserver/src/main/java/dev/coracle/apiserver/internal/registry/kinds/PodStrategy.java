package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.patch.ResetFields;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.KindStrategy;
import dev.coracle.apiserver.validation.QosClass;
import java.util.Set;

/**
 * Pods: they begin pending with a QoS class, and go gracefully: the kubelet has the grace period to
 * stop the containers, then deletes the Pod with none.
 */
public final class PodStrategy implements KindStrategy {

  private static final Set<String> OWNERS = Set.of("ownerReferences");
  private static final ResetFields BY_KUBELETS =
      ResetFields.of("spec", "metadata.deletionTimestamp", "metadata.ownerReferences");
  private static final ResetFields BY_DEBUGGERS = ResetFields.allBut("spec.ephemeralContainers");
  private static final ResetFields BY_RESIZERS =
      ResetFields.allBut(
          "spec.resources",
          "spec.containers.*.resources",
          "spec.containers.*.resizePolicy",
          "spec.initContainers.*.resources",
          "spec.initContainers.*.resizePolicy");
  private static final long DEFAULT_GRACE_SECONDS = 30;

  /** Old kubelets forget whose Pods are; who debugs or resizes one changes nothing else of it. */
  @Override
  public Set<String> keptMetadata(String subresource) {
    return switch (subresource) {
      case "status" -> OWNERS;
      case "ephemeralcontainers", "resize" -> OWN_METADATA;
      default -> Set.of();
    };
  }

  @Override
  public ResetFields resetFields(String subresource) {
    return switch (subresource) {
      case "status" -> BY_KUBELETS;
      case "ephemeralcontainers" -> BY_DEBUGGERS;
      case "resize" -> BY_RESIZERS;
      default -> KindStrategy.super.resetFields(subresource);
    };
  }

  @Override
  public boolean returnsDeletedObject() {
    return true;
  }

  /** A negative grace period means: as short as can be. */
  @Override
  public void decoded(ObjectNode pod) {
    if (pod.path("spec") instanceof ObjectNode spec
        && spec.path("terminationGracePeriodSeconds").asLong() < 0) {
      spec.put("terminationGracePeriodSeconds", 1);
    }
  }

  @Override
  public void prepareForCreate(ObjectNode pod, Call call) {
    ObjectNode status = pod.putObject("status");
    status.put("phase", "Pending");
    status.put("qosClass", QosClass.of(pod.path("spec")));
    PodLabelKeys.merge(pod);
    AppArmorAnnotations.toFields(pod, call.warnings());
    if (!pod.path("spec").path("schedulingGates").isEmpty()) {
      ObjectNode gated = status.putArray("conditions").addObject();
      gated.put("type", "PodScheduled").put("status", "False").putNull("lastProbeTime");
      gated.put("lastTransitionTime", pod.path("metadata").path("creationTimestamp").asText());
      gated.put("reason", "SchedulingGated");
      gated.put("message", "Scheduling is blocked due to non-empty scheduling gates");
    }
  }

  @Override
  public void prepareForUpdate(ObjectNode now, KubeObject before, Call call) {
    switch (call.subresource()) {
      case "ephemeralcontainers" -> PodParts.debugged(now, before.tree());
      case "resize" -> PodParts.resized(now, before.tree());
      case "status" -> {
        if (now.path("status") instanceof ObjectNode status) {
          keepQosClass(status, now, before);
          PodParts.keepObserved(status, before.at("status"));
        }
      }
      default -> {}
    }
  }

  private static void keepQosClass(ObjectNode status, ObjectNode now, KubeObject before) {
    JsonNode qos = before.at("status", "qosClass");
    if (!qos.isTextual()) {
      status.put("qosClass", QosClass.of(now.path("spec")));
    } else if (status.path("qosClass").asText("").isEmpty()) {
      status.set("qosClass", qos);
    }
  }

  @Override
  public long gracePeriodSeconds(KubeObject pod, DeleteOptions options) {
    long period = options.gracePeriodSeconds();
    if (period < 0) {
      period = pod.at("spec", "terminationGracePeriodSeconds").asLong(DEFAULT_GRACE_SECONDS);
    }
    String phase = pod.text("status", "phase");
    if (pod.text("spec", "nodeName").isEmpty()
        || phase.equals("Failed")
        || phase.equals("Succeeded")) {
      period = 0;
    }
    // A negative period in the spec means: as short as can be.
    return period < 0 ? 1 : period;
  }
}
