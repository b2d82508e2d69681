package dev.coracle.api;

import org.jspecify.annotations.Nullable;

/** Names a resource whatever its version: {@code pods}, {@code deployments.apps}. */
public record GroupResource(String group, String resource) {

  /** As Kubernetes prints it in messages: {@code pods}, {@code deployments.apps}. */
  @Override
  public String toString() {
    return group.isEmpty() ? resource : resource + "." + group;
  }

  // By hand (ADR 0280).
  @Override
  public boolean equals(@Nullable Object other) {
    return other == this
        || other instanceof GroupResource o && resource.equals(o.resource) && group.equals(o.group);
  }

  @Override
  public int hashCode() {
    return 31 * resource.hashCode() + group.hashCode();
  }
}
