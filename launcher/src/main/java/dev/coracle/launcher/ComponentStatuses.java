package dev.coracle.launcher;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Component;
import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.apiserver.ApiServerHooks;
import dev.coracle.apiserver.HealthCheck;
import dev.coracle.apiserver.ObjectProvider;
import io.smallrye.mutiny.Uni;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** {@code kubectl get componentstatuses}: how the parts of the control plane are. */
final class ComponentStatuses implements ObjectProvider {

  private static final GroupResource RESOURCE = new GroupResource("", "componentstatuses");

  private static final String STORE = "watch-hub";
  private static final GroupVersionKind KIND = new GroupVersionKind("", "v1", "ComponentStatus");

  /** Upstream's name of each part to that of the component here. */
  private static final Map<String, String> NAMES =
      new TreeMap<>(
          Map.of(
              "controller-manager", "kube-controller-manager",
              "scheduler", "kube-scheduler",
              "etcd-0", STORE));

  private final List<Component> started;

  /**
   * @param started what runs by now; it may change
   */
  ComponentStatuses(List<Component> started) {
    this.started = started;
  }

  /** These hooks and this resource. */
  ApiServerHooks addTo(ApiServerHooks hooks) {
    Map<GroupResource, ObjectProvider> providers = new HashMap<>(hooks.providers());
    providers.put(RESOURCE, this);
    return new ApiServerHooks(hooks.routes(), hooks.checks(), providers);
  }

  /** The store, under the name that probes know it by. */
  HealthCheck etcd() {
    return new HealthCheck("etcd", HealthCheck.At.EVERYWHERE, () -> problem(STORE));
  }

  @Override
  public Uni<KubeObject> get(String namespace, String name) {
    String component = NAMES.get(name);
    return component == null
        ? Uni.createFrom().failure(StatusException.notFound(RESOURCE, name))
        : Uni.createFrom().item(() -> status(name, component));
  }

  @Override
  public Uni<KubeList> list(String namespace, ListOptions options) {
    return Uni.createFrom()
        .item(() ->
            new KubeList(
                "",
                "",
                -1,
                NAMES.entrySet().stream()
                    .map(e -> status(e.getKey(), e.getValue()))
                    .filter(s -> options.labels().matches(s.labels()))
                    .filter(s -> options.fields().matches(s))
                    .toList()));
  }

  /** Empty when the component runs well. */
  private Optional<String> problem(String component) {
    return started.stream()
        .filter(c -> c.name().equals(component))
        .findFirst()
        .map(Component::unhealthy)
        .orElse(Optional.of("not started"));
  }

  private KubeObject status(String name, String component) {
    Optional<String> problem = problem(component);
    return KubeObject.create(
        KIND,
        "",
        name,
        node -> {
          ObjectNode condition = node.putArray("conditions").addObject();
          condition.put("type", "Healthy").put("status", problem.isEmpty() ? "True" : "False");
          condition.put("message", problem.orElse("ok"));
        });
  }
}
