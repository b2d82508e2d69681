package dev.coracle.apiserver.internal.webhook;

import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.admission.AdmissionPlugin;
import dev.coracle.apiserver.internal.admission.AdmissionRequest;
import dev.coracle.apiserver.internal.registry.Backstage;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Asks all validating webhooks at once; the first refusal, in their order, is the answer. */
public final class ValidatingWebhooks implements AdmissionPlugin {

  private final WebhookConfigurations configurations;
  private final WebhookCalls calls;

  public ValidatingWebhooks(WebhookConfigurations configurations, WebhookCalls calls) {
    this.configurations = configurations;
    this.calls = calls;
  }

  @Override
  public String name() {
    return "ValidatingAdmissionWebhook";
  }

  @Override
  public Uni<Void> validate(AdmissionRequest request) {
    List<Webhook> hooks = configurations.all();
    if (hooks.isEmpty() || Matching.exempt(request)) {
      return Backstage.DONE;
    }
    return calls.matching().namespaceOf(request).chain(namespace -> all(hooks, request, namespace));
  }

  private Uni<Void> all(
      List<Webhook> hooks, AdmissionRequest request, Optional<KubeObject> namespace) {
    List<Uni<Optional<Throwable>>> running = new ArrayList<>();
    for (Webhook hook : hooks) {
      Target target = calls.target(hook, request, namespace);
      if (target != null) {
        int index = running.size();
        running.add(
            ReviewedObject.ready(request, target)
                .chain(() -> ask(hook, request, target, index))
                .<Optional<Throwable>>map(_ -> Optional.empty())
                .onFailure()
                .recoverWithItem(Optional::of));
      }
    }
    if (running.isEmpty()) {
      return Backstage.DONE;
    }
    return Uni.join()
        .all(running)
        .andCollectFailures()
        .chain(results -> {
          for (Optional<Throwable> refusal : results) {
            if (refusal.isPresent()) {
              return Uni.createFrom().failure(refusal.get());
            }
          }
          return Backstage.DONE;
        });
  }

  private Uni<Void> ask(Webhook hook, AdmissionRequest request, Target target, int index) {
    if (!calls.conditionsHold(hook, request, target)) {
      return Backstage.DONE;
    }
    return calls
        .call(hook, request, target, false)
        .invoke(response -> {
          if (response.isEmpty()) {
            request.annotate(
                "failed-open.validating.webhook.admission.k8s.io/round_0_index_" + index,
                hook.name());
          }
        })
        .replaceWithVoid();
  }
}
