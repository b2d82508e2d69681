package dev.coracle.controllers.internal.pods;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.OwnerReference;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.client.EventRecorder;
import dev.coracle.controllers.internal.Concurrent;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Makes and deletes the pods of an owner, and says so in events on the owner. */
public final class PodControl {

  private final Client client;
  private final EventRecorder events;

  public PodControl(Client client, EventRecorder events) {
    this.client = client;
    this.events = events;
  }

  /** A pod from a template, with a generated name, controlled by the owner. */
  public static KubeObject fromTemplate(
      JsonNode template, KubeObject owner, Consumer<ObjectNode> more) {
    ObjectNode pod = Json.object().put("apiVersion", "v1").put("kind", "Pod");
    ObjectNode metadata = pod.putObject("metadata");
    metadata.put("generateName", prefix(owner.name()));
    metadata.put("namespace", owner.namespace());
    for (String field : List.of("labels", "annotations", "finalizers")) {
      JsonNode value = template.path("metadata").path(field);
      if (!value.isEmpty()) {
        metadata.set(field, value.deepCopy());
      }
    }
    metadata.putArray("ownerReferences").add(OwnerReference.controlledBy(owner).toJson());
    pod.set("spec", template.path("spec").deepCopy());
    more.accept(pod);
    return KubeObject.of(pod);
  }

  /** A name so long that a suffix makes it invalid is cut by the server, as upstream does. */
  private static String prefix(String owner) {
    return owner + "-";
  }

  public Uni<KubeObject> create(KubeObject pod, KubeObject owner) {
    return client
        .create(Resources.PODS, owner.namespace(), pod, WriteOptions.NONE)
        .invoke(made -> events.normal(owner, "SuccessfulCreate", "Created pod: " + made.name()))
        .onFailure(failure -> !StatusException.isNamespaceTerminating(failure))
        .invoke(failure ->
            events.warning(owner, "FailedCreate", "Error creating: " + failure.getMessage()));
  }

  /** A pod that is gone already counts as deleted. */
  public Uni<Void> delete(KubeObject pod, KubeObject owner) {
    return client
        .delete(Resources.PODS, pod.namespace(), pod.name(), DeleteOptions.DEFAULT.ifUid(pod.uid()))
        .invoke(() -> events.normal(owner, "SuccessfulDelete", "Deleted pod: " + pod.name()))
        .replaceWithVoid()
        .onFailure(StatusException::isNotFound)
        .recoverWithNull()
        .onFailure()
        .invoke(failure ->
            events.warning(owner, "FailedDelete", "Error deleting: " + failure.getMessage()));
  }

  /** Makes the owner the controller of an orphan; fails when somebody else was faster. */
  public Uni<KubeObject> adopt(KubeObject pod, KubeObject owner) {
    Patch patch =
        Patch.strategic(node -> {
          ObjectNode metadata = node.putObject("metadata");
          metadata.put("uid", pod.uid());
          metadata.putArray("ownerReferences").add(OwnerReference.controlledBy(owner).toJson());
        });
    return client.patch(Resources.PODS, pod.namespace(), pod.name(), patch);
  }

  /** Gives up control of a pod whose labels no longer match. */
  public Uni<Void> release(KubeObject pod, KubeObject owner) {
    Patch patch =
        Patch.strategic(node -> {
          ObjectNode metadata = node.putObject("metadata");
          metadata.put("uid", pod.uid());
          metadata
              .putArray("ownerReferences")
              .addObject()
              .put("$patch", "delete")
              .put("uid", owner.uid());
        });
    return client
        .patch(Resources.PODS, pod.namespace(), pod.name(), patch)
        .replaceWithVoid()
        .onFailure(StatusException::isNotFound)
        .recoverWithNull();
  }

  /** What came of a row of steps: how many succeeded, and the first failure. */
  public record Progress(int succeeded, java.util.Optional<Throwable> failure) {}

  /**
   * Runs the steps in batches of 1, 2, 4, … {@link Concurrent#REQUESTS}, each at once, and stops
   * after the first batch with a failure, so that a mistake in a template costs a few calls and not
   * hundreds.
   */
  public static <T> Uni<Progress> slowStart(List<Supplier<Uni<T>>> steps) {
    return batch(steps, 0, 1);
  }

  private static <T> Uni<Progress> batch(List<Supplier<Uni<T>>> steps, int done, int size) {
    int end = Math.min(steps.size(), done + size);
    if (done == end) {
      return Uni.createFrom().item(new Progress(done, java.util.Optional.empty()));
    }
    List<Uni<java.util.Optional<Throwable>>> running = new ArrayList<>();
    for (Supplier<Uni<T>> step : steps.subList(done, end)) {
      running.add(
          Uni.createFrom()
              .deferred(step::get)
              .map(_ -> java.util.Optional.<Throwable>empty())
              .onFailure()
              .recoverWithItem(java.util.Optional::of));
    }
    return Uni.join()
        .all(running)
        .andFailFast()
        .chain(results -> {
          java.util.Optional<Throwable> failed =
              results.stream().flatMap(java.util.Optional::stream).findFirst();
          long good = results.stream().filter(java.util.Optional::isEmpty).count();
          return failed.isPresent()
              ? Uni.createFrom().item(new Progress(done + (int) good, failed))
              : batch(steps, end, Math.min(size * 2, Concurrent.REQUESTS));
        });
  }
}
