package dev.coracle.kubelet.real;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.Patch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What a Pod's spec can ask for, seen from inside real containers. */
abstract class PodFeaturesSuite extends KubeletOnRuntime {

  /** A pod of one container that runs this script. */
  private KubeObject script(String name, String script, String container, String spec) {
    ObjectNode c =
        Json.object()
            .put("name", "c")
            .put("image", containerd.image())
            .put("imagePullPolicy", "IfNotPresent");
    c.putArray("command").add("/bin/sh").add("-c").add(script);
    c.setAll(Json.parseObject("{" + container + "}"));
    return create(name, (spec.isEmpty() ? "" : spec + ",") + "\"containers\":[" + c + "]");
  }

  private String log(KubeObject pod) {
    return log(pod, 0);
  }

  private String log(KubeObject pod, int attempt) {
    try {
      return Files.readString(
          options
              .podLogsDir()
              .resolve("default_" + pod.name() + "_" + pod.uid())
              .resolve("c/" + attempt + ".log"));
    } catch (IOException e) {
      return "";
    }
  }

  private void awaitLog(KubeObject pod, String... words) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(log(pod)).contains(words));
  }

  private JsonNode container(String pod) {
    return pod(pod).at("status", "containerStatuses").path(0);
  }

  private void eventually(Runnable check) {
    Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(check::run);
  }

  private boolean event(String pod, String reason, String words) {
    return api.list(Resources.EVENTS, "", ListOptions.ALL).await().indefinitely().items().stream()
        .anyMatch(e ->
            e.text("involvedObject", "name").equals(pod)
                && e.text("reason").equals(reason)
                && e.text("message").contains(words));
  }

  /** What the kernel holds the container to, again and again: memory, CPU quota and its weight. */
  private static final String HELD =
      """
      cd /sys/fs/cgroup; while true; do
      if [ -e memory.max ]; then echo held $(cat memory.max cpu.max); else
      echo held $(cat memory/memory.limit_in_bytes cpu/cpu.cfs_quota_us cpu/cpu.shares); fi;
      sleep 0.2; done
      """
          .replace("\n", " ");

  private static String resources(int cpu, int cpuLimit, int mib) {
    return "{\"requests\":{\"cpu\":\"%dm\"},\"limits\":{\"cpu\":\"%dm\",\"memory\":\"%dMi\"}}"
        .formatted(cpu, cpuLimit, mib);
  }

  private void resize(String name, String resources) {
    JsonNode containers = pod(name).at("spec", "containers").deepCopy();
    ((ObjectNode) containers.path(0)).set("resources", Json.parse(resources));
    api.patch(
            Resources.PODS,
            "default",
            name,
            Patch.merge(n -> n.putObject("spec").set("containers", containers)))
        .await()
        .indefinitely();
  }

  /** What the container and its pod's cgroup on the host are held to, and what the status says. */
  private void awaitHeld(KubeObject pod, int attempt, int cpu, int cpuLimit, int mib) {
    long bytes = (long) mib << 20;
    String quota = Long.toString(100L * cpuLimit);
    boolean v1 = Files.exists(Path.of("/sys/fs/cgroup/memory"));
    eventually(() -> {
      assertThat(log(pod, attempt))
          .contains("held " + bytes + " " + quota + " " + (v1 ? cpu * 1024 / 1000 : 100_000));
      assertThat(limit(pod, "memory.limit_in_bytes", "memory.max")).isEqualTo(bytes + "");
      assertThat(limit(pod, "cpu.cfs_quota_us", "cpu.max").split(" ")[0]).isEqualTo(quota);
      assertThat(container(pod.name()).path("resources"))
          .isEqualTo(Json.parse(resources(cpu, cpuLimit, mib)));
    });
  }

  @Test
  void aRunningContainerGetsMoreAndLess() {
    KubeObject made = script("resized", HELD, "\"resources\":" + resources(50, 100, 64), "");
    awaitHeld(made, 0, 50, 100, 64);
    resize("resized", resources(100, 300, 128));
    awaitHeld(made, 0, 100, 300, 128);
    resize("resized", resources(25, 50, 32));
    awaitHeld(made, 0, 25, 50, 32);
    assertThat(container("resized").path("restartCount").asInt()).isZero();
    delete("resized");
  }

  @Test
  void aContainerThatWantsToBeRestartedForMoreMemoryIsAndForCpuIsNot() {
    KubeObject made =
        script(
            "restarted",
            HELD,
            "\"resizePolicy\":[{\"resourceName\":\"cpu\",\"restartPolicy\":\"NotRequired\"},"
                + "{\"resourceName\":\"memory\",\"restartPolicy\":\"RestartContainer\"}],"
                + "\"resources\":"
                + resources(50, 100, 64),
            "");
    awaitHeld(made, 0, 50, 100, 64);
    resize("restarted", resources(100, 200, 64));
    awaitHeld(made, 0, 100, 200, 64);
    assertThat(container("restarted").path("restartCount").asInt()).isZero();
    resize("restarted", resources(100, 200, 96));
    awaitHeld(made, 1, 100, 200, 96);
    assertThat(container("restarted").path("restartCount").asInt()).isEqualTo(1);
    delete("restarted");
  }

  @Test
  void aResizeThatCannotBeHadTouchesNothing() {
    int all = Runtime.getRuntime().availableProcessors() * 1000;
    KubeObject other =
        script(
            "greedy",
            "sleep 1000",
            "\"resources\":{\"requests\":{\"cpu\":\"" + (all - 500) + "m\"}}",
            "");
    awaitPhase("greedy", "Running");
    KubeObject made = script("waits", HELD, "\"resources\":" + resources(50, 100, 64), "");
    awaitHeld(made, 0, 50, 100, 64);
    for (boolean never : new boolean[] {true, false}) {
      resize("waits", never ? resources(all + 1000, all + 1100, 64) : resources(600, 700, 64));
      eventually(() -> {
        JsonNode pending = condition("waits", "PodResizePending");
        assertThat(pending.path("reason").asText()).isEqualTo(never ? "Infeasible" : "Deferred");
        assertThat(limit(made, "cpu.cfs_quota_us", "cpu.max")).startsWith("10000");
        assertThat(container("waits").path("resources"))
            .isEqualTo(Json.parse(resources(50, 100, 64)));
      });
    }
    delete(other.name());
    awaitHeld(made, 0, 600, 700, 64);
    eventually(() -> assertThat(condition("waits", "PodResizePending").isEmpty()).isTrue());
    assertThat(container("waits").path("restartCount").asInt()).isZero();
    delete("waits");
  }

  private JsonNode condition(String pod, String type) {
    for (JsonNode c : pod(pod).at("status", "conditions")) {
      if (c.path("type").asText().equals(type)) {
        return c;
      }
    }
    return Json.object();
  }

  /** A container that writes when it is asked to end, and when it does. */
  private String ending(String name, String more, String seconds) {
    return """
    {"name":"%s","image":"%s","imagePullPolicy":"IfNotPresent",%s"volumeMounts":[{"name":"m","mountPath":"/m"}],
     "command":["/bin/sh","-c","trap 'echo %s asked >> /m/log; sleep %s; echo %s gone >> /m/log; exit 0' TERM; echo %s up >> /m/log; while true; do sleep 0.05; done"]}
    """
        .formatted(name, containerd.image(), more, name, seconds, name, name);
  }

  private Path sidecars(String name, int grace, String sidecarSeconds, String appSeconds)
      throws IOException {
    Path marks = Files.createDirectories(containerd.root().resolve(name));
    String sidecar = "\"restartPolicy\":\"Always\",";
    create(
        name,
        "\"terminationGracePeriodSeconds\":%d,\"initContainers\":[%s,%s],\"containers\":[%s],"
                .formatted(
                    grace,
                    ending("first", sidecar, sidecarSeconds),
                    ending("second", sidecar, sidecarSeconds),
                    ending("app", "", appSeconds))
            + "\"volumes\":[{\"name\":\"m\",\"hostPath\":{\"path\":\""
            + marks
            + "\"}}]");
    Path log = marks.resolve("log");
    eventually(() -> assertThat(log).content().contains("first up", "second up", "app up"));
    return log;
  }

  /** KEP-753: one after the other, the last one first, each when the one before is gone. */
  @Test
  void sidecarsEndAfterTheOthersInTheReverseOrder() throws IOException {
    Path log = sidecars("ends", 30, "0.2", "0.5");
    delete("ends");
    assertThat(Files.readAllLines(log))
        .endsWith(
            "app asked", "app gone", "second asked", "second gone", "first asked", "first gone");
  }

  /**
   * What the others have used of the grace is not given to them once more: these would need most of
   * it, and have the two seconds that are always left, all at once since no time is left for turns.
   */
  @Test
  void sidecarsHaveNoMoreGraceThanThePod() throws IOException {
    Path log = sidecars("late", 5, "4.5", "1000");
    delete("late");
    assertThat(Files.readAllLines(log))
        .contains("app asked", "second asked", "first asked")
        .doesNotContain("app gone", "second gone", "first gone");
  }

  @Test
  void aContainerThatEatsItsMemoryIsKilledForIt() {
    script(
        "hungry",
        "head -c 100000000 /dev/zero | tail",
        "\"resources\":{\"limits\":{\"memory\":\"16Mi\"}}",
        "\"restartPolicy\":\"Never\"");
    awaitPhase("hungry", "Failed");
    JsonNode ended = container("hungry").path("state").path("terminated");
    assertThat(ended.path("reason").asText()).isEqualTo("OOMKilled");
    assertThat(ended.path("exitCode").asInt()).isEqualTo(137);
    delete("hungry");
  }

  @Test
  void usersGroupsAndReadOnlyRootsHold() {
    KubeObject made =
        script(
            "guarded",
            "id; touch /x 2>&1; cat /proc/self/status; sleep 1000",
            "\"securityContext\":{\"runAsUser\":1234,\"runAsGroup\":2345,\"readOnlyRootFilesystem\":true,"
                + "\"allowPrivilegeEscalation\":false,\"capabilities\":{\"drop\":[\"ALL\"]},\"seccompProfile\":{\"type\":\"RuntimeDefault\"}}",
            "\"securityContext\":{\"supplementalGroups\":[3456],\"fsGroup\":4567}");
    awaitLog(
        made,
        "uid=1234 gid=2345",
        "3456",
        "4567",
        "Read-only file system",
        "CapEff:\t0000000000000000",
        "NoNewPrivs:\t1",
        "Seccomp:\t2");
    eventually(() -> {
      JsonNode user = container("guarded").path("user").path("linux");
      if (!user.isMissingNode()) {
        assertThat(user.path("uid").asLong()).isEqualTo(1234);
        assertThat(user.path("gid").asLong()).isEqualTo(2345);
      }
    });
    delete("guarded");
  }

  @Test
  void rootMayBeForbidden() {
    script("nonroot", "id", "\"securityContext\":{\"runAsNonRoot\":true}", "");
    eventually(() -> {
      JsonNode waiting = container("nonroot").path("state").path("waiting");
      assertThat(waiting.path("reason").asText()).isEqualTo("CreateContainerConfigError");
      assertThat(waiting.path("message").asText())
          .startsWith("container has runAsNonRoot and image will run as root");
    });
    delete("nonroot");
  }

  @Test
  void namesAndAddressesOfTheSpecReachThePod() {
    KubeObject made =
        script(
            "named",
            "cat /etc/hosts /etc/resolv.conf; hostname; sleep 1000",
            "",
            "\"hostname\":\"me\",\"subdomain\":\"sub\",\"hostAliases\":[{\"ip\":\"192.0.2.7\",\"hostnames\":[\"alias.example\"]}],"
                + "\"dnsPolicy\":\"None\",\"dnsConfig\":{\"nameservers\":[\"192.0.2.53\"],\"searches\":[\"s.example\"],\"options\":[{\"name\":\"ndots\",\"value\":\"2\"}]}");
    awaitLog(
        made,
        "192.0.2.7\talias.example",
        "me.sub.default.svc.cluster.local",
        "nameserver 192.0.2.53",
        "search s.example",
        "options ndots:2");
    delete("named");
  }

  @Test
  void containersMaySeeEachOthersProcesses() {
    KubeObject made =
        create(
            "together",
            """
            "shareProcessNamespace":true,"containers":[
              {"name":"c","image":"test.local/busybox:1","imagePullPolicy":"IfNotPresent","command":["/bin/sh","-c","while true; do cat /proc/[0-9]*/cmdline; echo; sleep 0.2; done"]},
              {"name":"d","image":"test.local/busybox:1","imagePullPolicy":"IfNotPresent","command":["/bin/sleep","87651"]}]
            """);
    awaitPhase("together", "Running");
    awaitLog(made, "87651");
    delete("together");
  }

  @Test
  void sysctlsAreSet() {
    KubeObject made =
        script(
            "tuned",
            "cat /proc/sys/net/ipv4/ip_local_port_range /proc/sys/kernel/shm_rmid_forced; sleep"
                + " 1000",
            "",
            "\"securityContext\":{\"sysctls\":[{\"name\":\"net.ipv4.ip_local_port_range\",\"value\":\"40000"
                + " 40010\"},{\"name\":\"kernel.shm_rmid_forced\",\"value\":\"1\"}]}");
    awaitLog(made, "40000\t40010");
    delete("tuned");
  }

  @Test
  void variablesComeOutOfAFileThatAnotherContainerWrote() {
    KubeObject made =
        script(
            "filed",
            "echo [$WORDS] [$NONE]; sleep 1000",
            """
            "env":[
              {"name":"WORDS","valueFrom":{"fileKeyRef":
                {"volumeName":"shared","path":"conf/env","key":"WORDS"}}},
              {"name":"NONE","valueFrom":{"fileKeyRef":
                {"volumeName":"shared","path":"conf/none","key":"A","optional":true}}}]
            """,
            """
            "volumes":[{"name":"shared","emptyDir":{}}],
            "initContainers":[{"name":"i","image":"%s","command":["/bin/sh","-c",
              "mkdir /s/conf; echo \\"WORDS='two words'\\" > /s/conf/env"],
              "volumeMounts":[{"name":"shared","mountPath":"/s"}]}]
            """
                .formatted(containerd.image()));
    awaitLog(made, "[two words] []");
    delete("filed");
  }

  @Test
  void aSeccompProfileOfTheNodeHolds() throws IOException {
    Path profiles = Files.createDirectories(data.resolve("seccomp/mine"));
    Files.writeString(
        profiles.resolve("no-mkdir.json"),
        "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"mkdir\",\"mkdirat\"],"
            + "\"action\":\"SCMP_ACT_ERRNO\"}]}");
    KubeObject made =
        script(
            "filtered",
            "mkdir /tmp/d 2>&1; sleep 1000",
            "\"securityContext\":{\"seccompProfile\":{\"type\":\"Localhost\",\"localhostProfile\":"
                + "\"mine/no-mkdir.json\"}}",
            "");
    awaitLog(made, "Operation not permitted");
    delete("filtered");
    script(
        "unfiltered",
        "sleep 1000",
        "\"securityContext\":{\"seccompProfile\":{\"type\":\"Localhost\",\"localhostProfile\":"
            + "\"mine/none.json\"}}",
        "");
    eventually(() -> {
      JsonNode waiting = container("unfiltered").at("/state/waiting");
      assertThat(waiting.path("reason").asText()).isEqualTo("CreateContainerError");
      assertThat(waiting.path("message").asText())
          .contains("cannot load seccomp profile \"" + profiles.resolve("none.json"));
    });
    delete("unfiltered");
  }

  /** As far down as the runtime can, and the status says how far. */
  @Test
  void whatIsMountedBelowAReadOnlyMountIsReadOnlyTooWhereTheStatusSaysSo() throws Exception {
    Path top = Files.createDirectories(data.resolve("top"));
    Path below = Files.createDirectories(top.resolve("below"));
    assertThat(
            new ProcessBuilder("mount", "-t", "tmpfs", "none", below.toString()).start().waitFor())
        .isZero();
    try {
      KubeObject made =
          script(
              "shallow",
              "touch /top/x 2>&1; touch /top/below/x && echo written; echo done; sleep 1000",
              "\"volumeMounts\":[{\"name\":\"top\",\"mountPath\":\"/top\",\"readOnly\":true,"
                  + "\"recursiveReadOnly\":\"IfPossible\"}]",
              "\"volumes\":[{\"name\":\"top\",\"hostPath\":{\"path\":\"" + top + "\"}}]");
      awaitLog(made, "/top/x: Read-only file system", "done");
      eventually(() ->
          assertThat(container("shallow").at("/volumeMounts/0/recursiveReadOnly").asText())
              .isEqualTo(log(made).contains("written") ? "Disabled" : "Enabled"));
      delete("shallow");
    } finally {
      assertThat(new ProcessBuilder("umount", below.toString()).start().waitFor()).isZero();
    }
  }

  @Test
  void aHangingProbeFailsAndOthersGoOn() {
    script(
        "stuck",
        "sleep 1000",
        "\"readinessProbe\":{\"exec\":{\"command\":[\"/bin/sleep\",\"300\"]},\"periodSeconds\":1,\"timeoutSeconds\":1,\"failureThreshold\":1}",
        "");
    awaitPhase("stuck", "Running");
    eventually(() ->
        assertThat(event("stuck", "Unhealthy", "Readiness probe failed: command timed out"))
            .isTrue());
    assertThat(ready(pod("stuck"))).isFalse();
    delete("stuck");
  }

  @Test
  void ownRestartRulesDecideByExitCode() {
    create(
        "ruled",
        """
        "restartPolicy":"Never","containers":[{"name":"c","image":"test.local/busybox:1","imagePullPolicy":"IfNotPresent",
          "restartPolicy":"Never","restartPolicyRules":[{"action":"Restart","exitCodes":{"operator":"In","values":[42]}}],
          "volumeMounts":[{"name":"v","mountPath":"/v"}],
          "command":["/bin/sh","-c","[ -e /v/once ] && exit 3; touch /v/once; exit 42"]}],"volumes":[{"name":"v","emptyDir":{}}]
        """);
    awaitPhase("ruled", "Failed");
    assertThat(container("ruled").path("restartCount").asInt()).isEqualTo(1);
    assertThat(container("ruled").path("state").path("terminated").path("exitCode").asInt())
        .isEqualTo(3);
    delete("ruled");
  }

  @Test
  void aPodIsHeldToWhatItMayUseAsAWhole() {
    KubeObject made =
        script(
            "whole",
            "f=/sys/fs/cgroup/memory/memory.limit_in_bytes; [ -e $f ] ||"
                + " f=/sys/fs/cgroup/memory.max; echo limit $(cat $f); sleep 1000",
            "",
            "\"resources\":{\"requests\":{\"cpu\":\"50m\",\"memory\":\"32Mi\"},"
                + "\"limits\":{\"cpu\":\"100m\",\"memory\":\"64Mi\"}}");
    awaitLog(made, "limit 67108864");
    eventually(() -> assertThat(pod("whole").text("status", "qosClass")).isEqualTo("Burstable"));
    delete("whole");
  }

  /** The pod's cgroup on the host, of version 1's hierarchies where there are any. */
  private String limit(KubeObject pod, String v1, String v2) {
    String below = options.cgroupRoot() + "/kubepods/burstable/pod" + pod.uid();
    Path root = Path.of("/sys/fs/cgroup");
    String hierarchy = v1.startsWith("memory") ? "memory" : "cpu";
    Path first = root.resolve(hierarchy).resolve(below).resolve(v1);
    Path file = Files.exists(first) ? first : root.resolve(below).resolve(v2);
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aPodAsAWholeGetsMoreAndLess() {
    KubeObject made =
        script(
            "grown",
            "sleep 1000",
            "",
            "\"resources\":{\"requests\":{\"cpu\":\"50m\"},"
                + "\"limits\":{\"cpu\":\"100m\",\"memory\":\"64Mi\"}}");
    awaitPhase("grown", "Running");
    assertThat(limit(made, "memory.limit_in_bytes", "memory.max")).isEqualTo("67108864");
    for (int more : new int[] {2, 1}) {
      String memory = 64 * more + "Mi";
      api.patch(
              Resources.PODS,
              "default",
              "grown",
              Patch.merge(n ->
                  n.putObject("spec")
                      .set(
                          "resources",
                          Json.parse(
                              "{\"requests\":{\"cpu\":\"50m\"},\"limits\":{\"cpu\":\""
                                  + 100 * more
                                  + "m\",\"memory\":\""
                                  + memory
                                  + "\"}}"))))
          .await()
          .indefinitely();
      eventually(() -> {
        assertThat(limit(made, "memory.limit_in_bytes", "memory.max"))
            .isEqualTo(Long.toString(64L * more << 20));
        assertThat(limit(made, "cpu.cfs_quota_us", "cpu.max")).startsWith(10_000 * more + "");
        assertThat(pod("grown").at("status", "resources", "limits").path("memory").asText())
            .isEqualTo(memory);
      });
    }
    assertThat(container("grown").path("restartCount").asInt()).isZero();
    delete("grown");
  }

  @Test
  void oneContainersExitLetsAllBeginAnew() {
    KubeObject made =
        create(
            "anew",
            """
            "restartPolicy":"Never",
            "initContainers":[{"name":"i","image":"test.local/busybox:1","imagePullPolicy":"IfNotPresent",
              "volumeMounts":[{"name":"v","mountPath":"/v"}],"command":["/bin/sh","-c","echo turn >> /v/turns"]}],
            "containers":[{"name":"c","image":"test.local/busybox:1","imagePullPolicy":"IfNotPresent",
              "restartPolicy":"Never","restartPolicyRules":[{"action":"RestartAllContainers","exitCodes":{"operator":"In","values":[42]}}],
              "volumeMounts":[{"name":"v","mountPath":"/v"}],
              "command":["/bin/sh","-c","[ $(cat /v/turns | wc -l) = 2 ] && exec sleep 1000; sleep 1; exit 42"]},
             {"name":"d","image":"test.local/busybox:1","imagePullPolicy":"IfNotPresent","command":["sleep","1000"]}],
            "volumes":[{"name":"v","emptyDir":{}}]
            """);
    eventually(() -> {
      JsonNode status = pod("anew").at("status");
      for (String list : new String[] {"initContainerStatuses", "containerStatuses"}) {
        for (JsonNode c : status.path(list)) {
          assertThat(c.path("restartCount").asInt()).isEqualTo(1);
        }
      }
      for (JsonNode c : status.path("containerStatuses")) {
        assertThat(c.path("state").has("running")).isTrue();
      }
    });
    assertThat(made.uid()).isEqualTo(pod("anew").uid());
    delete("anew");
  }

  @Test
  void aSleepHookAndAStopSignalEndAContainer() throws Exception {
    Path marks = Files.createDirectories(containerd.root().resolve("signals"));
    script(
        "signalled",
        "trap 'echo usr1 >> /m/log; exit 0' USR1; while true; do sleep 0.1; done",
        "\"lifecycle\":{\"stopSignal\":\"SIGUSR1\",\"preStop\":{\"sleep\":{\"seconds\":1}}},\"volumeMounts\":[{\"name\":\"m\",\"mountPath\":\"/m\"}]",
        "\"terminationGracePeriodSeconds\":4,\"volumes\":[{\"name\":\"m\",\"hostPath\":{\"path\":\""
            + marks
            + "\"}}]");
    awaitPhase("signalled", "Running");
    long begun = System.nanoTime();
    delete("signalled");
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofSeconds(1));
    if (containerd.name().equals("coracle")) {
      assertThat(marks.resolve("log")).hasContent("usr1");
    }
  }

  @Test
  void anEphemeralContainerJoinsARunningPod() {
    script("host", "sleep 1000", "", "");
    awaitPhase("host", "Running");
    api.patch(
            Resources.PODS,
            "default",
            "host",
            Patch.merge(n ->
                n.putObject("spec")
                    .putArray("ephemeralContainers")
                    .addObject()
                    .put("name", "debugger")
                    .put("image", containerd.image())
                    .put("imagePullPolicy", "IfNotPresent")
                    .put("targetContainerName", "c")
                    .putArray("command")
                    .add("/bin/sh")
                    .add("-c")
                    .add("cat /proc/1/cmdline; exit 7")))
        .await()
        .indefinitely();
    awaitTrue(
        "host",
        p ->
            p.at("status", "ephemeralContainerStatuses")
                    .path(0)
                    .path("state")
                    .path("terminated")
                    .path("exitCode")
                    .asInt()
                == 7);
    assertThat(pod("host").text("status", "phase")).isEqualTo("Running");
    delete("host");
  }
}
