package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.Set;

/** What containers and volumes may be told of the resources of a container. */
final class EnvironmentRules {

  private static final Set<String> RESOURCES =
      Set.of(
          "limits.cpu",
          "limits.memory",
          "limits.ephemeral-storage",
          "requests.cpu",
          "requests.memory",
          "requests.ephemeral-storage");
  private static final Set<String> CPU_DIVISORS = Set.of("1m", "1");
  private static final Set<String> DIVISORS =
      Set.of("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei");

  private EnvironmentRules() {}

  /**
   * @param volume whether it stands in a volume, which has to say which container is meant
   */
  static void resource(JsonNode ref, FieldPath path, boolean volume, FieldErrors errors) {
    String resource = Nodes.text(ref, "resource");
    if (volume && Nodes.text(ref, "containerName").isEmpty()) {
      errors.required(path, "containerName");
    } else if (resource.isEmpty()) {
      errors.required(path, "resource");
    } else if (!RESOURCES.contains(resource) && !isHugePages(resource)) {
      errors.unsupported(path, "resource", resource, RESOURCES);
    }
    divisor(resource, ref.path("divisor"), path, errors);
  }

  private static boolean isHugePages(String resource) {
    return resource.startsWith("requests.hugepages-") || resource.startsWith("limits.hugepages-");
  }

  private static void divisor(
      String resource, JsonNode divisor, FieldPath path, FieldErrors errors) {
    Quantity quantity = divisor.isMissingNode() ? null : Quantity.tryParse(divisor.asText(""));
    if (quantity == null || quantity.value().signum() == 0) {
      return;
    }
    boolean known = DIVISORS.contains(quantity.toString());
    String of =
        switch (resource) {
          case "limits.cpu", "requests.cpu" -> {
            if (!CPU_DIVISORS.contains(quantity.toString())) {
              errors.invalid(
                  path,
                  "divisor",
                  resource,
                  "only divisor's values 1m and 1 are supported with the cpu resource");
            }
            yield "";
          }
          case "limits.memory", "requests.memory" -> "memory";
          case "limits.ephemeral-storage", "requests.ephemeral-storage" ->
              "local ephemeral storage";
          default -> isHugePages(resource) ? "hugepages" : "";
        };
    if (!of.isEmpty() && !known) {
      errors.invalid(
          path,
          "divisor",
          resource,
          "only divisor's values 1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei are"
              + " supported with the "
              + of
              + " resource");
    }
  }
}
