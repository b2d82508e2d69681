package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Commands, logs, ends and messages of containers. */
@Conformance
class ContainersIT {

  /** Of an image with an entrypoint and a command, which the container may override. */
  private static String runEntrypoint(Space space, String container) {
    String image =
        TestRegistry.of(space, TestImage.builder().entrypoint("echo", "entry").cmd("of", "image"))
            .image("entrypoint");
    return space.run(
        new TestPod("main").container(container).container("{image: '%s'}".formatted(image)));
  }

  @Test
  @DisplayName(
      "[sig-node] Containers should use the image defaults if command and args are blank"
          + " [Conformance] [NodeConformance]")
  void defaults(Space space) {
    assertThat(runEntrypoint(space, "{}")).isEqualTo("entry of image\n");
  }

  @Test
  @DisplayName(
      "[sig-node] Containers should be able to override the image's default arguments (container"
          + " cmd) [Conformance] [NodeConformance]")
  void arguments(Space space) {
    assertThat(runEntrypoint(space, "{args: [override, arguments]}"))
        .isEqualTo("entry override arguments\n");
  }

  @Test
  @DisplayName(
      "[sig-node] Containers should be able to override the image's default command (container"
          + " entrypoint) [Conformance] [NodeConformance]")
  void command(Space space) {
    assertThat(runEntrypoint(space, "{command: [echo, override]}")).isEqualTo("override\n");
  }

  @Test
  @DisplayName(
      "[sig-node] Containers should be able to override the image's default command and arguments"
          + " [Conformance] [NodeConformance]")
  void both(Space space) {
    assertThat(runEntrypoint(space, "{command: [echo, override], args: [arguments]}"))
        .isEqualTo("override arguments\n");
  }

  @Test
  @DisplayName(
      "[sig-node] Kubelet when scheduling a busybox command in a pod should print the output to"
          + " logs [Conformance] [NodeConformance]")
  void logs(Space space) {
    space.start(new TestPod("main").script("echo 'Hello World'; exec sleep 240"));
    space.awaitLog("main", "main", "Hello World");
    String hourAgo =
        Instant.now().minus(Duration.ofHours(1)).truncatedTo(ChronoUnit.SECONDS).toString();
    assertThat(space.api().get(space.path("pods", "main") + "/log?sinceTime=" + hourAgo).text())
        .isEqualTo("Hello World\n");
  }

  @Test
  @DisplayName(
      "[sig-node] Kubelet when scheduling a busybox command that always fails in a pod should have"
          + " an terminated reason [Conformance] [NodeConformance]")
  void terminatedReason(Space space) {
    JsonNode pod = space.runToEnd(new TestPod("main").container("{command: ['false']}"));
    assertThat(text(pod, "/status/phase")).isEqualTo("Failed");
    assertThat(text(pod, "/status/containerStatuses/0/state/terminated/reason")).isEqualTo("Error");
    assertThat(pod.at("/status/containerStatuses/0/state/terminated/exitCode").asInt())
        .isEqualTo(1);
  }

  @Test
  @DisplayName(
      "[sig-node] Kubelet when scheduling a busybox command that always fails in a pod should be"
          + " possible to delete [Conformance] [NodeConformance]")
  void deleteFailing(Space space) {
    space.create(
        new TestPod("main")
            .spec("{restartPolicy: Always}")
            .container("{command: ['false']}")
            .json());
    space.await(
        "pods",
        "main",
        "failing",
        p -> p.at("/status/containerStatuses/0/restartCount").asInt() > 0);
    space.delete("pods", "main");
    space.awaitGone("pods", "main");
  }

  @Test
  @DisplayName(
      "[sig-node] Kubelet when scheduling a read only busybox container should not write to root"
          + " filesystem [LinuxOnly] [Conformance] [NodeConformance]")
  void readOnlyRoot(Space space) {
    TestPod pod =
        new TestPod("main")
            .container(
                "{securityContext: {readOnlyRootFilesystem: true}, command: [/bin/sh, -c, 'echo"
                    + " test > /file; exec sleep 240']}");
    space.start(pod);
    space.awaitLog("main", "main", "\n");
    assertThat(space.logs("main"))
        .isEqualTo("/bin/sh: can't create /file: Read-only file system\n");
  }

  @Test
  @DisplayName(
      "[sig-node] Kubelet when scheduling an agnhost Pod with hostAliases should write entries to"
          + " /etc/hosts [Conformance] [NodeConformance]")
  void hostAliases(Space space) {
    TestPod pod =
        new TestPod("main")
            .spec("{hostAliases: [{ip: 123.45.67.89, hostnames: [foo, bar]}]}")
            .script("cat /etc/hosts");
    assertThat(space.run(pod)).contains("123.45.67.89\tfoo\tbar");
  }

  @Test
  @DisplayName(
      "[sig-node] KubeletManagedEtcHosts should test kubelet managed /etc/hosts file [Conformance]"
          + " [NodeConformance]")
  void managedHosts(Space space) {
    String original = "{hostPath: {path: /etc/hosts, type: File}}";
    String two = "{name: two, image: $IMAGE, command: [sleep, '3600']}";
    space.start(
        TestPod.sleeping("managed")
            .also(two)
            .also(
                """
                name: own
                image: $IMAGE
                command: [sleep, "3600"]
                volumeMounts: [{name: hosts, mountPath: /etc/hosts}, {name: hosts, mountPath: /etc/hosts-original}]
                """)
            .volume("hosts", original, "/etc/hosts-original"));
    space.start(
        TestPod.sleeping("on-host")
            .spec("{hostNetwork: true, dnsPolicy: ClusterFirst}")
            .also(two)
            .volume("hosts", original, "/etc/hosts-original"));
    String managed = "# Kubernetes-managed hosts file";
    for (String container : List.of("main", "two")) {
      assertThat(Exec.shell(space, "managed", container, "cat /etc/hosts"))
          .startsWith(managed + ".\n");
      assertThat(Exec.shell(space, "on-host", container, "cat /etc/hosts"))
          .startsWith(managed + " (host network).\n");
    }
    assertThat(Exec.shell(space, "managed", "own", "cat /etc/hosts"))
        .doesNotContain(managed)
        .isEqualTo(Exec.shell(space, "managed", "own", "cat /etc/hosts-original"));
    assertThat(Exec.shell(space, "on-host", "main", "cat /etc/hosts"))
        .contains(Exec.shell(space, "on-host", "main", "cat /etc/hosts-original"));
  }

