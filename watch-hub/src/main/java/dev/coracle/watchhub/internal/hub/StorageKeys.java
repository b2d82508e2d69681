package dev.coracle.watchhub.internal.hub;

import dev.coracle.api.GroupResource;
import dev.coracle.api.NamespacedName;
import java.util.Map;
import java.util.Set;

/**
 * Where objects lie: as in upstream's kube-apiserver, {@code /registry/pods/ns/name}, with the old
 * names that some resources kept, and custom resources under their group.
 */
final class StorageKeys {

  private static final Map<String, String> OLD_NAMES =
      Map.of(
          "nodes", "minions",
          "services", "services/specs",
          "endpoints", "services/endpoints",
          "replicationcontrollers", "controllers",
          "ingresses.networking.k8s.io", "ingress");

  /** Groups whose resources lie directly below the root. */
  private static final Set<String> BUILT_IN =
      Set.of(
          "",
          "admissionregistration.k8s.io",
          "apps",
          "autoscaling",
          "batch",
          "certificates.k8s.io",
          "coordination.k8s.io",
          "discovery.k8s.io",
          "events.k8s.io",
          "flowcontrol.apiserver.k8s.io",
          "internal.apiserver.k8s.io",
          "networking.k8s.io",
          "node.k8s.io",
          "policy",
          "rbac.authorization.k8s.io",
          "resource.k8s.io",
          "scheduling.k8s.io",
          "storage.k8s.io",
          "storagemigration.k8s.io");

  private final String root;

  /**
   * @param prefix {@code /registry}
   */
  StorageKeys(String prefix) {
    this.root = prefix + "/";
  }

  /** What all keys begin with: {@code /registry/}. */
  String root() {
    return root;
  }

  /** The resource's folder, with the slash at its end: {@code services/specs/}. */
  static String folder(GroupResource resource) {
    String old = OLD_NAMES.get(resource.toString());
    if (old != null) {
      return old + "/";
    }
    return BUILT_IN.contains(resource.group())
        ? resource.resource() + "/"
        : resource.group() + "/" + resource.resource() + "/";
  }

  /** The folder of a key without its root; empty for a key that is no object's. */
  static String folderOf(String path) {
    int first = path.indexOf('/');
    if (first <= 0) {
      return "";
    }
    String head = path.substring(0, first);
    if (head.equals("services") || head.indexOf('.') >= 0) {
      int second = path.indexOf('/', first + 1);
      return second < 0 ? "" : path.substring(0, second + 1);
    }
    return path.substring(0, first + 1);
  }

  /** An object's place within its resource: {@code ns/name}, or {@code name}. */
  static String local(NamespacedName name) {
    return name.toString();
  }

  String key(GroupResource resource, NamespacedName name) {
    return root + folder(resource) + local(name);
  }
}
