package dev.coracle.apiserver.internal.registry;

import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Scheme;
import dev.coracle.watchhub.ResourceStore;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * The resources that are served, each with its rules and strategy. Safe on any thread: types are
 * made on first use and thrown away when their definition in the scheme changes.
 */
public final class Registry {

  private final Scheme scheme;
  private final ResourceStore store;
  private final Function<ResourceDefinition, ResourceType> maker;
  private final Map<GroupVersionResource, ResourceType> types = new ConcurrentHashMap<>();

  public Registry(
      Scheme scheme, ResourceStore store, Function<ResourceDefinition, ResourceType> maker) {
    this.scheme = scheme;
    this.store = store;
    this.maker = maker;
  }

  public Scheme scheme() {
    return scheme;
  }

  public Optional<ResourceType> find(GroupVersionResource resource) {
    ResourceType known = types.get(resource);
    Optional<ResourceDefinition> definition = scheme.resource(resource);
    if (definition.isEmpty()) {
      types.remove(resource);
      return Optional.empty();
    }
    if (known != null && known.definition() == definition.get()) {
      return Optional.of(known);
    }
    ResourceType made = maker.apply(definition.get());
    store.selectableFields(
        made.stored(), SelectableFields.readers(made.stored(), storedFields(made)));
    types.put(resource, made);
    return Optional.of(made);
  }

  /** Of custom resources those of all versions: the store has one set for a resource. */
  private Set<String> storedFields(ResourceType type) {
    if (!type.stored().equals(type.groupResource())) {
      return scheme
          .preferred(type.stored())
          .map(d -> SelectableFields.of(maker.apply(d)))
          .orElseGet(() -> SelectableFields.of(type));
    }
    Set<String> out = new HashSet<>(SelectableFields.of(type));
    if (type.custom()) {
      scheme
          .versions(type.groupResource())
          .forEach(d -> out.addAll(SelectableFields.of(maker.apply(d))));
    }
    return out;
  }

  /** Whether a group has resources that no definition made. */
  public boolean hasBuiltIn(String group) {
    return scheme.group(group).stream()
        .flatMap(g -> g.versions().stream())
        .flatMap(v -> v.resources().stream())
        .anyMatch(ResourceDefinition::builtIn);
  }

  /** The resource in its group's preferred version. */
  public Optional<ResourceType> preferred(GroupResource resource) {
    return scheme.preferred(resource).flatMap(d -> find(d.gvr()));
  }

  /** A resource that is known to be built in. */
  public ResourceType require(GroupVersionResource resource) {
    return find(resource).orElseThrow(() -> new IllegalStateException(resource + " is not served"));
  }
}
