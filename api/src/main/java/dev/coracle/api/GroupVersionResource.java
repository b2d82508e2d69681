package dev.coracle.api;

import org.jspecify.annotations.Nullable;

/**
 * Names a resource, the plural that stands in URLs, in one of its versions: {@code apps/v1
 * deployments}.
 */
public record GroupVersionResource(String group, String version, String resource) {

  /** The resource of an {@code apiVersion} such as {@code v1} or {@code apps/v1}. */
  public static GroupVersionResource of(String apiVersion, String resource) {
    GroupVersionKind gvk = GroupVersionKind.of(apiVersion, "");
    return new GroupVersionResource(gvk.group(), gvk.version(), resource);
  }

  public String apiVersion() {
    return group.isEmpty() ? version : group + "/" + version;
  }

  public GroupResource groupResource() {
    return new GroupResource(group, resource);
  }

  /** The URL path that holds this resource: {@code /api/v1} or {@code /apis/apps/v1}. */
  public String root() {
    return group.isEmpty() ? "/api/" + version : "/apis/" + group + "/" + version;
  }

  /** The URL path of a collection or an object; null parts are left out. */
  public String path(@Nullable String namespace, @Nullable String name) {
    StringBuilder path = new StringBuilder(root());
    if (namespace != null && !namespace.isEmpty()) {
      path.append("/namespaces/").append(namespace);
    }
    path.append('/').append(resource);
    if (name != null) {
      path.append('/').append(name);
    }
    return path.toString();
  }

  @Override
  public String toString() {
    return apiVersion() + ", Resource=" + resource;
  }

  // By hand (ADR 0280).
  @Override
  public boolean equals(@Nullable Object other) {
    return other == this
        || other instanceof GroupVersionResource o
            && resource.equals(o.resource)
            && group.equals(o.group)
            && version.equals(o.version);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * resource.hashCode() + group.hashCode()) + version.hashCode();
  }
}
