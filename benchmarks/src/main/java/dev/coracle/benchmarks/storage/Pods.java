package dev.coracle.benchmarks.storage;

import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;

/** Pods of about the size that real ones have once they run (4.5 KB), all different. */
final class Pods {

  static final GroupResource RESOURCE = new GroupResource("", "pods");
  private static final GroupVersionKind KIND = GroupVersionKind.of("v1", "Pod");

  private Pods() {}

  static String namespace(int n) {
    return "ns" + n % 10;
  }

  static String name(int n) {
    return "pod-" + n;
  }

  static KubeObject make(int n, int bytes) {
    String pattern = Integer.toHexString(n * 31);
    String padding = pattern.repeat(bytes / pattern.length()).substring(0, bytes - 250);
    return KubeObject.create(
        KIND,
        namespace(n),
        name(n),
        o -> {
          o.withObject("/metadata").putObject("labels").put("app", "bench-" + n % 500);
          o.putObject("spec").put("nodeName", "node-" + n % 1000).put("padding", padding);
        });
  }
}
