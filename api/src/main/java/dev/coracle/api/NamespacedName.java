package dev.coracle.api;

import org.jspecify.annotations.Nullable;

/** An object's name within its resource; the namespace is empty for cluster-scoped objects. */
public record NamespacedName(String namespace, String name) implements Comparable<NamespacedName> {

  public static NamespacedName of(KubeObject object) {
    return new NamespacedName(object.namespace(), object.name());
  }

  /** Reads {@code name} or {@code namespace/name}. */
  public static NamespacedName parse(String key) {
    int slash = key.indexOf('/');
    return slash < 0
        ? new NamespacedName("", key)
        : new NamespacedName(key.substring(0, slash), key.substring(slash + 1));
  }

  @Override
  public int compareTo(NamespacedName other) {
    int byNamespace = namespace.compareTo(other.namespace);
    return byNamespace != 0 ? byNamespace : name.compareTo(other.name);
  }

  @Override
  public String toString() {
    return namespace.isEmpty() ? name : namespace + "/" + name;
  }

  // By hand (ADR 0280).
  @Override
  public boolean equals(@Nullable Object other) {
    return other == this
        || other instanceof NamespacedName o
            && name.equals(o.name)
            && namespace.equals(o.namespace);
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + namespace.hashCode();
  }
}
