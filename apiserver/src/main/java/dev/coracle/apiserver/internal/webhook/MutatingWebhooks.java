package dev.coracle.apiserver.internal.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.internal.admission.AdmissionPlugin;
import dev.coracle.apiserver.internal.admission.AdmissionRequest;
import dev.coracle.apiserver.internal.admission.Reinvocation;
import dev.coracle.apiserver.internal.registry.Backstage;
import io.smallrye.mutiny.Uni;
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
    String place = "round_" + (turns.isAgain() ? 1 : 0) + "_index_" + index;
    return calls
        .call(hook, request, target, true)
        .chain(response -> answered(hook, request, target, place, response))
        .onFailure()
        .invoke(_ -> noteMutation(hook, request, place, false))
        .invoke(changed -> {
          noteMutation(hook, request, place, changed);
          if (changed) {
            turns.changed();
          }
          if (hook.reinvoked()) {
            turns.invoked(hook.id());
          }
        })
        .replaceWithVoid();
  }

  /** Whether the webhook changed the object. */
  private static Uni<Boolean> answered(
      Webhook hook,
      AdmissionRequest request,
      Target target,
      String place,
      Optional<JsonNode> response) {
    if (response.isEmpty()) {
      request.annotate("failed-open.mutation.webhook.admission.k8s.io/" + place, hook.name());
      return Uni.createFrom().item(false);
    }
    ArrayNode operations = Patching.operations(response.get());
    if (operations.isEmpty()) {
      return Uni.createFrom().item(false);
    }
    ObjectNode shown = ReviewedObject.now(request, target);
    if (request.object() == null || shown == null) {
      throw StatusException.internal(
          "admission webhook \""
              + hook.name()
              + "\" attempted to modify the object, which is not supported for this operation");
    }
    ObjectNode patched = Patching.apply(shown, operations, hook.name());
    boolean other = !patched.equals(shown);
    notePatch(hook, request, place, operations);
    return ReviewedObject.back(request, target, patched)
        .map(own -> Mutation.take(request, own) || other);
  }

  private static void noteMutation(
      Webhook hook, AdmissionRequest request, String place, boolean changed) {
    ObjectNode who = who(hook).put("mutated", changed);
    request.annotate("mutation.webhook.admission.k8s.io/" + place, who.toString());
  }

  /** Where contents are logged: how the webhook changed the object. */
  private static void notePatch(
      Webhook hook, AdmissionRequest request, String place, ArrayNode operations) {
    ObjectNode who = who(hook);
    who.set("patch", operations);
    request.annotateDetail(
        "patch.webhook.admission.k8s.io/" + place, who.put("patchType", "JSONPatch").toString());
  }

  private static ObjectNode who(Webhook hook) {
    return Json.object().put("configuration", hook.configuration()).put("webhook", hook.name());
  }
}
