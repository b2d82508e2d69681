package dev.coracle.kubelet.internal.pod;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GoQuote;
import dev.coracle.api.Quantity;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** Field and resource references of the downward API (Kubernetes docs, "Downward API"). */
public final class DownwardApi {
  private DownwardApi() {}

  /** Addresses and node facts that are not in the Pod's object yet. */
  public record Facts(
      String nodeName,
      List<String> hostIps,
      List<String> podIps,
      Quantity allocatableCpu,
      Quantity allocatableMemory,
      Supplier<Quantity> allocatableEphemeral) {}

  /**
   * @throws IllegalArgumentException for a path the downward API does not offer
   */
  public static String field(Pod pod, String path, Facts facts) {
    int bracket = path.indexOf("['");
    if (bracket > 0 && path.endsWith("']")) {
      String key = path.substring(bracket + 2, path.length() - 2);
      return switch (path.substring(0, bracket)) {
        case "metadata.annotations" -> pod.object().annotations().getOrDefault(key, "");
        case "metadata.labels" -> pod.object().labels().getOrDefault(key, "");
        default ->
            throw new IllegalArgumentException(
                "fieldPath \"" + path + "\" does not support subscript");
      };
    }
    return switch (path) {
      case "metadata.name" -> pod.name();
      case "metadata.namespace" -> pod.namespace();
      case "metadata.uid" -> pod.uid();
      case "metadata.annotations" -> formatMap(pod.object().annotations());
      case "metadata.labels" -> formatMap(pod.object().labels());
      case "spec.nodeName" -> pod.spec().path("nodeName").asText(facts.nodeName());
      case "spec.serviceAccountName" -> pod.spec().path("serviceAccountName").asText("");
      case "status.hostIP" -> first(facts.hostIps());
      case "status.hostIPs" -> String.join(",", facts.hostIps());
      case "status.podIP" -> first(facts.podIps());
      case "status.podIPs" -> String.join(",", facts.podIps());
      default -> throw new IllegalArgumentException("unsupported fieldPath: " + path);
    };
  }

  private static String first(List<String> addresses) {
    return addresses.isEmpty() ? "" : addresses.getFirst();
  }

  /**
   * @param container the one the reference stands in, or names by {@code containerName}
   */
  public static String resource(JsonNode reference, ContainerSpec container, Facts facts) {
    String resource = reference.path("resource").asText("");
    Quantity divisor = Quantity.tryParse(reference.path("divisor").asText("1"));
    if (divisor == null || divisor.signum() == 0) {
      divisor = Quantity.of(1);
    }
    int dot = resource.indexOf('.');
    String list = dot < 0 ? "" : resource.substring(0, dot);
    String name = dot < 0 ? resource : resource.substring(dot + 1);
    Quantity value = quantity(container.node().path("resources").path(list).path(name));
    if (list.equals("limits") && value.signum() == 0) {
      value =
          switch (name) {
            case "cpu" -> facts.allocatableCpu();
            case "memory" -> facts.allocatableMemory();
            case "ephemeral-storage" -> facts.allocatableEphemeral().get();
            default -> value;
          };
    } else if (list.equals("requests") && value.signum() == 0) {
      value = quantity(container.limits().path(name));
    }
    BigDecimal quotient = value.value().divide(divisor.value(), 0, RoundingMode.CEILING);
    return quotient.toBigInteger().toString();
  }

  private static Quantity quantity(JsonNode node) {
    Quantity q = node.isValueNode() ? Quantity.tryParse(node.asText()) : null;
    return q == null ? Quantity.ZERO : q;
  }

  /** {@code key="value"} lines, sorted, values quoted as Go's %q. */
  static String formatMap(Map<String, String> map) {
    return new TreeMap<>(map)
        .entrySet().stream()
            .map(e -> e.getKey() + "=" + GoQuote.of(e.getValue()))
            .collect(Collectors.joining("\n"));
  }
}