  @Test
  @DisplayName(
      "[sig-node] Container Runtime blackbox test when starting a container that exits should run"
          + " with the expected status [Conformance] [NodeConformance]")
  void expectedStatus(Space space) {
    // Each counts its starts in a volume: the first fails, the second ends well, as far as the
    // policy lets it come to that.
    String count =
        "echo -n x >>/v/count; n=$(wc -c </v/count); [ $n = 1 ] && exit 1; [ $n = 2 ] && exit 0;"
            + " exec sleep 3600";
    for (String policy : List.of("Always", "OnFailure", "Never")) {
      space.create(
          new TestPod(policy.toLowerCase(Locale.ROOT))
              .spec("{restartPolicy: %s}".formatted(policy))
              .volume("v", "{emptyDir: {medium: Memory}}", "/v")
              .script(count)
              .json());
    }
    ended(space, "never", "Failed", 0, 1);
    ended(space, "onfailure", "Succeeded", 1, 0);
    JsonNode always =
        space.await(
            "pods",
            "always",
            "running again",
            p -> Space.isReady(p) && p.at("/status/containerStatuses/0/restartCount").asInt() == 2);
    assertThat(text(always, "/status/phase")).isEqualTo("Running");
    assertThat(always.at("/status/containerStatuses/0/state").has("running")).isTrue();
    for (String pod : List.of("always", "onfailure", "never")) {
      space.delete("pods", pod);
      space.awaitGone("pods", pod);
    }
  }

  private static void ended(Space space, String name, String phase, int restarts, int exitCode) {
    JsonNode pod = space.await("pods", name, phase, p -> text(p, "/status/phase").equals(phase));
    JsonNode container = pod.at("/status/containerStatuses/0");
    assertThat(container.path("restartCount").asInt()).isEqualTo(restarts);
    assertThat(container.path("ready").asBoolean()).isFalse();
    assertThat(container.at("/state/terminated/exitCode").asInt(-1)).isEqualTo(exitCode);
    assertThat(Space.isReady(pod)).isFalse();
  }

  @Test
  @DisplayName(
      "[sig-node] Container Runtime blackbox test on terminated container should report termination"
          + " message as empty when pod succeeds and TerminationMessagePolicy FallbackToLogsOnError"
          + " is set [Conformance] [NodeConformance]")
  void emptyMessage(Space space) {
    JsonNode pod =
        space.runToEnd(
            new TestPod("main")
                .container("{terminationMessagePolicy: FallbackToLogsOnError}")
                .script("echo DONE"));
    assertThat(text(pod, "/status/phase")).isEqualTo("Succeeded");
    assertThat(text(pod, "/status/containerStatuses/0/state/terminated/message")).isEqualTo("");
  }

  @Test
  @DisplayName(
      "[sig-node] Container Runtime blackbox test on terminated container should report termination"
          + " message from file when pod succeeds and TerminationMessagePolicy"
          + " FallbackToLogsOnError is set [Conformance] [NodeConformance]")
  void messageFromFile(Space space) {
    JsonNode pod =
        space.runToEnd(
            new TestPod("main")
                .container("{terminationMessagePolicy: FallbackToLogsOnError}")
                .script("echo -n OK >/dev/termination-log; echo DONE"));
    assertThat(text(pod, "/status/phase")).isEqualTo("Succeeded");
    assertThat(text(pod, "/status/containerStatuses/0/state/terminated/message")).isEqualTo("OK");
  }

  @Test
  @DisplayName(
      "[sig-node] Container Runtime blackbox test on terminated container should report termination"
          + " message from log output if TerminationMessagePolicy FallbackToLogsOnError is set"
          + " [Conformance] [NodeConformance]")
  void messageFromLog(Space space) {
    JsonNode pod =
        space.runToEnd(
            new TestPod("main")
                .container("{terminationMessagePolicy: FallbackToLogsOnError}")
                .script("echo -n DONE; exit 1"));
    assertThat(text(pod, "/status/phase")).isEqualTo("Failed");
    assertThat(text(pod, "/status/containerStatuses/0/state/terminated/message")).isEqualTo("DONE");
  }

  @Test
  @DisplayName(
      "[sig-node] Container Runtime blackbox test on terminated container should report termination"
          + " message if TerminationMessagePath is set as non-root user and at a non-default path"
          + " [Conformance] [NodeConformance]")
  void messageAtPath(Space space) {
    JsonNode pod =
        space.runToEnd(
            new TestPod("main")
                .spec("{securityContext: {runAsUser: 1000}}")
                .container("{terminationMessagePath: /dev/termination-custom-log}")
                .script("echo -n DONE >/dev/termination-custom-log"));
    assertThat(text(pod, "/status/phase")).isEqualTo("Succeeded");
    assertThat(text(pod, "/status/containerStatuses/0/state/terminated/message")).isEqualTo("DONE");
  }
}
