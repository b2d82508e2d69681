package dev.coracle.apiserver.internal.podsecurity;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;

/** A Pod, or the template of one, and the words that its checks share. */
final class PodView {

  private static final String[] LISTS = {"initContainers", "containers", "ephemeralContainers"};

  private final JsonNode spec;
  private final JsonNode annotations;
  private final List<JsonNode> containers = new ArrayList<>();

  PodView(JsonNode pod) {
    this.spec = pod.path("spec");
    this.annotations = pod.path("metadata").path("annotations");
    for (String list : LISTS) {
      spec.path(list).forEach(containers::add);
    }
  }

  JsonNode spec() {
    return spec;
  }

  JsonNode annotations() {
    return annotations;
  }

  List<JsonNode> containers() {
    return containers;
  }

  /** The pod's own security context. */
  JsonNode context() {
    return spec.path("securityContext");
  }

  static JsonNode context(JsonNode container) {
    return container.path("securityContext");
  }

  boolean isWindows() {
    return spec.path("os").path("name").asText("").equals("windows");
  }

  /** Whether root in the pod is nobody on the node (KEP-127). */
  boolean hasOwnUsers() {
    JsonNode host = spec.path("hostUsers");
    return host.isBoolean() && !host.asBoolean();
  }

  /** The names of the containers that do something. */
  List<String> having(Predicate<JsonNode> bad) {
    List<String> names = new ArrayList<>();
    for (JsonNode container : containers) {
      if (bad.test(container)) {
        names.add(container.path("name").asText(""));
      }
    }
    return names;
  }

  /** {@code container "a"} or {@code containers "a", "b"}. */
  static String containers(Collection<String> names) {
    return plural("container", "containers", names.size()) + " " + quoted(names);
  }

  /** {@code pod and containers "a", "b"}, of those that do it themselves; empty if nobody does. */
  static String setters(boolean pod, Collection<String> names) {
    String who = names.isEmpty() ? "" : containers(names);
    return pod ? who.isEmpty() ? "pod" : "pod and " + who : who;
  }

  static String quoted(Collection<String> values) {
    return "\"" + String.join("\", \"", values) + "\"";
  }

  static String plural(String one, String several, int count) {
    return count == 1 ? one : several;
  }
}
