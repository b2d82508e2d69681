package dev.coracle.scheduler.internal.plugins;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.client.Lister;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which pods a pod is spread among that says nothing of it itself: those of its
 * ReplicationController, ReplicaSet or StatefulSet, otherwise those that the Services before it
 * select, all of them together.
 */
final class Siblings {

  private final Lister services;

  Siblings(Lister services) {
    this.services = services;
  }

  /** Whether its controller is one whose pods are all alike. */
  static boolean areOfOneController(KubeObject pod) {
    return pod.controllerOwner().map(Siblings::isOfLikes).orElse(false);
  }

  private static boolean isOfLikes(OwnerReference owner) {
    return switch (owner.kind()) {
      case "ReplicationController" -> owner.apiVersion().equals("v1");
      case "ReplicaSet", "StatefulSet" -> owner.apiVersion().equals("apps/v1");
      default -> false;
    };
  }

  /** What pods behind all the Services of this one have in common; everything where it has none. */
  LabelSelector ofServices(KubeObject pod) {
    Map<String, String> labels = new TreeMap<>();
    for (KubeObject service : services.list(pod.namespace())) {
      JsonNode selector = service.at("spec", "selector");
      Map<String, String> own = KubeObject.strings(selector);
      if (LabelSelector.ofLabels(own).matches(pod)) {
        labels.putAll(own);
      }
    }
    return LabelSelector.ofLabels(labels);
  }
}
