package dev.coracle.api.schema;

import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.schema.ResourceTable.Group;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * All resources that one API server serves: the built-in ones and those added for custom resources.
 *
 * <p>Readers see one consistent snapshot per call and never wait; {@link #put} and {@link #remove}
 * copy and replace it. {@link #generation()} grows with each change, so that documents built from
 * the scheme know when they are out of date.
 */
public final class Scheme {

  /** The priority of groups that only custom resources have. */
  private static final int CUSTOM_PRIORITY = 1000;

  /** One version of a group and what it serves, by plural name in alphabetical order. */
  public record Version(String group, String version, List<ResourceDefinition> resources) {
    public String apiVersion() {
      return group.isEmpty() ? version : group + "/" + version;
    }
  }

  /** A group with its versions, the preferred one first. */
  public record ApiGroup(String name, List<Version> versions) {
    public Version preferred() {
      return versions.getFirst();
    }
  }

  private record Snapshot(
      Map<GroupVersionResource, ResourceDefinition> byResource,
      Map<GroupVersionKind, ResourceDefinition> byKind,
      List<ApiGroup> groups,
      long generation) {}

  private final Map<String, Group> known;
  private volatile Snapshot snapshot;

  private Scheme(Map<String, Group> known, List<ResourceDefinition> resources) {
    this.known = known;
    this.snapshot = snapshot(resources, 1);
  }

  /** Kubernetes 1.36 with every GA and beta resource. Each call makes a scheme of its own. */
  public static Scheme builtIn() {
    return builtIn(gvr -> !gvr.version().contains("alpha"));
  }

  /** Kubernetes 1.36 with the resources that are wanted, of all the table knows. */
  public static Scheme builtIn(Predicate<GroupVersionResource> wanted) {
    ResourceTable table = new ResourceTable(SchemaTable.kubernetes());
    List<ResourceDefinition> all =
        table.resources().stream().filter(r -> wanted.test(r.gvr())).toList();
    Map<GroupResource, GroupVersionResource> preferred = new HashMap<>();
    all.stream()
        .sorted(Comparator.comparingInt(r -> rank(table.groups(), r.gvr())))
        .forEach(r -> preferred.putIfAbsent(r.gvr().groupResource(), r.gvr()));
    List<ResourceDefinition> stored =
        all.stream()
            .map(r ->
                r.storage().equals(r.gvr())
                    ? withStorage(r, preferred.getOrDefault(r.gvr().groupResource(), r.gvr()))
                    : r)
            .toList();
    return new Scheme(table.groups(), stored);
  }

  private static int rank(Map<String, Group> groups, GroupVersionResource gvr) {
    Group group = groups.get(gvr.group());
    return group == null ? 0 : group.versions().indexOf(gvr.version());
  }

  private static ResourceDefinition withStorage(ResourceDefinition r, GroupVersionResource at) {
    return new ResourceDefinition(
        r.gvr(),
        r.kind(),
        r.listKind(),
        r.singular(),
        r.namespaced(),
        r.verbs(),
        r.shortNames(),
        r.categories(),
        r.subresources(),
        at,
        r.schema(),
        r.custom());
  }

  public Optional<ResourceDefinition> resource(GroupVersionResource gvr) {
    return Optional.ofNullable(snapshot.byResource.get(gvr));
  }

  public Optional<ResourceDefinition> resource(String group, String version, String plural) {
    return resource(new GroupVersionResource(group, version, plural));
  }

  public Optional<ResourceDefinition> kind(GroupVersionKind gvk) {
    return Optional.ofNullable(snapshot.byKind.get(gvk));
  }

  /** The resource in the version its group prefers, of those that have it. */
  public Optional<ResourceDefinition> preferred(GroupResource resource) {
    for (ApiGroup group : snapshot.groups) {
      if (group.name().equals(resource.group())) {
        for (Version version : group.versions()) {
          Optional<ResourceDefinition> r =
              resource(group.name(), version.version(), resource.resource());
          if (r.isPresent()) {
            return r;
          }
        }
      }
    }
    return Optional.empty();
  }

  /** The resource in all its served versions, the preferred one first. */
  public List<ResourceDefinition> versions(GroupResource resource) {
    return group(resource.group()).stream()
        .flatMap(g -> g.versions().stream())
        .flatMap(v -> resource(v.group(), v.version(), resource.resource()).stream())
        .toList();
  }

  /** All groups in the order of discovery, the core group first. */
  public List<ApiGroup> groups() {
    return snapshot.groups;
  }

  public Optional<ApiGroup> group(String name) {
    return snapshot.groups.stream().filter(g -> g.name().equals(name)).findFirst();
  }

  public Optional<Version> version(String group, String version) {
    return group(group).stream()
        .flatMap(g -> g.versions().stream())
        .filter(v -> v.version().equals(version))
        .findFirst();
  }

  public Collection<ResourceDefinition> resources() {
    return snapshot.byResource.values();
  }

  public long generation() {
    return snapshot.generation;
  }

  /**
   * Replaces the versions of one custom resource by these; an empty list removes it.
   *
   * @throws IllegalArgumentException when it would hide a built-in resource
   */
  public synchronized void put(GroupResource resource, List<ResourceDefinition> versions) {
    List<ResourceDefinition> kept = new ArrayList<>();
    for (ResourceDefinition r : snapshot.byResource.values()) {
      if (!r.gvr().groupResource().equals(resource)) {
        kept.add(r);
      } else if (r.builtIn()) {
        throw new IllegalArgumentException(resource + " is built in");
      }
    }
    kept.addAll(versions);
    snapshot = snapshot(kept, snapshot.generation + 1);
  }

  /** Forgets a custom resource in all its versions. */
  public void remove(GroupResource resource) {
    put(resource, List.of());
  }

  private Snapshot snapshot(List<ResourceDefinition> resources, long generation) {
    Map<GroupVersionResource, ResourceDefinition> byResource =
        LinkedHashMap.newLinkedHashMap(resources.size());
    Map<GroupVersionKind, ResourceDefinition> byKind = HashMap.newHashMap(resources.size());
    Map<String, Map<String, List<ResourceDefinition>>> byGroup = new TreeMap<>();
    for (ResourceDefinition r : resources) {
      byResource.put(r.gvr(), r);
      byKind.putIfAbsent(r.kind(), r);
      byGroup
          .computeIfAbsent(r.gvr().group(), x -> new TreeMap<>())
          .computeIfAbsent(r.gvr().version(), x -> new ArrayList<>())
          .add(r);
    }
    List<ApiGroup> groups = new ArrayList<>();
    byGroup.forEach((name, versions) -> groups.add(group(name, versions)));
    groups.sort(Comparator.comparingInt(g -> -priority(g.name())));
    // The core group comes first, whatever the aggregator's order of the others.
    groups.sort(Comparator.comparingInt(g -> g.name().isEmpty() ? 0 : 1));
    return new Snapshot(byResource, byKind, List.copyOf(groups), generation);
  }

  private int priority(String group) {
    Group g = known.get(group);
    return g == null ? CUSTOM_PRIORITY : g.priority();
  }

  private ApiGroup group(String name, Map<String, List<ResourceDefinition>> versions) {
    Group g = known.get(name);
    List<String> order = g == null ? List.of() : g.versions();
    List<Version> out = new ArrayList<>();
    versions.forEach((version, resources) -> {
      resources.sort(Comparator.comparing(r -> r.gvr().resource()));
      out.add(new Version(name, version, List.copyOf(resources)));
    });
    out.sort(
        Comparator.<Version>comparingInt(
                v -> order.contains(v.version()) ? order.indexOf(v.version()) : order.size())
            .thenComparing(Version::version, KubeVersions.NEWEST_FIRST));
    return new ApiGroup(name, List.copyOf(out));
  }
}
