package dev.coracle.system.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Scratch space of a pod. */
@Conformance
class EmptyDirIT {

  private static String write(Space space, String user, String mode, String medium) {
    TestPod pod =
        new TestPod("writer")
            .volume("v", "{emptyDir: {" + medium + "}}", "/v")
            .script(
                "echo -n content >/v/file; chmod %s /v/file; stat -c '%%a' /v/file; cat /v/file;"
                        .formatted(mode)
                    + " grep ' /v ' /proc/mounts | grep -c tmpfs");
    pod.spec(
        "{securityContext: {seLinuxOptions: {level: s0}%s}}"
            .formatted(user.isEmpty() ? "" : ", runAsUser: " + user));
    // grep -c ends with 1 where it counts none.
    pod.script("(%s) || true".formatted(script(pod)));
    return space.run(pod);
  }

  private static String script(TestPod pod) {
    return pod.json().at("/spec/containers/0/command/2").asText();
  }

  @Test
  @DisplayName(
      "[sig-storage] EmptyDir volumes should support (non-root,0644,default) [LinuxOnly]"
          + " [Conformance] [NodeConformance]")
  void asUser0644Default(Space space) {
    assertThat(write(space, "1001", "0644", "")).isEqualTo("644\ncontent0\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] EmptyDir volumes should support (non-root,0644,tmpfs) [LinuxOnly]"
          + " [Conformance] [NodeConformance]")
  void asUser0644Tmpfs(Space space) {
    assertThat(write(space, "1001", "0644", "medium: Memory")).isEqualTo("644\ncontent1\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] EmptyDir volumes should support (non-root,0666,default) [LinuxOnly]"
          + " [Conformance] [NodeConformance]")
  void asUser0666Default(Space space) {
    assertThat(write(space, "1001", "0666", "")).isEqualTo("666\ncontent0\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] EmptyDir volumes should support (non-root,0666,tmpfs) [LinuxOnly]"
          + " [Conformance] [NodeConformance]")
  void asUser0666Tmpfs(Space space) {
    assertThat(write(space, "1001", "0666", "medium: Memory")).isEqualTo("666\ncontent1\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] EmptyDir volumes should support (non-root,0777,default) [LinuxOnly]"
          + " [Conformance] [NodeConformance]")
  void asUser0777Default(Space space) {
    assertThat(write(space, "1001", "0777", "")).isEqualTo("777\ncontent0\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] EmptyDir volumes should support (non-root,0777,tmpfs) [LinuxOnly]"
          + " [Conformance] [NodeConformance]")
  void asUser0777Tmpfs(Space space) {
    assertThat(write(space, "1001", "0777", "medium: Memory")).isEqualTo("777\ncontent1\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] EmptyDir volumes should support (root,0644,default) [LinuxOnly] [Conformance]"
          + " [NodeConformance]")
  void asRoot0644Default(Space space) {
    assertThat(write(space, "", "0644", "")).isEqualTo("644\ncontent0\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] EmptyDir volumes should support (root,0644,tmpfs) [LinuxOnly] [Conformance]"
          + " [NodeConformance]")
  void asRoot0644Tmpfs(Space space) {
    assertThat(write(space, "", "0644", "medium: Memory")).isEqualTo("644\ncontent1\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] EmptyDir volumes should support (root,0666,default) [LinuxOnly] [Conformance]"
          + " [NodeConformance]")
  void asRoot0666Default(Space space) {
    assertThat(write(space, "", "0666", "")).isEqualTo("666\ncontent0\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] EmptyDir volumes should support (root,0666,tmpfs) [LinuxOnly] [Conformance]"
          + " [NodeConformance]")
  void asRoot0666Tmpfs(Space space) {
    assertThat(write(space, "", "0666", "medium: Memory")).isEqualTo("666\ncontent1\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] EmptyDir volumes should support (root,0777,default) [LinuxOnly] [Conformance]"
          + " [NodeConformance]")
  void asRoot0777Default(Space space) {
    assertThat(write(space, "", "0777", "")).isEqualTo("777\ncontent0\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] EmptyDir volumes should support (root,0777,tmpfs) [LinuxOnly] [Conformance]"
          + " [NodeConformance]")
  void asRoot0777Tmpfs(Space space) {
    assertThat(write(space, "", "0777", "medium: Memory")).isEqualTo("777\ncontent1\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] EmptyDir volumes volume on tmpfs should have the correct mode [LinuxOnly]"
          + " [Conformance] [NodeConformance]")
  void modeTmpfs(Space space) {
    TestPod pod =
        new TestPod("reader")
            .spec("{securityContext: {seLinuxOptions: {level: s0}}}")
            .volume("v", "{emptyDir: {medium: Memory}}", "/v")
            .script("stat -c %a /v; grep ' /v ' /proc/mounts | cut -d' ' -f3");
    assertThat(space.run(pod)).isEqualTo("1777\ntmpfs\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] EmptyDir volumes volume on default medium should have the correct mode"
          + " [LinuxOnly] [Conformance] [NodeConformance]")
  void modeDefault(Space space) {
    TestPod pod =
        new TestPod("reader")
            .spec("{securityContext: {seLinuxOptions: {level: s0}}}")
            .volume("v", "{emptyDir: {}}", "/v")
            .script("stat -c %a /v");
    assertThat(space.run(pod)).isEqualTo("777\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] EmptyDir volumes pod should support shared volumes between containers"
          + " [Conformance]")
  void shared(Space space) {
    space.create(
        TestPod.sleeping("shared")
            .spec("{terminationGracePeriodSeconds: 0}")
            .volume("v", "{emptyDir: {}}", "/v")
            .also(
                """
                name: second
                image: $IMAGE
                command: [sh, -c, "echo hello >/w/file"]
                volumeMounts: [{name: v, mountPath: /w}]
                """)
            .json());
    // The one that wrote has ended, and the pod runs as long as the other does.
    JsonNode pod =
        space.await(
            "pods",
            "shared",
            "written",
            p -> {
              JsonNode statuses = p.at("/status/containerStatuses");
              return statuses.size() == 2
                  && statuses.at("/0/state").has("running")
                  && statuses.at("/1/state").has("terminated");
            });
    assertThat(pod.at("/status/phase").asText()).isEqualTo("Running");
    assertThat(Exec.shell(space, "shared", "main", "cat /v/file")).isEqualTo("hello\n");
  }

  @Test
  @DisplayName("[sig-storage] EmptyDir wrapper volumes should not conflict [Conformance]")
  void wrappersDoNotConflict(Space space) {
    space.create("{apiVersion: v1, kind: ConfigMap, metadata: {name: map}, binaryData: {a: Yg==}}");
    space.create("{apiVersion: v1, kind: Secret, metadata: {name: secret}, stringData: {c: d}}");
    TestPod pod =
        new TestPod("both")
            .readOnly("s", "{secret: {secretName: secret}}", "/s")
            .volume("m", "{configMap: {name: map}}", "/m")
            .script("cat /m/a /s/c");
    assertThat(space.run(pod)).isEqualTo("bd\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] EmptyDir wrapper volumes should not cause race condition when used for"
          + " configmaps [Conformance] [Serial]")
  void manyMaps(Space space) {
    String script = "";
    TestPod pod = new TestPod("many");
    for (int i = 0; i < 50; i++) {
      space.create(
          "{apiVersion: v1, kind: ConfigMap, metadata: {name: map-%d}, data: {a: v%d}}"
              .formatted(i, i));
      pod.volume(
          "m" + i, "{configMap: {name: map-" + i + ", items: [{key: a, path: a}]}}", "/m/" + i);
      script += "test $(cat /m/%d/a) = v%d || exit 1;".formatted(i, i);
    }
    JsonNode node = space.get("nodes", space.node());
    pod.spec(
            """
            restartPolicy: Always
            dnsPolicy: Default
            affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [
              {matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [%s]}]}]}}}
            """
                .formatted(node.at("/metadata/labels/kubernetes.io~1hostname").asText()))
        .script(script + "touch /read; exec sleep 3600");
    pod.container("{readinessProbe: {exec: {command: [cat, /read]}, periodSeconds: 1}}");
    // Five such pods at once, three times over.
    for (String name : List.of("first", "second", "third")) {
      ObjectNode controller =
          Manifest.parse(
              """
              apiVersion: v1
              kind: ReplicationController
              metadata: {name: %s}
              spec: {replicas: 5, selector: {race: %1$s}, template: {metadata: {labels: {race: %1$s}}}}
              """
                  .formatted(name));
      ((ObjectNode) controller.at("/spec/template")).set("spec", pod.json().get("spec"));
      space.create(controller);
      List<JsonNode> pods =
          space.awaitList(
              "pods",
              "race=" + name,
              "ready",
              all -> all.size() == 5 && all.stream().allMatch(Space::isReady));
      for (JsonNode one : pods) {
        assertThat(one.at("/status/containerStatuses/0/restartCount").asInt()).isZero();
      }
      space.delete("replicationcontrollers", name, "{propagationPolicy: Background}");
      space.awaitList("pods", "race=" + name, "gone", List::isEmpty);
    }
  }
}
