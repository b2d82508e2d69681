package dev.coracle.controllers.internal.namespace;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.controllers.internal.status.Conditions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What keeps a namespace yet, and how its status tells of that. */
final class Remains {

  private final Map<String, Integer> resources = new TreeMap<>();
  private final Map<String, Integer> finalizers = new TreeMap<>();
  private final List<String> failures = new ArrayList<>();
  private String undiscovered = "";

  /** It is not known all of what may be in the namespace. */
  void undiscovered(String why) {
    undiscovered = why;
  }

  /** An object is still there. */
  void add(GroupVersionResource resource, KubeObject object) {
    // The dot stands there for the core group, too.
    resources.merge(resource.resource() + "." + resource.group(), 1, Integer::sum);
    object.finalizers().forEach(f -> finalizers.merge(f, 1, Integer::sum));
  }

  /** Objects could not be listed, or one not deleted. */
  void failed(Throwable failure) {
    failures.add(String.valueOf(failure.getMessage()));
  }

  boolean hasContent() {
    return !resources.isEmpty() || !failures.isEmpty();
  }

  boolean isEmpty() {
    return !hasContent() && undiscovered.isEmpty();
  }

  void describe(ObjectNode status, Instant now) {
    status.put("phase", "Terminating");
    new Condition("NamespaceDeletionDiscoveryFailure", "DiscoveryFailed", undiscovered)
        .set(status, "ResourcesDiscovered", "All resources successfully discovered", now);
    new Condition("NamespaceDeletionGroupVersionParsingFailure", "", "")
        .set(status, "ParsedGroupVersions", "All legacy kube types successfully parsed", now);
    new Condition("NamespaceDeletionContentFailure", "ContentDeletionFailed", failed())
        .set(
            status,
            "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization",
            now);
    new Condition(
            "NamespaceContentRemaining",
            "SomeResourcesRemain",
            listed("Some resources are remaining: ", resources, " has "))
        .set(status, "ContentRemoved", "All content successfully removed", now);
    new Condition(
            "NamespaceFinalizersRemaining",
            "SomeFinalizersRemain",
            listed("Some content in the namespace has finalizers remaining: ", finalizers, " in "))
        .set(status, "ContentHasNoFinalizers", "All content-preserving finalizers finished", now);
  }

  private String failed() {
    return failures.isEmpty()
        ? ""
        : "Failed to delete all resource types, "
            + failures.size()
            + " remaining: "
            + failures.stream().sorted().collect(Collectors.joining(", "));
  }

  private static String listed(String start, Map<String, Integer> counts, String middle) {
    return counts.isEmpty()
        ? ""
        : counts.entrySet().stream()
            .map(e -> e.getKey() + middle + e.getValue() + " resource instances")
            .collect(Collectors.joining(", ", start, ""));
  }

  /**
   * @param message of what is wrong; empty where nothing is
   */
  private record Condition(String type, String reason, String message) {
    void set(ObjectNode status, String goodReason, String good, Instant now) {
      if (message.isEmpty()) {
        Conditions.set(status, type, "False", goodReason, good, now);
      } else {
        Conditions.set(status, type, "True", reason, message, now);
      }
    }
  }
}
