package dev.coracle.scheduler.spi;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.selector.LabelSelector;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One term of a pod's inter-pod affinity or anti-affinity.
 *
 * @param namespaceSelector null where namespaces are picked by name only
 * @param weight 1 to 100 for a preferred term, 0 for a required one
 */
public record AffinityTerm(
    LabelSelector selector,
    Set<String> namespaces,
    @Nullable LabelSelector namespaceSelector,
    String topologyKey,
    long weight) {

  static List<AffinityTerm> required(KubeObject pod, JsonNode affinity) {
    List<AffinityTerm> out = new ArrayList<>();
    for (JsonNode term : affinity.path("requiredDuringSchedulingIgnoredDuringExecution")) {
      out.add(of(pod, term, 0));
    }
    return out;
  }

  static List<AffinityTerm> preferred(KubeObject pod, JsonNode affinity) {
    List<AffinityTerm> out = new ArrayList<>();
    for (JsonNode weighted : affinity.path("preferredDuringSchedulingIgnoredDuringExecution")) {
      out.add(of(pod, weighted.path("podAffinityTerm"), weighted.path("weight").asLong(1)));
    }
    return out;
  }

  private static AffinityTerm of(KubeObject pod, JsonNode term, long weight) {
    Set<String> namespaces = new HashSet<>();
    term.path("namespaces").forEach(n -> namespaces.add(n.asText()));
    JsonNode byLabels = term.path("namespaceSelector");
    if (namespaces.isEmpty() && !byLabels.isObject()) {
      namespaces.add(pod.namespace());
    }
    return new AffinityTerm(
        LabelSelector.of(term.path("labelSelector")),
        Set.copyOf(namespaces),
        byLabels.isObject() ? LabelSelector.of(byLabels) : null,
        term.path("topologyKey").asText(""),
        weight);
  }

  /** Whether the term picks this pod. */
  public boolean picks(KubeObject pod, Function<String, Map<String, String>> namespaceLabels) {
    boolean home =
        namespaces.contains(pod.namespace())
            || (namespaceSelector != null
                && namespaceSelector.matches(namespaceLabels.apply(pod.namespace())));
    return home && selector.matches(pod);
  }
}
