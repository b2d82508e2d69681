package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a pod knows of itself as environment variables, and their expansion. */
@Conformance
class DownwardEnvironmentIT {

  private static boolean isRefused(JsonNode pod) {
    return text(pod, "/status/containerStatuses/0/state/waiting/reason")
        .equals("CreateContainerConfigError");
  }

  private static TestPod env(String variables) {
    return new TestPod("env").container("{env: [" + variables + "]}").script("env");
  }

  @Test
  @DisplayName(
      "[sig-node] Downward API should provide pod name, namespace and IP address as env vars"
          + " [Conformance] [NodeConformance]")
  void nameAndAddress(Space space) {
    String log =
        space.run(
            env(
                """
                {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}},
                {name: POD_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}},
                {name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
                """));
    assertThat(log)
        .contains("POD_NAME=env\n", "POD_NAMESPACE=" + space.namespace() + "\n")
        .containsPattern("POD_IP=\\d+\\.\\d+\\.\\d+\\.\\d+\n");
  }

  @Test
  @DisplayName(
      "[sig-node] Downward API should provide host IP as an env var [Conformance]"
          + " [NodeConformance]")
  void hostIp(Space space) {
    String log =
        space.run(env("{name: HOST_IP, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}"));
    assertThat(log)
        .contains("HOST_IP=" + text(space.get("pods", "env"), "/status/hostIP") + "\n")
        .containsPattern("HOST_IP=\\d+\\.");
  }

  @Test
  @DisplayName(
      "[sig-node] Downward API should provide hostIPs as an env var [Conformance]"
          + " [NodeConformance]")
  void hostIps(Space space) {
    String log =
        space.run(env("{name: HOST_IPS, valueFrom: {fieldRef: {fieldPath: status.hostIPs}}}"));
    assertThat(log)
        .contains("HOST_IPS=" + text(space.get("pods", "env"), "/status/hostIPs/0/ip"))
        .containsPattern("HOST_IPS=\\d+\\.");
  }

  @Test
  @DisplayName(
      "[sig-node] Downward API should provide pod UID as env vars [Conformance] [NodeConformance]")
  void uid(Space space) {
    String log =
        space.run(env("{name: POD_UID, valueFrom: {fieldRef: {fieldPath: metadata.uid}}}"));
    assertThat(log).contains("POD_UID=" + text(space.get("pods", "env"), "/metadata/uid") + "\n");
  }

  @Test
  @DisplayName(
      "[sig-node] Downward API should provide container's limits.cpu/memory and requests.cpu/memory"
          + " as env vars [Conformance] [NodeConformance]")
  void resources(Space space) {
    TestPod pod =
        env("""
        {name: CPU_LIMIT, valueFrom: {resourceFieldRef: {resource: limits.cpu}}},
        {name: MEMORY_LIMIT, valueFrom: {resourceFieldRef: {resource: limits.memory}}},
        {name: CPU_REQUEST, valueFrom: {resourceFieldRef: {resource: requests.cpu}}},
        {name: MEMORY_REQUEST, valueFrom: {resourceFieldRef: {resource: requests.memory}}}
        """)
            .container(
                "{resources: {requests: {cpu: 250m, memory: 32Mi}, limits: {cpu: 1250m, memory:"
                    + " 64Mi}}}");
    assertThat(space.run(pod))
        .contains("CPU_LIMIT=2\n", "MEMORY_LIMIT=67108864\n")
        .contains("CPU_REQUEST=1\n", "MEMORY_REQUEST=33554432\n");
  }

  @Test
  @DisplayName(
      "[sig-node] Downward API should provide default limits.cpu/memory from node allocatable"
          + " [Conformance] [NodeConformance]")
  void allocatable(Space space) {
    String log =
        space.run(
            env(
                """
                {name: CPU_LIMIT, valueFrom: {resourceFieldRef: {resource: limits.cpu}}},
                {name: MEMORY_LIMIT, valueFrom: {resourceFieldRef: {resource: limits.memory}}}
                """));
    String node = text(space.get("pods", "env"), "/spec/nodeName");
    JsonNode allocatable = space.api().get("/api/v1/nodes/" + node).ok().at("/status/allocatable");
    assertThat(log)
        .contains("CPU_LIMIT=" + Amount.whole(text(allocatable, "/cpu")) + "\n")
        .contains("MEMORY_LIMIT=" + Amount.whole(text(allocatable, "/memory")) + "\n");
  }

  @Test
  @DisplayName(
      "[sig-node] Variable Expansion should allow composing env vars into new env vars"
          + " [Conformance] [NodeConformance]")
  void composing(Space space) {
    assertThat(
            space.run(
                env(
                    "{name: FOO, value: foo}, {name: BAR, value: bar}, {name: BOTH, value:"
                        + " $(FOO);;$(BAR)}")))
        .contains("BOTH=foo;;bar\n");
  }

