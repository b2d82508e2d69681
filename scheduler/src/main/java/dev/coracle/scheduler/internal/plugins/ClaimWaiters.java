package dev.coracle.scheduler.internal.plugins;

import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.client.SerialContext;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Bindings that wait until a claim is bound, woken by the claim's change. Owned by the context. */
public final class ClaimWaiters implements Informer.Handler {

  private final SerialContext context;
  private final Lister claims;
  private final Map<NamespacedName, List<CompletableFuture<Void>>> waiting = new HashMap<>();

  public ClaimWaiters(SerialContext context, Lister claims) {
    this.context = context;
    this.claims = claims;
  }

  /** Completes when the claim is bound; fails when it is gone or the time is over. */
  Uni<Void> bound(NamespacedName claim, Duration timeout) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    context.execute(() -> {
      if (claims.get(claim.namespace(), claim.name()).filter(ClaimWaiters::isBound).isPresent()) {
        done.complete(null);
        return;
      }
      waiting.computeIfAbsent(claim, _ -> new ArrayList<>()).add(done);
      SerialContext.Timer timer =
          context.schedule(
              timeout,
              () ->
                  done.completeExceptionally(
                      new IllegalStateException(
                          "binding volumes: timed out waiting for the condition")));
      done.whenComplete((_, _) -> timer.cancel());
    });
    return Uni.createFrom().completionStage(done);
  }

  private static boolean isBound(KubeObject claim) {
    return !claim.text("spec", "volumeName").isEmpty()
        && claim.text("status", "phase").equals("Bound");
  }

  @Override
  public void updated(KubeObject before, KubeObject now) {
    if (isBound(now)) {
      take(now.key()).forEach(f -> f.complete(null));
    } else if (before.annotation(VolumeBinding.SELECTED_NODE).isPresent()
        && now.annotation(VolumeBinding.SELECTED_NODE).isEmpty()) {
      // The provisioner gives the choice back: this node will not do.
      take(now.key())
          .forEach(f ->
              f.completeExceptionally(
                  new IllegalStateException(
                      "binding volumes: provisioning failed for PVC \"" + now.name() + "\"")));
    }
  }

  @Override
  public void deleted(KubeObject last) {
    take(last.key())
        .forEach(f ->
            f.completeExceptionally(
                new IllegalStateException(
                    "persistentvolumeclaim \"" + last.name() + "\" not found")));
  }

  private List<CompletableFuture<Void>> take(NamespacedName claim) {
    List<CompletableFuture<Void>> found = waiting.remove(claim);
    return found == null ? List.of() : found;
  }
}
