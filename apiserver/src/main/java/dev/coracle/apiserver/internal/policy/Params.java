package dev.coracle.apiserver.internal.policy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.apiserver.internal.admission.AdmissionRequest;
import dev.coracle.apiserver.internal.registry.Registry;
import dev.coracle.apiserver.internal.registry.ResourceType;
import dev.coracle.cel.CelFailure;
import dev.coracle.watchhub.ResourceStore;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds the parameters a binding refers to. A policy without parameters gets one empty; a binding
 * that allows for missing ones gets none, and is not asked then.
 */
final class Params {

  private static final Uni<List<Optional<KubeObject>>> WITHOUT =
      Uni.createFrom().item(List.of(Optional.empty()));

  private final Supplier<Registry> registry;
  private final ResourceStore store;

  Params(Supplier<Registry> registry, ResourceStore store) {
    this.registry = registry;
    this.store = store;
  }

  /** Fails with {@link CelFailure} where the binding can not be followed. */
  Uni<List<Optional<KubeObject>>> of(
      @Nullable GroupVersionKind kind, JsonNode ref, AdmissionRequest request) {
    if (kind == null || !ref.isObject()) {
      return WITHOUT;
    }
    ResourceType type =
        registry
            .get()
            .scheme()
            .kind(kind)
            .map(ResourceDefinition::gvr)
            .flatMap(registry.get()::find)
            .orElse(null);
    if (type == null) {
      return failure(
          "failed to find resource referenced by paramKind: '"
              + kind.apiVersion()
              + ", Kind="
              + kind.kind()
              + "'");
    }
    String namespace = ref.path("namespace").asText("");
    if (!type.namespaced() && !namespace.isEmpty()) {
      return failure("paramRef.namespace must not be provided for a cluster-scoped `paramKind`");
    }
    if (type.namespaced() && namespace.isEmpty()) {
      namespace = request.call().namespace();
      if (namespace.isEmpty()) {
        return failure(
            "cannot use namespaced paramRef in policy binding that matches cluster-scoped"
                + " resources");
      }
    }
    return find(type, namespace, ref).chain(found -> orMissing(found, ref));
  }

  private Uni<List<Optional<KubeObject>>> find(ResourceType type, String namespace, JsonNode ref) {
    String name = ref.path("name").asText("");
    if (!name.isEmpty()) {
      return store
          .get(type.stored(), new NamespacedName(namespace, name))
          .map(o -> List.of(Optional.of(type.present(o))))
          .onFailure(StatusException::isNotFound)
          .recoverWithItem(List.of());
    }
    ListOptions selected = ListOptions.ALL.withLabels(LabelSelector.of(ref.path("selector")));
    return store
        .list(type.stored(), namespace, selected)
        .map(list -> list.items().stream().map(o -> Optional.of(type.present(o))).toList());
  }

  private static Uni<List<Optional<KubeObject>>> orMissing(
      List<Optional<KubeObject>> found, JsonNode ref) {
    if (found.isEmpty() && !ref.path("parameterNotFoundAction").asText("Deny").equals("Allow")) {
      return failure("no params found for policy binding with `Deny` parameterNotFoundAction");
    }
    return Uni.createFrom().item(found);
  }

  private static <T> Uni<T> failure(String why) {
    return Uni.createFrom().failure(new CelFailure("failed to configure binding: " + why, false));
  }
}
