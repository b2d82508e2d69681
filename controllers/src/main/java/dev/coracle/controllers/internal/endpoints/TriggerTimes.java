package dev.coracle.controllers.internal.endpoints;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.controllers.internal.status.Conditions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Since when what is written is due ({@code endpoints.kubernetes.io/last-change-trigger-time}), by
 * which proxies measure how long a change takes to reach them: the earliest time at which a pod
 * became ready or unready since the last look, or that of the Service when it is new. Times are in
 * whole seconds, so of several changes in one the first look alone counts. Owned by the
 * controllers' context.
 */
final class TriggerTimes {

  static final String ANNOTATION = "endpoints.kubernetes.io/last-change-trigger-time";

  /** The latest time that was seen, as the API writes it: later ones sort behind it. */
  private final Map<NamespacedName, String> newest = new HashMap<>();

  /** Empty where it is not known what brought the change about. */
  String of(KubeObject service, List<KubeObject> pods) {
    String created = service.text("metadata", "creationTimestamp");
    String known = newest.get(service.key());
    String seen = known == null ? created : known;
    String last = seen;
    String first = "";
    for (KubeObject pod : pods) {
      String time = Conditions.find(pod, "Ready").path("lastTransitionTime").asText("");
      if (time.compareTo(seen) > 0) {
        first = first.isEmpty() || time.compareTo(first) < 0 ? time : first;
        last = time.compareTo(last) > 0 ? time : last;
      }
    }
    newest.put(service.key(), last);
    return known == null ? created : first;
  }

  void forget(NamespacedName service) {
    newest.remove(service);
  }

  /**
   * @param time empty for none, then what was there goes
   */
  static void annotate(ObjectNode metadata, String time) {
    if (!time.isEmpty()) {
      metadata.withObjectProperty("annotations").put(ANNOTATION, time);
    } else if (metadata.path("annotations") instanceof ObjectNode annotations) {
      annotations.remove(ANNOTATION);
      if (annotations.isEmpty()) {
        metadata.remove("annotations");
      }
    }
  }
}
