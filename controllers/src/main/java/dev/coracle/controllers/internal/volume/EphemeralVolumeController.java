package dev.coracle.controllers.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.pods.Pods;
import io.micrometer.core.instrument.Counter;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes the claims of generic ephemeral volumes (KEP-1698): one for each, named {@code POD-VOLUME},
 * owned by the pod and so gone with it.
 */
public final class EphemeralVolumeController extends LoopController {

  private final Lister pods;
  private final Lister claims;
  private final Counter attempts;
  private final Counter failures;

  public EphemeralVolumeController(Environment env) {
    super("ephemeral-volume-controller", "ephemeral_volume", env);
    Informer podInformer = env.informer(Resources.PODS);
    Informer claimInformer = env.informer(Resources.PERSISTENT_VOLUME_CLAIMS);
    this.pods = podInformer.lister();
    this.claims = claimInformer.lister();
    this.attempts = env.registry().counter("ephemeral_volume_controller_create_total");
    this.failures = env.registry().counter("ephemeral_volume_controller_create_failures_total");
    podInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject pod) {
            look(pod);
          }
        });
    claimInformer.addHandler(
        new Informer.Handler() {
          @Override
          public void deleted(KubeObject last) {
            last.controllerOwner()
                .filter(o -> o.kind().equals("Pod"))
                .ifPresent(o -> enqueue(last.namespace(), o.name()));
          }
        });
  }

  private void look(KubeObject pod) {
    for (JsonNode volume : pod.at("spec", "volumes")) {
      if (volume.has("ephemeral")) {
        loop.enqueue(pod);
        return;
      }
    }
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject pod = pods.get(name.namespace(), name.name()).orElse(null);
    if (pod == null || pod.isDeleting() || Pods.isFinished(pod)) {
      return DONE;
    }
    List<Uni<KubeObject>> made = new ArrayList<>();
    for (JsonNode volume : pod.at("spec", "volumes")) {
      if (volume.has("ephemeral")) {
        String called = volume.path("name").asText();
        made.add(
            claim(pod, pod.name() + "-" + called, volume.path("ephemeral"))
                .onFailure()
                .invoke(f ->
                    events.warning(
                        pod,
                        "FailedBinding",
                        "ephemeral volume " + called + ": " + f.getMessage())));
      }
    }
    return made.isEmpty() ? DONE : Uni.join().all(made).andCollectFailures().chain(() -> DONE);
  }

  private Uni<KubeObject> claim(KubeObject pod, String name, JsonNode ephemeral) {
    KubeObject there = claims.get(pod.namespace(), name).orElse(null);
    if (there == null) {
      return create(pod, name, ephemeral.path("volumeClaimTemplate"));
    }
    boolean own = there.controllerOwner().filter(o -> o.uid().equals(pod.uid())).isPresent();
    return own
        ? Uni.createFrom().item(there)
        : Uni.createFrom()
            .failure(
                new IllegalStateException(
                    "PVC "
                        + there.key()
                        + " was not created for pod "
                        + pod.key()
                        + " (pod is not owner)"));
  }

  private Uni<KubeObject> create(KubeObject pod, String name, JsonNode template) {
    KubeObject claim =
        KubeObject.create(
            new GroupVersionKind("", "v1", "PersistentVolumeClaim"),
            pod.namespace(),
            name,
            tree -> {
              ObjectNode metadata = tree.withObjectProperty("metadata");
              for (String field : List.of("labels", "annotations")) {
                if (template.path("metadata").has(field)) {
                  metadata.set(field, template.path("metadata").path(field).deepCopy());
                }
              }
              metadata
                  .putArray("ownerReferences")
                  .addObject()
                  .put("apiVersion", "v1")
                  .put("kind", "Pod")
                  .put("name", pod.name())
                  .put("uid", pod.uid())
                  .put("controller", true)
                  .put("blockOwnerDeletion", true);
              tree.set("spec", template.path("spec").deepCopy());
            });
    attempts.increment();
    return env.client()
        .create(Resources.PERSISTENT_VOLUME_CLAIMS, claim)
        .onFailure()
        .invoke(() -> failures.increment())
        .onFailure(StatusException::isAlreadyExists)
        .recoverWithNull()
        .onFailure()
        .transform(f -> new IllegalStateException("create PVC " + name + ": " + f.getMessage(), f));
  }
}
