package dev.coracle.kubelet.internal.image;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.cri.v1.AuthConfig;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ObjectSource;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Credentials for an image out of a pod's {@code imagePullSecrets} (Kubernetes docs, "Pull an Image
 * from a Private Registry").
 */
public final class PullSecrets {
  private final ObjectSource objects;
  private final PodEvents events;

  public PullSecrets(ObjectSource objects, PodEvents events) {
    this.objects = objects;
    this.events = events;
  }

  /**
   * Those that fit the image, {@link Keyring#ORDER in upstream's order}; a missing secret is told
   * by an event and left out.
   */
  public List<PullCredential> of(Pod pod, String image) {
    List<PullCredential> out = new ArrayList<>();
    for (JsonNode ref : pod.spec().path("imagePullSecrets")) {
      String name = ref.path("name").asText("");
      try {
        KubeObject secret = objects.get(pod.uid(), Resources.SECRETS, pod.namespace(), name);
        read(secret, image, out);
      } catch (StatusException | IllegalArgumentException e) {
        events.warning(
            pod,
            "FailedToRetrieveImagePullSecret",
            "Unable to retrieve some image pull secrets ("
                + name
                + "); attempting to pull the image may not succeed.");
      }
    }
    out.sort(Keyring.ORDER);
    return out;
  }

  /**
   * @throws StatusException the secret holds no JSON
   * @throws IllegalArgumentException nor base64
   */
  static void read(KubeObject secret, String image, List<PullCredential> out) {
    String current = secret.text("data", ".dockerconfigjson");
    String legacy = secret.text("data", ".dockercfg");
    JsonNode auths =
        !current.isEmpty()
            ? Json.parse(Base64.getMimeDecoder().decode(current)).path("auths")
            : !legacy.isEmpty()
                ? Json.parse(Base64.getMimeDecoder().decode(legacy))
                : Json.object();
    auths
        .properties()
        .forEach(e -> {
          if (CredentialServer.of(e.getKey()).fits(image)) {
            out.add(
                PullCredential.ofSecret(
                    config(e.getKey(), e.getValue()),
                    secret.uid(),
                    secret.namespace(),
                    secret.name()));
          }
        });
  }

  private static AuthConfig config(String server, JsonNode auth) {
    AuthConfig.Builder out = AuthConfig.newBuilder().setServerAddress(server);
    out.setUsername(auth.path("username").asText(""));
    out.setPassword(auth.path("password").asText(""));
    String both = auth.path("auth").asText("");
    if (!both.isEmpty() && out.getUsername().isEmpty()) {
      String text = new String(Base64.getMimeDecoder().decode(both), StandardCharsets.UTF_8);
      int colon = text.indexOf(':');
      if (colon > 0) {
        out.setUsername(text.substring(0, colon)).setPassword(text.substring(colon + 1));
      }
    }
    return out.setIdentityToken(auth.path("identitytoken").asText("")).build();
  }
}
