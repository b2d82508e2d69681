package dev.coracle.controllers.internal.volume;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.controllers.internal.Environment;

/** Keeps the volumes that are bound. */
public final class VolumeProtection extends ProtectionController {

  public VolumeProtection(Environment env) {
    super(
        "persistentvolume-protection-controller",
        env,
        Resources.PERSISTENT_VOLUMES,
        "kubernetes.io/pv-protection");
  }

  @Override
  boolean inUse(KubeObject volume) {
    return volume.text("status", "phase").equals("Bound");
  }
}
