package dev.coracle.controllers.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LocalVolumes;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import io.smallrye.mutiny.Uni;

/**
 * Says of a bound claim that asks for more than it has that its driver's external-resizer has to
 * act; volumes of the built-in local class are made larger by {@link VolumeBinder}.
 */
public final class ExpandController extends LoopController {

  private final Lister claims;
  private final Lister volumes;

  public ExpandController(Environment env) {
    super("persistentvolume-expander-controller", "volume_expand", env);
    Informer informer = env.informer(Resources.PERSISTENT_VOLUME_CLAIMS);
    this.claims = informer.lister();
    this.volumes = env.informer(Resources.PERSISTENT_VOLUMES).lister();
    informer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject claim) {
            loop.enqueue(claim);
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (Matching.size(requested(now)).compareTo(Matching.size(requested(before))) > 0) {
              loop.enqueue(now);
            }
          }
        });
  }

  private static JsonNode requested(KubeObject claim) {
    return claim.at("spec", "resources", "requests", "storage");
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject claim = claims.get(name.namespace(), name.name()).orElse(null);
    if (claim == null || !claim.text("status", "phase").equals("Bound")) {
      return DONE;
    }
    boolean wanting =
        Matching.size(requested(claim))
                .compareTo(Matching.size(claim.at("status", "capacity", "storage")))
            > 0;
    KubeObject volume = volumes.get("", claim.text("spec", "volumeName")).orElse(null);
    if (wanting && volume != null && !LocalVolumes.is(volume)) {
      events.normal(
          claim, "ExternalExpanding", "waiting for an external controller to expand this PVC");
    }
    return DONE;
  }
}
