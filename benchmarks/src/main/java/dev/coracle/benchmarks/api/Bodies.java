package dev.coracle.benchmarks.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;

/** What is sent: objects of 2 KB as a client writes them, all different. */
final class Bodies {

  private static final int BYTES = 2000;

  private Bodies() {}

  /** Values that no two objects share, and that compress about as real ones do. */
  private static String filling(int seed, int bytes) {
    String pattern = Integer.toHexString(seed * 0x9e3779b1) + "-" + Integer.toHexString(seed) + ".";
    return pattern.repeat(bytes / pattern.length() + 1).substring(0, bytes);
  }

  static byte[] configMap(String namespace, String name, int seed) {
    return KubeObject.create(
            GroupVersionKind.of("v1", "ConfigMap"),
            namespace,
            name,
            o -> {
              o.withObject("/metadata").putObject("labels").put("app", "bench-" + seed % 100);
              o.putObject("data").put("content", filling(seed, BYTES - 150));
            })
        .json();
  }

  /** Two containers with environment, resources and probes; environment values fill it up. */
  static byte[] pod(String namespace, String name, int seed) {
    KubeObject pod =
        KubeObject.create(
            GroupVersionKind.of("v1", "Pod"),
            namespace,
            name,
            o -> {
              ObjectNode labels = o.withObject("/metadata").putObject("labels");
              labels.put("app", "bench-" + seed % 100).put("tier", "backend");
              ObjectNode spec = o.putObject("spec");
              spec.put("nodeName", "node-" + seed % 100).put("serviceAccountName", "default");
              spec.put("automountServiceAccountToken", false);
              var containers = spec.putArray("containers");
              for (String container : new String[] {"server", "sidecar"}) {
                containers.add(container(container, seed));
              }
            });
    return pod.json();
  }

  private static ObjectNode container(String name, int seed) {
    ObjectNode c = Json.object();
    c.put("name", name).put("image", "registry.example/bench/" + name + ":1." + seed % 50);
    c.putArray("ports").addObject().put("name", "http").put("containerPort", 8080);
    var environment = c.putArray("env");
    for (int i = 0; i < 6; i++) {
      environment.addObject().put("name", "SETTING_" + i).put("value", filling(seed + i, 60));
    }
    ObjectNode resources = c.putObject("resources");
    resources.putObject("requests").put("cpu", "100m").put("memory", "128Mi");
    resources.putObject("limits").put("memory", "256Mi");
    ObjectNode get = c.putObject("readinessProbe").putObject("httpGet");
    get.put("path", "/ready").put("port", "http");
    return c;
  }
}
