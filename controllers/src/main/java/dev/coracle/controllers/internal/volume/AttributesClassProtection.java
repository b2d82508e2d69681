package dev.coracle.controllers.internal.volume;

import dev.coracle.api.AttributesClasses;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import java.util.Set;
import java.util.function.Function;

/**
 * Keeps the VolumeAttributesClasses that volumes have, and claims have, want or are being given
 * (KEP-3751).
 */
public final class AttributesClassProtection extends ProtectionController {

  /** An index by the names of classes. */
  private static final String CLASSES = "volume-attributes-classes";

  private final Lister claims;
  private final Lister volumes;

  public AttributesClassProtection(Environment env) {
    super(
        "volumeattributesclass-protection-controller",
        env,
        Resources.VOLUME_ATTRIBUTES_CLASSES,
        "kubernetes.io/vac-protection");
    this.claims =
        follow(
            env.informer(Resources.PERSISTENT_VOLUME_CLAIMS),
            claim -> AttributesClasses.ofClaim(claim.tree()));
    this.volumes =
        follow(
            env.informer(Resources.PERSISTENT_VOLUMES),
            volume -> AttributesClasses.ofVolume(volume.tree()));
  }

  private Lister follow(Informer users, Function<KubeObject, Set<String>> classes) {
    users.addIndex(CLASSES, classes::apply);
    users.addHandler(
        new Informer.Handler() {
          @Override
          public void updated(KubeObject before, KubeObject now) {
            Set<String> left = classes.apply(before);
            left.removeAll(classes.apply(now));
            left.forEach(name -> loop.enqueue(new NamespacedName("", name)));
          }

          @Override
          public void deleted(KubeObject last) {
            classes.apply(last).forEach(name -> loop.enqueue(new NamespacedName("", name)));
          }
        });
    return users.lister();
  }

  @Override
  boolean inUse(KubeObject attributesClass) {
    return !volumes.byIndex(CLASSES, attributesClass.name()).isEmpty()
        || !claims.byIndex(CLASSES, attributesClass.name()).isEmpty();
  }
}
