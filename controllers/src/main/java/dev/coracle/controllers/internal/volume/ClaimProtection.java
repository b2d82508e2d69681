package dev.coracle.controllers.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps the claims that pods with a node have, also when they have ended. Others cannot begin to
 * use a claim that is being deleted. A pod's own ephemeral volumes go with it.
 */
public final class ClaimProtection extends ProtectionController {

  /** An index of pods by the claims that they name. */
  static final String CLAIMS_IN_USE = "claims-in-use";

  private final Lister pods;

  public ClaimProtection(Environment env) {
    super(
        "persistentvolumeclaim-protection-controller",
        env,
        Resources.PERSISTENT_VOLUME_CLAIMS,
        "kubernetes.io/pvc-protection");
    Informer informer =
        env.informer(Resources.PODS).addIndex(CLAIMS_IN_USE, ClaimProtection::claims);
    this.pods = informer.lister();
    informer.addHandler(
        new Informer.Handler() {
          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (!isShutDown(before) && isShutDown(now)) {
              deleted(now);
            }
          }

          @Override
          public void deleted(KubeObject last) {
            claims(last).forEach(key -> loop.enqueue(NamespacedName.parse(key)));
          }
        });
  }

  /** {@code namespace/name} of each. */
  static List<String> claims(KubeObject pod) {
    List<String> out = new ArrayList<>();
    for (JsonNode volume : pod.at("spec", "volumes")) {
      String name = volume.path("persistentVolumeClaim").path("claimName").asText("");
      if (volume.has("ephemeral")) {
        name = pod.name() + "-" + volume.path("name").asText();
      }
      if (!name.isEmpty()) {
        out.add(pod.namespace() + "/" + name);
      }
    }
    return out;
  }

  /** Its kubelet is done with it, or it was taken from its kubelet. */
  private static boolean isShutDown(KubeObject pod) {
    return pod.isDeleting() && pod.metadata().path("deletionGracePeriodSeconds").asInt(-1) == 0;
  }

  @Override
  boolean inUse(KubeObject claim) {
    return pods.byIndex(CLAIMS_IN_USE, claim.key().toString()).stream()
        .anyMatch(pod -> uses(pod, claim));
  }

  private static boolean uses(KubeObject pod, KubeObject claim) {
    if (pod.text("spec", "nodeName").isEmpty()) {
      return false;
    }
    for (JsonNode volume : pod.at("spec", "volumes")) {
      String name = volume.path("persistentVolumeClaim").path("claimName").asText("");
      if (name.equals(claim.name())) {
        return true;
      }
    }
    return !isShutDown(pod)
        && claim.controllerOwner().filter(o -> o.uid().equals(pod.uid())).isPresent();
  }
}
