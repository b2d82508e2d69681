package dev.coracle.kubelet.internal.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.kubelet.internal.image.PullCredential.Secret;
import dev.coracle.kubelet.internal.image.PullCredential.ServiceAccount;
import dev.coracle.kubelet.internal.image.PullCredential.Source;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Who may have an image by one name: all pods of this node, or those that show a credential (an
 * ImagePullCredentials of kubelet.config.k8s.io/v1beta1).
 */
record PullAccess(boolean everybody, List<Source> sources) {

  /** Remembered of each kind for one name of one image; the oldest go first. */
  private static final int MOST = 100;

  static final PullAccess NOBODY = new PullAccess(false, List.of());

  PullAccess {
    sources = List.copyOf(sources);
  }

  /**
   * @param used empty: what every pod of the node has, or nothing
   */
  PullAccess with(Optional<Source> used) {
    if (everybody || used.isEmpty()) {
      return new PullAccess(true, List.of());
    }
    Source fresh = used.get();
    List<Source> all = new ArrayList<>(sources);
    all.removeIf(known -> isSame(known, fresh));
    all.add(fresh);
    if (all.stream().filter(fresh.getClass()::isInstance).count() > MOST) {
      all.remove(all.stream().filter(fresh.getClass()::isInstance).findFirst().orElseThrow());
    }
    return new PullAccess(false, all);
  }

  private static boolean isSame(Source one, Source other) {
    return one instanceof Secret a && other instanceof Secret b
        ? a.isSecretOf(b)
        : one.equals(other);
  }

  /** Whether who shows this may have the image. */
  boolean opensTo(Source shown) {
    return everybody
        || sources.stream()
            .anyMatch(known ->
                isSame(known, shown)
                    || known instanceof Secret a
                        && shown instanceof Secret b
                        && a.hash().equals(b.hash()));
  }

  ObjectNode into(ObjectNode out) {
    if (everybody) {
      return out.put("nodePodsAccessible", true);
    }
    for (Source source : sources) {
      switch (source) {
        case Secret s ->
            out.withArrayProperty("kubernetesSecrets")
                .addObject()
                .put("uid", s.uid())
                .put("namespace", s.namespace())
                .put("name", s.name())
                .put("credentialHash", s.hash());
        case ServiceAccount a ->
            out.withArrayProperty("kubernetesServiceAccounts")
                .addObject()
                .put("uid", a.uid())
                .put("namespace", a.namespace())
                .put("name", a.name());
      }
    }
    return out;
  }

  static PullAccess of(JsonNode node) {
    if (node.path("nodePodsAccessible").asBoolean(false)) {
      return new PullAccess(true, List.of());
    }
    List<Source> sources = new ArrayList<>();
    for (JsonNode s : node.path("kubernetesSecrets")) {
      sources.add(
          new Secret(
              text(s, "uid"), text(s, "namespace"), text(s, "name"), text(s, "credentialHash")));
    }
    for (JsonNode a : node.path("kubernetesServiceAccounts")) {
      sources.add(new ServiceAccount(text(a, "uid"), text(a, "namespace"), text(a, "name")));
    }
    return new PullAccess(false, sources);
  }

  private static String text(JsonNode node, String field) {
    return node.path(field).asText("");
  }
}
