package dev.coracle.apiserver.internal.admission;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GoBool;
import dev.coracle.api.KubeObject;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which secrets a Pod reads, and which of them an account with the annotation {@code
 * kubernetes.io/enforce-mountable-secrets} lets it read (Kubernetes docs, "Service Accounts").
 */
final class PodSecrets {

  private static final String ENFORCE = "kubernetes.io/enforce-mountable-secrets";

  /** Volumes that name a secret, and where below the volume's source. */
  private static final String[][] VOLUMES = {
    {"azureFile", "secretName"},
    {"secret", "secretName"},
    {"cephfs", "secretRef"},
    {"cinder", "secretRef"},
    {"flexVolume", "secretRef"},
    {"rbd", "secretRef"},
    {"scaleIO", "secretRef"},
    {"iscsi", "secretRef"},
    {"storageos", "secretRef"},
    {"csi", "nodePublishSecretRef"}
  };

  private PodSecrets() {}

  /** Whether a Pod of this specification reads any secret. */
  static boolean any(JsonNode spec) {
    if (!spec.path("imagePullSecrets").isEmpty()) {
      return true;
    }
    for (String list : new String[] {"initContainers", "containers", "ephemeralContainers"}) {
      for (JsonNode container : spec.path(list)) {
        if (stray(container, "", Set.of(), "") != null) {
          return true;
        }
      }
    }
    for (JsonNode volume : spec.path("volumes")) {
      for (String[] at : VOLUMES) {
        if (volume.path(at[0]).hasNonNull(at[1])) {
          return true;
        }
      }
      for (JsonNode source : volume.path("projected").path("sources")) {
        if (source.hasNonNull("secret")) {
          return true;
        }
      }
    }
    return false;
  }

  static boolean enforced(KubeObject account) {
    return GoBool.isTrue(account.at("metadata", "annotations", ENFORCE).asText(""));
  }

  /** Why this account does not go with what a new Pod reads; null where it does. */
  static @Nullable String refusal(KubeObject account, JsonNode spec) {
    Set<String> mountable = names(account.at("secrets"));
    for (JsonNode volume : spec.path("volumes")) {
      if (volume.hasNonNull("secret")) {
        String secret = volume.path("secret").path("secretName").asText("");
        if (!mountable.contains(secret)) {
          return "volume with " + notReferenced(secret, account.name());
        }
      }
    }
    for (String[] kind :
        new String[][] {{"initContainers", "init container"}, {"containers", "container"}}) {
      String why = refusal(account, spec.path(kind[0]), kind[1]);
      if (why != null) {
        return why;
      }
    }
    Set<String> pullable = names(account.at("imagePullSecrets"));
    for (int i = 0; i < spec.path("imagePullSecrets").size(); i++) {
      String secret = spec.path("imagePullSecrets").path(i).path("name").asText("");
      if (!pullable.contains(secret)) {
        return "imagePullSecrets[%d].name=\"%s\" is not allowed because service account %s does not reference that imagePullSecret"
            .formatted(i, secret, account.name());
      }
    }
    return null;
  }

  /** The same of some of its containers. */
  static @Nullable String refusal(KubeObject account, JsonNode containers, String word) {
    Set<String> mountable = names(account.at("secrets"));
    for (JsonNode container : containers) {
      String why = stray(container, word, mountable, account.name());
      if (why != null) {
        return why;
      }
    }
    return null;
  }

  private static @Nullable String stray(
      JsonNode container, String word, Set<String> mountable, String account) {
    String who = word + " " + container.path("name").asText("");
    for (JsonNode env : container.path("env")) {
      JsonNode ref = env.path("valueFrom").path("secretKeyRef");
      String secret = ref.path("name").asText("");
      if (ref.isObject() && !mountable.contains(secret)) {
        return who
            + " with envVar "
            + env.path("name").asText("")
            + " referencing "
            + notReferenced(secret, account);
      }
    }
    for (JsonNode from : container.path("envFrom")) {
      String secret = from.path("secretRef").path("name").asText("");
      if (from.path("secretRef").isObject() && !mountable.contains(secret)) {
        return who + " with envFrom referencing " + notReferenced(secret, account);
      }
    }
    return null;
  }

  private static String notReferenced(String secret, String account) {
    return "secret.secretName=\"%s\" is not allowed because service account %s does not reference that secret"
        .formatted(secret, account);
  }

  private static Set<String> names(JsonNode references) {
    Set<String> names = new HashSet<>();
    for (JsonNode reference : references) {
      names.add(reference.path("name").asText(""));
    }
    return names;
  }
}
