package dev.coracle.apiserver.internal.discovery;

import dev.coracle.apiserver.HealthCheck;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * How far the server has come with its start, told by the checks that upstream's hooks after the
 * start have: what one of them does there is done here when its step is. Safe on any thread.
 */
public final class StartHooks {

  /** The steps in their order. */
  public enum Step {
    CACHES(
        "start-apiserver-admission-initializer",
        "generic-apiserver-start-informers",
        "priority-and-fairness-config-consumer",
        "priority-and-fairness-filter",
        "start-apiextensions-informers",
        "start-apiextensions-controllers",
        "crd-informer-synced"),
    OBJECTS(
        "start-system-namespaces-controller",
        "rbac/bootstrap-roles",
        "scheduling/bootstrap-system-priority-classes",
        "priority-and-fairness-config-producer",
        "start-cluster-authentication-info-controller",
        "start-kube-aggregator-informers",
        "apiservice-registration-controller",
        "apiservice-discovery-controller",
        "kube-apiserver-autoregistration",
        "apiservice-status-local-available-controller",
        "apiservice-status-remote-available-controller",
        "apiservice-openapi-controller",
        "apiservice-openapiv3-controller"),
    ADDRESSES("bootstrap-controller", "start-kubernetes-service-cidr-controller");

    private final List<String> hooks;

    Step(String... hooks) {
      this.hooks = List.of(hooks);
    }
  }

  private volatile int done;
  private volatile boolean stopping;

  /** To be called in the order of the steps. */
  public void reached(Step step) {
    done = step.ordinal() + 1;
  }

  /** Requests that come now are answered yet, and none should be sent any more. */
  public void stopping() {
    stopping = true;
  }

  /**
   * @param registration what keeps the APIServices of what is built in from being there
   */
  public List<HealthCheck> checks(Supplier<Optional<String>> registration) {
    List<HealthCheck> out = new ArrayList<>();
    for (Step step : Step.values()) {
      for (String hook : step.hooks) {
        out.add(
            new HealthCheck(
                "poststarthook/" + hook, HealthCheck.At.EVERYWHERE, () -> unfinished(step)));
      }
    }
    out.add(new HealthCheck("autoregister-completion", HealthCheck.At.EVERYWHERE, registration));
    out.add(new HealthCheck("informer-sync", HealthCheck.At.READYZ, () -> unfinished(Step.CACHES)));
    out.add(
        new HealthCheck(
            "shutdown",
            HealthCheck.At.READYZ,
            () -> stopping ? Optional.of("process is shutting down") : Optional.empty()));
    return out;
  }

  private Optional<String> unfinished(Step step) {
    return done > step.ordinal() ? Optional.empty() : Optional.of("not finished");
  }
}
