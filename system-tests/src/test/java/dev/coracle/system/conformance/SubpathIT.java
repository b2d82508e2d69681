package dev.coracle.system.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Single files and directories of volumes. */
@Conformance
class SubpathIT {

  /** One file of a volume, mounted as a file, and the volume beside it; gone again afterwards. */
  private static void reads(Space space, String source, String subPath, String content) {
    TestPod pod =
        new TestPod("text")
            .spec("{securityContext: {seLinuxOptions: {level: 's0:c0,c1'}}}")
            .volume("v", source, "/whole")
            .mount("{name: v, mountPath: /test-volume, subPath: %s}".formatted(subPath))
            .volume("probe", "{emptyDir: {}}", "/probe-volume")
            .script("cat /test-volume; echo; cat /whole/" + subPath);
    assertThat(space.run(pod)).isEqualTo(content + "\n" + content + "\n");
    space.delete("pods", "text");
    space.awaitGone("pods", "text");
  }

  private static void map(Space space) {
    space.create("{apiVersion: v1, kind: ConfigMap, metadata: {name: data}, data: {file: text}}");
  }

  @Test
  @DisplayName(
      "[sig-storage] Subpath Atomic writer volumes should support subpaths with secret pod"
          + " [Conformance]")
  void secretPod(Space space) {
    space.create(
        "{apiVersion: v1, kind: Secret, metadata: {name: data}, stringData: {file: secret-value}}");
    reads(space, "{secret: {secretName: data}}", "file", "secret-value");
  }

  @Test
  @DisplayName(
      "[sig-storage] Subpath Atomic writer volumes should support subpaths with configmap pod"
          + " [Conformance]")
  void configmapPod(Space space) {
    map(space);
    reads(space, "{configMap: {name: data}}", "file", "text");
  }

  @Test
  @DisplayName(
      "[sig-storage] Subpath Atomic writer volumes should support subpaths with projected pod"
          + " [Conformance]")
  void projectedPod(Space space) {
    map(space);
    reads(
        space,
        "{projected: {sources: [{configMap: {name: data, items: [{key: file, path: deep/file}]}}]}}",
        "deep/file",
        "text");
  }

  @Test
  @DisplayName(
      "[sig-storage] Subpath Atomic writer volumes should support subpaths with downward pod"
          + " [Conformance]")
  void downwardPod(Space space) {
    reads(
        space,
        "{downwardAPI: {items: [{path: deep/file, fieldRef: {fieldPath: metadata.name}}]}}",
        "deep/file",
        "text");
  }

  @Test
  @DisplayName(
      "[sig-storage] Subpath Atomic writer volumes should support subpaths with configmap pod with"
          + " mountPath of existing file [Conformance]")
  void existingFile(Space space) {
    map(space);
    TestPod pod =
        new TestPod("reader")
            .volume("v", "{configMap: {name: data}}", "/whole")
            .mount("{name: v, mountPath: /etc/group, subPath: file}")
            .mount("{name: v, mountPath: /etc/resolv.conf, subPath: file}")
            .script("cat /etc/group /etc/resolv.conf; test -s /etc/passwd && echo .");
    assertThat(space.run(pod)).isEqualTo("texttext.\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected combined should project all components that make up the projection"
          + " API [Projection] [Conformance] [NodeConformance]")
  void combined(Space space) {
    space.create("{apiVersion: v1, kind: ConfigMap, metadata: {name: map}, data: {m: map-value}}");
    space.create(
        "{apiVersion: v1, kind: Secret, metadata: {name: secret}, stringData: {s: secret-value}}");
    TestPod pod =
        new TestPod("all")
            .volume(
                "v",
                """
                projected:
                  sources:
                  - downwardAPI: {items: [{path: podname, fieldRef: {fieldPath: metadata.name}}]}
                  - secret: {name: secret, items: [{key: s, path: deep/s}]}
                  - configMap: {name: map}
                """,
                "/all")
            .script("cat /all/podname; echo; cat /all/deep/s; echo; cat /all/m");
    assertThat(space.run(pod)).isEqualTo("all\nsecret-value\nmap-value\n");
  }
}
