package dev.coracle.kubelet.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.coracle.kubelet.server.stats.NodeStats;
import io.smallrye.mutiny.Uni;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * The documents behind the plain endpoints. Suppliers are called once per request, on an event
 * loop, and must not block; their Uni may fail (500).
 *
 * @param pods {@code /pods}: a PodList of the pods bound to this node
 * @param runningPods {@code /runningpods/}: a PodList of what the runtime runs
 * @param configz {@code /configz}: {@code {"kubeletconfig": …}}
 * @param metrics {@code /metrics}: Prometheus text of the kubelet itself
 * @param probeMetrics {@code /metrics/probes}: Prometheus text of prober_probe_total and friends
 * @param stats source of {@code /stats/summary}, {@code /metrics/resource} and {@code
 *     /metrics/cadvisor}
 * @param logEntries {@code /logs/entries}: the log entries that the query's parameters (empty where
 *     one is not given) ask for; empty where none are kept (404)
 * @param flags the options of the process, for {@code /flagz}; none of the values is a secret
 * @param health checks behind {@code /healthz}
 */
public record NodeDocuments(
    Supplier<Uni<JsonNode>> pods,
    Supplier<Uni<JsonNode>> runningPods,
    Supplier<Uni<JsonNode>> configz,
    Supplier<Uni<String>> metrics,
    Supplier<Uni<String>> probeMetrics,
    Function<NodeStats.Extent, Uni<NodeStats>> stats,
    Function<UnaryOperator<String>, Optional<Uni<JsonNode>>> logEntries,
    Supplier<Map<String, String>> flags,
    HealthChecks health) {

  /** An empty PodList, for suppliers that have nothing yet. */
  public static JsonNode emptyPodList() {
    JsonNodeFactory json = JsonNodeFactory.instance;
    var list = json.objectNode().put("kind", "PodList").put("apiVersion", "v1");
    list.putObject("metadata");
    list.putArray("items");
    return list;
  }
}
