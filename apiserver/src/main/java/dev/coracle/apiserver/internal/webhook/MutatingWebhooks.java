package dev.coracle.apiserver.internal.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.patch.JsonPatch;
import dev.coracle.apiserver.internal.admission.AdmissionPlugin;
import dev.coracle.apiserver.internal.admission.AdmissionRequest;
import dev.coracle.apiserver.internal.admission.Reinvocation;
import dev.coracle.apiserver.internal.registry.Backstage;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Asks the mutating webhooks one after the other; each sees what those before it changed. One that
 * changes the object makes the chain run once more, in which those that asked for it are called
 * again when the object is not as they left it.
 */
public final class MutatingWebhooks implements AdmissionPlugin {

  private static final String NAME = "MutatingAdmissionWebhook";

  private final WebhookConfigurations configurations;
  private final WebhookCalls calls;

  public MutatingWebhooks(WebhookConfigurations configurations, WebhookCalls calls) {
    this.configurations = configurations;
    this.calls = calls;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Uni<Void> admit(AdmissionRequest request) {
    List<Webhook> hooks = configurations.all();
    if (hooks.isEmpty() || Matching.exempt(request)) {
      return Backstage.DONE;
    }
    Reinvocation.Turns turns = request.reinvocation().of(NAME);
    if (turns.isAgain()) {
      turns.changedMeanwhile(request.object());
    }
    return calls
        .matching()
        .namespaceOf(request)
        .chain(namespace -> next(hooks, 0, request, namespace, turns))
        .invoke(() -> turns.leftAs(request.object()));
  }

  private Uni<Void> next(
      List<Webhook> hooks,
      int from,
      AdmissionRequest request,
      Optional<KubeObject> namespace,
      Reinvocation.Turns turns) {
    for (int i = from; i < hooks.size(); i++) {
      Webhook hook = hooks.get(i);
      if (turns.isAgain() && !turns.wants(hook.id())) {
        continue;
      }
      Target target = calls.target(hook, request, namespace);
      if (target != null) {
        int index = i;
        return ReviewedObject.ready(request, target)
            .chain(() -> ask(hook, request, target, index, turns))
            .chain(() -> next(hooks, index + 1, request, namespace, turns));
      }
    }
    return Backstage.DONE;
  }

  private Uni<Void> ask(
      Webhook hook, AdmissionRequest request, Target target, int index, Reinvocation.Turns turns) {
    if (!calls.conditionsHold(hook, request, target)) {
      return Backstage.DONE;
    }
    return calls
        .call(hook, request, target, true)
        .chain(response -> answered(hook, request, target, index, turns, response))
        .invoke(() -> {
          if (hook.reinvoked()) {
            turns.invoked(hook.id());
          }
        });
  }

  private static Uni<Void> answered(
      Webhook hook,
      AdmissionRequest request,
      Target target,
      int index,
      Reinvocation.Turns turns,
      Optional<JsonNode> response) {
    String place = "round_" + (turns.isAgain() ? 1 : 0) + "_index_" + index;
    if (response.isEmpty()) {
      request.annotate("failed-open.mutation.webhook.admission.k8s.io/" + place, hook.name());
      return Backstage.DONE;
    }
    return patch(hook, request, target, response.get())
        .invoke(changed -> {
          if (changed) {
            turns.changed();
          }
          note(hook, request, place, changed, response.get());
        })
        .replaceWithVoid();
  }

  /** Who changed the object, and, where contents are logged, how. */
  private static void note(
      Webhook hook, AdmissionRequest request, String place, boolean changed, JsonNode response) {
    ObjectNode who =
        Json.object().put("configuration", hook.configuration()).put("webhook", hook.name());
    request.annotate(
        "mutation.webhook.admission.k8s.io/" + place,
        who.deepCopy().put("mutated", changed).toString());
    if (!response.path("patch").asText("").isEmpty()) {
      try {
        who.set("patch", Json.parse(response.get("patch").binaryValue()));
      } catch (IOException e) {
        throw StatusException.internal("illegal base64 data in the patch of " + hook.name());
      }
      request.annotateDetail(
          "patch.webhook.admission.k8s.io/" + place, who.put("patchType", "JSONPatch").toString());
    }
  }

  /** Whether the patch changed the object. */
  private static Uni<Boolean> patch(
      Webhook hook, AdmissionRequest request, Target target, JsonNode response) {
    ObjectNode shown = ReviewedObject.now(request, target);
    if (response.path("patch").asText("").isEmpty() || request.object() == null || shown == null) {
      return Uni.createFrom().item(false);
    }
    ObjectNode patched;
    try {
      JsonNode result = JsonPatch.apply(shown, Json.parse(response.get("patch").binaryValue()));
      if (!(result instanceof ObjectNode tree)) {
        throw StatusException.internal("the patch of " + hook.name() + " gives no object");
      }
      patched = tree;
    } catch (IOException e) {
      throw StatusException.internal("illegal base64 data in the patch of " + hook.name());
    } catch (StatusException e) {
      Throwable why = e.getCause();
      throw StatusException.internal(
          why == null ? e.status().message() : String.valueOf(why.getMessage()));
    }
    return ReviewedObject.back(request, target, patched).map(own -> Mutation.take(request, own));
  }
}
