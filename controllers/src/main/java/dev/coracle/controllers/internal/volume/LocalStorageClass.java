package dev.coracle.controllers.internal.volume;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.LocalVolumes;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.controllers.internal.Controller;
import dev.coracle.controllers.internal.Environment;
import io.smallrye.mutiny.subscription.Cancellable;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the StorageClass {@code standard}, the default, so that a claim just works. It is made once
 * at every start where it is missing; what a user changed in it stays.
 */
public final class LocalStorageClass implements Controller {

  private static final Logger LOG = LoggerFactory.getLogger(LocalStorageClass.class);
  private static final String DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class";

  private final Environment env;
  private Cancellable making = () -> {};

  public LocalStorageClass(Environment env) {
    this.env = env;
  }

  @Override
  public String name() {
    return "local-storage-class-controller";
  }

  @Override
  public void start() {
    if (!env.options().localVolumes()) {
      return;
    }
    making =
        env.client()
            .create(Resources.STORAGE_CLASSES, "", standard(), WriteOptions.NONE)
            .onFailure(e -> !StatusException.isAlreadyExists(e))
            .retry()
            .withBackOff(Duration.ofSeconds(1), Duration.ofSeconds(30))
            .atMost(10)
            .subscribe()
            .with(
                _ -> {},
                e -> {
                  if (!StatusException.isAlreadyExists(e)) {
                    LOG.atWarn()
                        .addKeyValue("why", e.getMessage())
                        .log("The default StorageClass could not be made");
                  }
                });
  }

  private static KubeObject standard() {
    return KubeObject.create(
        new GroupVersionKind("storage.k8s.io", "v1", "StorageClass"),
        "",
        "standard",
        tree -> {
          tree.withObjectProperty("metadata").putObject("annotations").put(DEFAULT_CLASS, "true");
          tree.put("provisioner", LocalVolumes.PROVISIONER)
              .put("reclaimPolicy", "Delete")
              .put("volumeBindingMode", "WaitForFirstConsumer")
              .put("allowVolumeExpansion", true);
        });
  }

  @Override
  public void stop() {
    making.cancel();
  }
}