  @Test
  @DisplayName(
      "[sig-node] Variable Expansion should allow substituting values in a container's command"
          + " [Conformance] [NodeConformance]")
  void command(Space space) {
    TestPod pod =
        new TestPod("env")
            .container(
                "{env: [{name: VALUE, value: test-value}], command: [sh, -c, 'VALUE=wrong echo \"$(VALUE)\"']}");
    assertThat(space.run(pod)).isEqualTo("test-value\n");
  }

  @Test
  @DisplayName(
      "[sig-node] Variable Expansion should allow substituting values in a container's args"
          + " [Conformance] [NodeConformance]")
  void args(Space space) {
    TestPod pod =
        new TestPod("env")
            .container(
                "{env: [{name: VALUE, value: test-value}], command: [echo], args: ['$(VALUE)',"
                    + " '$$(VALUE)', '$(NONE)']}");
    assertThat(space.run(pod)).isEqualTo("test-value $(VALUE) $(NONE)\n");
  }

  @Test
  @DisplayName(
      "[sig-node] Variable Expansion should allow substituting values in a volume subpath"
          + " [Conformance]")
  void subPath(Space space) {
    TestPod pod =
        new TestPod("env")
            .container(
                "{env: [{name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]}")
            .volume("v", "{emptyDir: {}}", "/all")
            .mount("{name: v, mountPath: /own, subPathExpr: 'dir/$(POD_NAME)'}")
            .script("touch /own/file; ls /all/dir/env");
    assertThat(space.run(pod)).isEqualTo("file\n");
  }

  @Test
  @DisplayName(
      "[sig-node] Variable Expansion should succeed in writing subpaths in container [Conformance]")
  void writeSubPath(Space space) {
    space.start(
        TestPod.sleeping("env")
            .meta("{annotations: {mysubpath: mypath}}")
            .container(
                "{env: [{name: NAME, value: foo}, {name: SUB, valueFrom: {fieldRef: {fieldPath:"
                    + " \"metadata.annotations['mysubpath']\"}}}]}")
            .volume("v", "{emptyDir: {}}", "/all")
            .mount("{name: v, mountPath: /own, subPathExpr: $(SUB)/$(NAME)}"));
    Exec.shell(space, "env", "touch /all/mypath/foo/test.log && test -f /own/test.log");
    space.merge("pods", "env", "{metadata: {annotations: {mysubpath: mynewpath}}}");
    Exec.shell(space, "env", "test -f /own/test.log");
    // What it would be now is not what is to be taken back.
    space.delete("pods", "env");
    space.awaitGone("pods", "env");
  }

  @Test
  @DisplayName(
      "[sig-node] Variable Expansion should fail substituting values in a volume subpath with"
          + " backticks [Conformance]")
  void backticks(Space space) {
    space.create(
        TestPod.sleeping("env")
            .container("{env: [{name: SUB, value: '..'}]}")
            .volume("v", "{emptyDir: {}}", "/all")
            .mount("{name: v, mountPath: /own, subPathExpr: $(SUB)}")
            .json());
    JsonNode pod = space.await("pods", "env", "refused", DownwardEnvironmentIT::isRefused);
    assertThat(text(pod, "/status/phase")).isEqualTo("Pending");
  }

  @Test
  @DisplayName(
      "[sig-node] Variable Expansion should fail substituting values in a volume subpath with"
          + " absolute path [Conformance]")
  void absolutePath(Space space) {
    space.create(
        TestPod.sleeping("env")
            .container("{env: [{name: SUB, value: '/tmp'}]}")
            .volume("v", "{emptyDir: {}}", "/all")
            .mount("{name: v, mountPath: /own, subPathExpr: $(SUB)}")
            .json());
    JsonNode pod = space.await("pods", "env", "refused", DownwardEnvironmentIT::isRefused);
    assertThat(text(pod, "/status/phase")).isEqualTo("Pending");
  }

  @Test
  @DisplayName(
      "[sig-node] Variable Expansion should verify that a failing subpath expansion can be modified"
          + " during the lifecycle of a container [Conformance] [Slow]")
  void repairedSubPath(Space space) {
    space.create(
        TestPod.sleeping("env")
            .meta("{annotations: {notmysubpath: mypath}}")
            .container(
                "{env: [{name: NAME, value: foo}, {name: SUB, valueFrom: {fieldRef: {fieldPath:"
                    + " \"metadata.annotations['mysubpath']\"}}}]}")
            .volume("v", "{emptyDir: {}}", "/all")
            .mount("{name: v, mountPath: /own, subPathExpr: $(SUB)/$(NAME)}")
            .json());
    space.await("pods", "env", "refused", DownwardEnvironmentIT::isRefused);
    space.merge("pods", "env", "{metadata: {annotations: {mysubpath: mypath}}}");
    space.awaitReady("env");
    Exec.shell(space, "env", "touch /all/mypath/foo/test.log && test -f /own/test.log");
    space.delete("pods", "env");
    space.awaitGone("pods", "env");
  }
}
