package dev.coracle.client.fake;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.DeleteOptions;
import java.time.Clock;

/** How an object goes: at once, or marked as deleting until its grace and finalizers are over. */
final class FakeDeletion {
  private final FakeObjects objects;
  private final Clock clock;

  FakeDeletion(FakeObjects objects, Clock clock) {
    this.objects = objects;
    this.clock = clock;
  }

  KubeObject delete(GroupVersionResource resource, KubeObject before, DeleteOptions options) {
    if (!options.uid().isEmpty() && !options.uid().equals(before.uid())) {
      throw StatusException.conflict(
          resource.groupResource(),
          before.name(),
          "Precondition failed: UID in precondition: "
              + options.uid()
              + ", UID in object meta: "
              + before.uid());
    }
    if (!options.resourceVersion().isEmpty()
        && !options.resourceVersion().equals(before.resourceVersion())) {
      throw StatusException.modified(resource.groupResource(), before.name());
    }
    long grace = resource.equals(Resources.PODS) ? FakePods.grace(before, options) : 0;
    ObjectNode node = before.edit();
    ObjectNode metadata = node.withObjectProperty("metadata");
    switch (options.policy()) {
      case "Orphan" -> addFinalizer(metadata, "orphan");
      case "Foreground" -> addFinalizer(metadata, "foregroundDeletion");
      default -> {}
    }
    boolean namespaceContent =
        resource.equals(Resources.NAMESPACES) && before.at("spec", "finalizers").size() > 0;
    if (grace == 0 && metadata.path("finalizers").isEmpty() && !namespaceContent) {
      objects.remove(resource, before);
      return FakeObjects.success(resource, before);
    }
    if (!before.isDeleting()) {
      metadata.put("deletionTimestamp", Timestamps.time(clock.instant().plusSeconds(grace)));
      metadata.put("generation", before.generation() + 1);
    }
    metadata.put("deletionGracePeriodSeconds", grace);
    if (namespaceContent) {
      node.withObjectProperty("status").put("phase", "Terminating");
    }
    objects.stamp(node, before);
    return objects.store(resource, before, KubeObject.of(node));
  }

  private static void addFinalizer(ObjectNode metadata, String finalizer) {
    for (JsonNode f : metadata.path("finalizers")) {
      if (f.asText().equals(finalizer)) {
        return;
      }
    }
    metadata.withArrayProperty("finalizers").add(finalizer);
  }
}
