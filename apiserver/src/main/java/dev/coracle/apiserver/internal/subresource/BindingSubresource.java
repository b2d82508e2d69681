package dev.coracle.apiserver.internal.subresource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.Timestamps;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.verb.ObjectSubresource;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.util.List;

/** {@code pods/binding}: gives a Pod its node, once. */
public final class BindingSubresource implements ObjectSubresource {

  private static final GroupVersionKind KIND = new GroupVersionKind("", "v1", "Binding");
  private static final FieldPath TARGET = FieldPath.ROOT.child("target");

  private final ResourceStore store;
  private final Clock clock;

  public BindingSubresource(ResourceStore store, Clock clock) {
    this.store = store;
    this.clock = clock;
  }

  @Override
  public Uni<KubeObject> create(Call call, ObjectNode binding) {
    if (!call.name().equals(binding.path("metadata").path("name").asText(""))) {
      throw StatusException.badRequest("name in URL does not match name in Binding object");
    }
    String node = target(call, binding.path("target"));
    KubeObject done = KubeObject.of(Status.success("", "", "", "").toJson().put("code", 201));
    if (call.dryRun()) {
      return store
          .get(call.type().stored(), call.key())
          .map(pod -> bound(call, pod, binding, node))
          .replaceWith(done);
    }
    return store
        .update(
            call.type().stored(),
            call.key(),
            pod -> Uni.createFrom().item(bound(call, pod, binding, node)))
        .replaceWith(done);
  }

  /** The node that the Pod goes to. */
  private static String target(Call call, JsonNode target) {
    FieldErrors errors = new FieldErrors();
    String kind = target.path("kind").asText("");
    if (!kind.isEmpty() && !kind.equals("Node")) {
      errors.unsupported(TARGET, "kind", kind, List.of("Node", "<empty>"));
    }
    String node = target.path("name").asText("");
    if (node.isEmpty()) {
      errors.required(TARGET, "name");
    }
    if (!errors.isEmpty()) {
      throw StatusException.invalid(KIND, call.name(), errors.causes());
    }
    return node;
  }

  private KubeObject bound(Call call, KubeObject pod, ObjectNode binding, String node) {
    String uid = binding.path("metadata").path("uid").asText("");
    if (!uid.isEmpty() && !uid.equals(pod.uid())) {
      throw conflict(
          call,
          "Precondition failed: UID in precondition: "
              + uid
              + ", UID in object meta: "
              + pod.uid());
    }
    if (pod.isDeleting()) {
      throw conflict(call, "pod " + pod.name() + " is being deleted, cannot be assigned to a host");
    }
    String already = pod.text("spec", "nodeName");
    if (!already.isEmpty()) {
      throw conflict(
          call, "pod " + pod.name() + " is already assigned to node \"" + already + "\"");
    }
    if (!pod.at("spec", "schedulingGates").isEmpty()) {
      throw conflict(call, "pod " + pod.name() + " has non-empty .spec.schedulingGates");
    }
    // Only what changes is copied; the rest is shared, and read only.
    ObjectNode copy = shallow(pod.tree());
    copy.set("spec", shallow(pod.tree().path("spec")).put("nodeName", node));
    ObjectNode metadata = shallow(pod.metadata());
    for (String part : new String[] {"labels", "annotations"}) {
      if (binding.path("metadata").path(part) instanceof ObjectNode given && !given.isEmpty()) {
        metadata.set(part, shallow(metadata.path(part)).setAll(given));
        copy.set("metadata", metadata);
      }
    }
    ObjectNode status = shallow(pod.tree().path("status"));
    // Where it was to go is of no more interest, and would be held against the node (KEP-5278).
    status.remove("nominatedNodeName");
    copy.set("status", status);
    ArrayNode conditions = Json.array();
    for (JsonNode c : status.path("conditions")) {
      if (!c.path("type").asText("").equals("PodScheduled")) {
        conditions.add(c);
      }
    }
    ObjectNode scheduled = conditions.addObject();
    scheduled.put("type", "PodScheduled").put("status", "True").putNull("lastProbeTime");
    scheduled.put("lastTransitionTime", Timestamps.time(clock.instant()));
    scheduled.put("observedGeneration", pod.generation());
    status.set("conditions", conditions);
    return KubeObject.of(copy);
  }

  private static ObjectNode shallow(JsonNode node) {
    ObjectNode out = Json.object();
    return node instanceof ObjectNode object ? out.setAll(object) : out;
  }

  private static StatusException conflict(Call call, String why) {
    return new StatusException(
        Status.failure(
                StatusReason.CONFLICT,
                "Operation cannot be fulfilled on pods/binding \"" + call.name() + "\": " + why)
            .withDetails(new dev.coracle.api.GroupResource("", "pods/binding"), call.name()));
  }
}
