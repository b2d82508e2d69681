package dev.coracle.scheduler.internal.dra;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.client.SerialContext;
import io.smallrye.mutiny.Uni;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Pods that are bound only when their devices are ready (KEP-5007): an allocated device names the
 * conditions that must become true, and those that say it failed. Waiting pods are woken by changes
 * of their claims. Owned by the context.
 */
public final class BindingConditions implements Informer.Handler {

  /** How long a pod waits, from the allocation on, before other devices are looked for. */
  private static final Duration TIMEOUT = Duration.ofMinutes(10);

  private record Waiter(List<NamespacedName> claims, CompletableFuture<Void> done) {}

  private final SerialContext context;
  private final Lister claims;
  private final List<Waiter> waiting = new ArrayList<>();

  public BindingConditions(SerialContext context, Lister claims) {
    this.context = context;
    this.claims = claims;
  }

  Instant now() {
    return context.clock().instant();
  }

  /** Whether any device of the allocation makes its pod wait. */
  static boolean any(JsonNode allocation) {
    for (JsonNode result : allocation.path("devices").path("results")) {
      if (!result.path("bindingConditions").isEmpty()) {
        return true;
      }
    }
    return false;
  }

  /** Whether the claim's devices are ready, or need not be waited for. */
  private static boolean areReady(KubeObject claim) {
    if (!claim.at("status", "allocation").isObject()) {
      return false;
    }
    for (JsonNode result : claim.at("status", "allocation", "devices", "results")) {
      JsonNode wanted = result.path("bindingConditions");
      JsonNode conditions = conditions(claim, result);
      for (JsonNode type : wanted) {
        if (trueCondition(conditions, type.asText("")) == null) {
          return false;
        }
      }
    }
    return true;
  }

  /** Why the claim's devices will never be ready; null while they may. */
  @Nullable String failure(KubeObject claim) {
    JsonNode allocation = claim.at("status", "allocation");
    if (!any(allocation)) {
      return null;
    }
    for (JsonNode result : allocation.path("devices").path("results")) {
      if (result.path("bindingConditions").isEmpty()) {
        continue;
      }
      JsonNode conditions = conditions(claim, result);
      for (JsonNode type : result.path("bindingFailureConditions")) {
        JsonNode failed = trueCondition(conditions, type.asText(""));
        if (failed != null) {
          return "claim "
              + claim.name()
              + " binding failed: reason="
              + failed.path("reason").asText("")
              + ", message=\""
              + failed.path("message").asText("")
              + "\"";
        }
      }
    }
    Instant since = since(allocation);
    return since != null && !areReady(claim) && since.plus(TIMEOUT).isBefore(now())
        ? "claim " + claim.name() + " binding timeout"
        : null;
  }

  private static @Nullable Instant since(JsonNode allocation) {
    try {
      return Instant.parse(allocation.path("allocationTimestamp").asText(""));
    } catch (DateTimeException e) {
      return null;
    }
  }

  private static JsonNode conditions(KubeObject claim, JsonNode result) {
    for (JsonNode device : claim.at("status", "devices")) {
      if (device.path("driver").equals(result.path("driver"))
          && device.path("pool").equals(result.path("pool"))
          && device.path("device").equals(result.path("device"))) {
        return device.path("conditions");
      }
    }
    return result.path("no conditions yet");
  }

  private static @Nullable JsonNode trueCondition(JsonNode conditions, String type) {
    for (JsonNode c : conditions) {
      if (c.path("type").asText("").equals(type)) {
        return c.path("status").asText("").equals("True") ? c : null;
      }
    }
    return null;
  }

  /** Completes when the devices of all these claims are ready; fails when one never will be. */
  Uni<Void> ready(List<NamespacedName> of) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    context.execute(() -> {
      Waiter waiter = new Waiter(of, done);
      waiting.add(waiter);
      SerialContext.Timer timer =
          context.schedule(
              TIMEOUT,
              () ->
                  done.completeExceptionally(new IllegalStateException("device binding timeout")));
      done.whenComplete((_, _) -> {
        timer.cancel();
        waiting.remove(waiter);
      });
      look(waiter);
    });
    return Uni.createFrom().completionStage(done);
  }

  private void look(Waiter waiter) {
    boolean ready = true;
    for (NamespacedName name : waiter.claims) {
      KubeObject claim = claims.get(name.namespace(), name.name()).orElse(null);
      if (claim == null) {
        fail(waiter, "resourceclaim.resource.k8s.io \"" + name.name() + "\" not found");
        return;
      }
      String failure = failure(claim);
      if (failure != null) {
        fail(waiter, failure);
        return;
      }
      ready &= areReady(claim);
    }
    if (ready) {
      waiter.done.complete(null);
    }
  }

  private static void fail(Waiter waiter, String why) {
    waiter.done.completeExceptionally(new IllegalStateException(why));
  }

  @Override
  public void updated(KubeObject before, KubeObject now) {
    changed(now.key());
  }

  @Override
  public void deleted(KubeObject last) {
    changed(last.key());
  }

  private void changed(NamespacedName claim) {
    for (Waiter waiter : List.copyOf(waiting)) {
      if (waiter.claims.contains(claim)) {
        look(waiter);
      }
    }
  }
}
