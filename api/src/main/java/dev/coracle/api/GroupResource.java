package dev.coracle.api;

/** Names a resource whatever its version: {@code pods}, {@code deployments.apps}. */
public record GroupResource(String group, String resource) {

  /** As Kubernetes prints it in messages: {@code pods}, {@code deployments.apps}. */
  @Override
  public String toString() {
    return group.isEmpty() ? resource : resource + "." + group;
  }
}
