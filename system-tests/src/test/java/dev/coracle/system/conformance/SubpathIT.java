package dev.coracle.system.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Single files and directories of volumes. */
@Conformance
class SubpathIT {

  @Test
  @DisplayName(
      "[sig-storage] Subpath Atomic writer volumes should support subpaths with secret pod"
          + " [Conformance]")
  void secretPod(Space space) {
    space.create(
        "{apiVersion: v1, kind: Secret, metadata: {name: data}, stringData: {file: text}}");
    TestPod pod = new TestPod("text").script("cat /one/file; ls /whole");
    pod.volume("v", "{secret: {secretName: data}}", "/whole")
        .mount("{name: v, mountPath: /one/file, subPath: file}");
    assertThat(space.run(pod)).isEqualTo("textfile\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Subpath Atomic writer volumes should support subpaths with configmap pod"
          + " [Conformance]")
  void configmapPod(Space space) {
    space.create("{apiVersion: v1, kind: ConfigMap, metadata: {name: data}, data: {file: text}}");
    TestPod pod = new TestPod("text").script("cat /one/file; ls /whole");
    pod.volume("v", "{configMap: {name: data}}", "/whole")
        .mount("{name: v, mountPath: /one/file, subPath: file}");
    assertThat(space.run(pod)).isEqualTo("textfile\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Subpath Atomic writer volumes should support subpaths with projected pod"
          + " [Conformance]")
  void projectedPod(Space space) {
    space.create("{apiVersion: v1, kind: ConfigMap, metadata: {name: data}, data: {file: text}}");
    TestPod pod = new TestPod("text").script("cat /one/file; ls /whole/deep");
    pod.volume(
            "v",
            "{projected: {sources: [{configMap: {name: data, items: [{key: file, path:"
                + " deep/file}]}}]}}",
            "/whole")
        .mount("{name: v, mountPath: /one/file, subPath: deep/file}");
    assertThat(space.run(pod)).isEqualTo("textfile\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Subpath Atomic writer volumes should support subpaths with downward pod"
          + " [Conformance]")
  void downwardPod(Space space) {
    TestPod pod = new TestPod("text").script("cat /one/file; ls /whole/deep");
    pod.volume(
            "v",
            "{downwardAPI: {items: [{path: deep/file, fieldRef: {fieldPath: metadata.name}}]}}",
            "/whole")
        .mount("{name: v, mountPath: /one/file, subPath: deep/file}");
    assertThat(space.run(pod)).isEqualTo("textfile\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Subpath Atomic writer volumes should support subpaths with configmap pod with"
          + " mountPath of existing file [Conformance]")
  void existingFile(Space space) {
    space.create("{apiVersion: v1, kind: ConfigMap, metadata: {name: data}, data: {file: text}}");
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
