package dev.coracle.controllers.internal;

import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.schema.CustomResources;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Scheme;
import dev.coracle.client.Informer;
import dev.coracle.controllers.internal.status.Conditions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Every resource there is, in one of its versions each: the built-in ones, and custom ones as their
 * definitions come and go. Owned by the controllers' context.
 */
public final class ResourceCatalog {

  /** What the catalog knows of a resource. */
  public record Entry(GroupVersionResource resource, boolean namespaced, List<String> verbs) {

    /** It can be followed and its objects deleted. */
    public boolean isCollectable() {
      return verbs.containsAll(List.of("delete", "list", "watch"));
    }

    static Entry of(ResourceDefinition definition) {
      return new Entry(definition.gvr(), definition.namespaced(), definition.verbs());
    }
  }

  /** Told when a resource comes or goes. */
  public interface Listener {
    void appeared(Entry entry);

    void disappeared(Entry entry);
  }

  private final Map<GroupResource, Entry> entries = new LinkedHashMap<>();
  private final Map<GroupVersionKind, Entry> byKind = new HashMap<>();

  /** Apart from the entries, which count as other resources when anything in them changes. */
  private final Set<GroupVersionKind> scalable = new HashSet<>();

  private final List<Listener> listeners = new ArrayList<>();

  public ResourceCatalog(Environment env) {
    for (ResourceDefinition definition : Scheme.builtIn().resources()) {
      Entry entry = Entry.of(definition);
      know(definition, entry);
      if (definition.gvr().equals(definition.storage())) {
        entries.put(definition.gvr().groupResource(), entry);
      } else {
        entries.putIfAbsent(definition.gvr().groupResource(), entry);
      }
    }
    env.informer(Resources.CUSTOM_RESOURCE_DEFINITIONS)
        .addHandler(
            new Informer.Handler() {
              @Override
              public void added(KubeObject crd) {
                define(crd);
              }

              @Override
              public void updated(KubeObject before, KubeObject now) {
                define(now);
              }

              @Override
              public void deleted(KubeObject last) {
                forget(last);
              }
            });
  }

  /** Events are left out: nothing owns them, and there are many. */
  public Collection<Entry> collectable() {
    return entries.values().stream()
        .filter(Entry::isCollectable)
        .filter(e -> !e.resource().resource().equals("events"))
        .toList();
  }

  /** What lies in namespaces and can be deleted: all of it goes with its namespace, Events too. */
  public Collection<Entry> namespaced() {
    return entries.values().stream()
        .filter(Entry::namespaced)
        .filter(e -> e.verbs().containsAll(List.of("delete", "list")))
        .toList();
  }

  public Optional<Entry> find(GroupResource resource) {
    return Optional.ofNullable(entries.get(resource));
  }

  public Optional<Entry> kind(String apiVersion, String kind) {
    return Optional.ofNullable(byKind.get(GroupVersionKind.of(apiVersion, kind)));
  }

  /** Whether objects of this kind have a {@code scale}. */
  public boolean isScalable(GroupVersionKind kind) {
    return scalable.contains(kind);
  }

  public void addListener(Listener listener) {
    listeners.add(listener);
  }

  private void know(ResourceDefinition definition, Entry entry) {
    byKind.put(definition.kind(), entry);
    if (definition.subresource("scale").isPresent()) {
      scalable.add(definition.kind());
    } else {
      scalable.remove(definition.kind());
    }
  }

  private void define(KubeObject crd) {
    if (!Conditions.isTrue(crd, "Established")) {
      return;
    }
    List<ResourceDefinition> versions = CustomResources.definitions(crd.tree());
    for (ResourceDefinition definition : versions) {
      know(definition, Entry.of(definition));
    }
    versions.stream()
        .filter(d -> d.gvr().equals(d.storage()))
        .findFirst()
        .or(() -> versions.stream().findFirst())
        .map(Entry::of)
        .filter(entry -> !entry.equals(entries.get(entry.resource().groupResource())))
        .ifPresent(entry -> {
          Entry before = entries.put(entry.resource().groupResource(), entry);
          if (before != null) {
            listeners.forEach(l -> l.disappeared(before));
          }
          listeners.forEach(l -> l.appeared(entry));
        });
  }

  private void forget(KubeObject crd) {
    for (ResourceDefinition definition : CustomResources.definitions(crd.tree())) {
      byKind.remove(definition.kind());
      scalable.remove(definition.kind());
    }
    Entry before =
        entries.remove(
            new GroupResource(crd.text("spec", "group"), crd.text("spec", "names", "plural")));
    if (before != null) {
      listeners.forEach(l -> l.disappeared(before));
    }
  }
}
