package dev.coracle.kubelet.internal.manifest;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.validation.NameRules;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a manifest has to be so that its pod can run without the API and be shown in it. The API has
 * far more rules, which a mirror meets; these are the ones without which a node would run what
 * nobody can see or look after.
 */
final class StaticPodRules {
  private static final Set<String> POLICIES = Set.of("Always", "OnFailure", "Never");

  /** What a volume may not be: it stands in the API, where a static pod may look nothing up. */
  private static final List<String> VOLUMES =
      List.of("secret", "configMap", "persistentVolumeClaim", "ephemeral");

  private static final List<String> WORDS =
      List.of("secrets", "configmaps", "persistentvolumeclaims", "persistentvolumeclaims");

  private StaticPodRules() {}

  /**
   * @param pod with its name on this node
   * @throws IllegalArgumentException that says what is wrong
   */
  static void check(KubeObject pod) {
    names("metadata.name", pod.name(), NameRules.dnsSubdomain(pod.name()));
    names("metadata.namespace", pod.namespace(), NameRules.dnsLabel(pod.namespace()));
    JsonNode spec = pod.at("spec");
    String policy = spec.path("restartPolicy").asText("");
    if (!POLICIES.contains(policy)) {
      throw new IllegalArgumentException(
          "spec.restartPolicy: Unsupported value: \"" + policy + "\"");
    }
    if (spec.path("containers").isEmpty()) {
      throw new IllegalArgumentException("spec.containers: Required value");
    }
    Set<String> known = new HashSet<>();
    for (String list : List.of("initContainers", "containers")) {
      for (JsonNode container : spec.path(list)) {
        container(list, container, known);
      }
    }
    if (!spec.path("ephemeralContainers").isEmpty()) {
      throw new IllegalArgumentException(
          "spec.ephemeralContainers: Forbidden: ephemeral containers not allowed in create");
    }
    references(spec);
  }

  private static void names(String field, String name, List<String> wrong) {
    if (!wrong.isEmpty()) {
      throw new IllegalArgumentException(
          field + ": Invalid value: \"" + name + "\": " + wrong.getFirst());
    }
  }

  private static void container(String list, JsonNode container, Set<String> known) {
    String field = "spec." + list;
    String name = container.path("name").asText("");
    names(field + ".name", name, NameRules.dnsLabel(name));
    if (!known.add(name)) {
      throw new IllegalArgumentException(field + ".name: Duplicate value: \"" + name + "\"");
    }
    if (container.path("image").asText("").isBlank()) {
      throw new IllegalArgumentException(field + ".image: Required value");
    }
    for (JsonNode port : container.path("ports")) {
      for (String which : List.of("containerPort", "hostPort")) {
        int number = port.path(which).asInt(which.equals("hostPort") ? 1 : 0);
        if (number < 1 || number > 65_535) {
          throw new IllegalArgumentException(
              field
                  + ".ports."
                  + which
                  + ": Invalid value: "
                  + number
                  + ": must be between 1 and 65535, inclusive");
        }
      }
    }
    for (JsonNode from : container.path("envFrom")) {
      refuse(from.hasNonNull("secretRef"), "secrets");
      refuse(from.hasNonNull("configMapRef"), "configmaps");
    }
    for (JsonNode variable : container.path("env")) {
      refuse(variable.path("valueFrom").hasNonNull("secretKeyRef"), "secrets");
      refuse(variable.path("valueFrom").hasNonNull("configMapKeyRef"), "configmaps");
    }
  }

  private static void references(JsonNode spec) {
    refuse(!spec.path("serviceAccountName").asText("").isEmpty(), "serviceaccounts");
    refuse(!spec.path("serviceAccount").asText("").isEmpty(), "serviceaccounts");
    refuse(!spec.path("imagePullSecrets").isEmpty(), "secrets");
    refuse(!spec.path("resourceClaims").isEmpty(), "resourceclaims");
    for (JsonNode volume : spec.path("volumes")) {
      for (int i = 0; i < VOLUMES.size(); i++) {
        refuse(volume.hasNonNull(VOLUMES.get(i)), WORDS.get(i));
      }
      refuse(volume.path("csi").hasNonNull("nodePublishSecretRef"), "secrets");
      for (JsonNode source : volume.path("projected").path("sources")) {
        refuse(source.hasNonNull("secret"), "secrets");
        refuse(source.hasNonNull("configMap"), "configmaps");
        refuse(source.hasNonNull("serviceAccountToken"), "serviceaccounts");
        refuse(source.hasNonNull("clusterTrustBundle"), "clustertrustbundles");
        refuse(source.hasNonNull("podCertificate"), "podcertificates");
      }
    }
  }

  private static void refuse(boolean refers, String what) {
    if (refers) {
      throw new IllegalArgumentException("static pods may not reference " + what);
    }
  }
}
