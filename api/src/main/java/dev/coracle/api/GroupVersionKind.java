package dev.coracle.api;

import org.jspecify.annotations.Nullable;

/**
 * Names a kind in one of its versions, such as {@code apps/v1 Deployment}. The core group is the
 * empty string, as everywhere in Kubernetes.
 */
public record GroupVersionKind(String group, String version, String kind) {

  /**
   * The kind named by an object's {@code apiVersion} ({@code v1}, {@code apps/v1}) and {@code
   * kind}.
   */
  public static GroupVersionKind of(String apiVersion, String kind) {
    int slash = apiVersion.indexOf('/');
    return slash < 0
        ? new GroupVersionKind("", apiVersion, kind)
        : new GroupVersionKind(
            apiVersion.substring(0, slash), apiVersion.substring(slash + 1), kind);
  }

  /** {@code v1} or {@code apps/v1}: what stands in an object's {@code apiVersion}. */
  public String apiVersion() {
    return group.isEmpty() ? version : group + "/" + version;
  }

  @Override
  public String toString() {
    return apiVersion() + ", Kind=" + kind;
  }

  // By hand (ADR 0280).
  @Override
  public boolean equals(@Nullable Object other) {
    return other == this
        || other instanceof GroupVersionKind o
            && kind.equals(o.kind)
            && group.equals(o.group)
            && version.equals(o.version);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * kind.hashCode() + group.hashCode()) + version.hashCode();
  }
}
