package dev.coracle.kubelet.internal.runtime;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import java.nio.charset.StandardCharsets;

/** What events tell of a resize: a document of what is asked for, as upstream writes it. */
final class ResizeWords {
  private ResizeWords() {}

  static String started(Pod pod) {
    return "Pod resize started: " + document(pod, "");
  }

  static String completed(Pod pod) {
    return "Pod resize completed: " + document(pod, "");
  }

  static String pending(Pod pod, PodResources.Pending why) {
    return "Pod resize " + why.reason() + ": " + document(pod, why.message());
  }

  static String error(Pod pod, String why) {
    return "Pod resize error: " + document(pod, why);
  }

  private static String document(Pod pod, String error) {
    ObjectNode node = Json.object();
    for (ContainerSpec c : pod.initContainers()) {
      if (c.isSidecar() || !Allocation.resources(c).isEmpty()) {
        add(node.withArrayProperty("initContainers"), c);
      }
    }
    for (ContainerSpec c : pod.containers()) {
      add(node.withArrayProperty("containers"), c);
    }
    if (!Allocation.whole(pod).isEmpty()) {
      node.set("pod", Json.object().set("resources", Allocation.whole(pod)));
    }
    node.put("generation", pod.object().generation());
    if (!error.isEmpty()) {
      node.put("error", error);
    }
    return new String(Json.bytes(node), StandardCharsets.UTF_8);
  }

  private static void add(ArrayNode list, ContainerSpec container) {
    list.addObject()
        .put("name", container.name())
        .set("resources", Allocation.resources(container));
  }
}
