package dev.coracle.dashboard.fake;

import java.util.List;

/** A kind the fake server has. */
public record FakeKind(
    String group, String version, String resource, String kind, boolean namespaced) {
  /** What a cluster of the tests knows. */
  public static final List<FakeKind> ALL =
      List.of(
          core("pods", "Pod", true),
          core("nodes", "Node", false),
          core("namespaces", "Namespace", false),
          core("events", "Event", true),
          core("services", "Service", true),
          core("configmaps", "ConfigMap", true),
          core("secrets", "Secret", true),
          core("persistentvolumes", "PersistentVolume", false),
          core("persistentvolumeclaims", "PersistentVolumeClaim", true),
          core("serviceaccounts", "ServiceAccount", true),
          new FakeKind("apps", "v1", "deployments", "Deployment", true),
          new FakeKind("apps", "v1", "statefulsets", "StatefulSet", true),
          new FakeKind("apps", "v1", "daemonsets", "DaemonSet", true),
          new FakeKind("apps", "v1", "replicasets", "ReplicaSet", true),
          new FakeKind("batch", "v1", "jobs", "Job", true),
          new FakeKind("batch", "v1", "cronjobs", "CronJob", true),
          new FakeKind("networking.k8s.io", "v1", "ingresses", "Ingress", true),
          new FakeKind("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", true),
          new FakeKind("storage.k8s.io", "v1", "storageclasses", "StorageClass", false),
          new FakeKind("example.dev", "v1", "boats", "Boat", true));

  private static FakeKind core(String resource, String kind, boolean namespaced) {
    return new FakeKind("", "v1", resource, kind, namespaced);
  }

  public String apiVersion() {
    return group.isEmpty() ? version : group + "/" + version;
  }

  /** The kind of an object's apiVersion and kind. */
  public static FakeKind of(String apiVersion, String kind) {
    return ALL.stream()
        .filter(k -> k.apiVersion().equals(apiVersion) && k.kind.equals(kind))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(apiVersion + " " + kind));
  }
}
