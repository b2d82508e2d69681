package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.kubelet.internal.node.Machine;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.CriException.Code;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A runtime that is away, and pods that this node does not take. */
class PodTroubleTest {
  private KubeletHarness k;

  @BeforeEach
  void start() throws Exception {
    k = new KubeletHarness();
  }

  @AfterEach
  void stop() throws Exception {
    k.close();
  }

  private long attempts(String command) {
    return k.runtime.calls().stream().filter(c -> c.equals("exec " + command)).count();
  }

  @Test
  void aProbeThatCannotBeMadeSaysNothingOfTheContainer() {
    AtomicBoolean away = new AtomicBoolean();
    k.runtime.failing(call ->
        away.get() && call.startsWith("exec")
            ? Optional.of(new CriException(Code.UNAVAILABLE, "connection refused"))
            : Optional.empty());
    k.simple(
        "probed",
        ",\"livenessProbe\":{\"exec\":{\"command\":[\"live\"]},\"periodSeconds\":1,\"failureThreshold\":1},"
            + "\"readinessProbe\":{\"exec\":{\"command\":[\"ready\"]},\"periodSeconds\":1,\"failureThreshold\":1}");
    k.eventually(() -> assertThat(k.condition("probed", "Ready")).isEqualTo("True"));
    k.eventually(() -> assertThat(attempts("live")).isPositive());
    away.set(true);
    long before = attempts("live");
    k.eventually(() -> assertThat(attempts("live")).isGreaterThan(before + 2));
    away.set(false);
    k.eventually(() ->
        assertThat(k.events())
            .contains(
                "Unhealthy: Liveness probe errored and resulted in unknown state:"
                    + " rpc error: code = Unavailable desc = connection refused",
                "Unhealthy: Readiness probe errored and resulted in unknown state:"
                    + " rpc error: code = Unavailable desc = connection refused"));
    assertThat(k.events()).noneMatch(e -> e.startsWith("Killing"));
    assertThat(k.condition("probed", "Ready")).isEqualTo("True");
    assertThat(k.container("probed").path("restartCount").asInt()).isZero();
  }

  private void failing(String what, Code code, AtomicBoolean fails) {
    k.runtime.failing(call ->
        fails.get() && call.equals(what)
            ? Optional.of(new CriException(code, "it does not say"))
            : Optional.empty());
  }

  @Test
  void aSandboxWhoseStatusTheRuntimeDoesNotTellIsAnEvent() {
    AtomicBoolean silent = new AtomicBoolean(true);
    failing("podSandboxStatus", Code.INTERNAL, silent);
    k.simple("unseen", "");
    k.eventually(() ->
        assertThat(k.events())
            .contains(
                "FailedPodSandBoxStatus: Unable to get pod sandbox status: rpc error: code ="
                    + " Internal desc = it does not say"));
    silent.set(false);
    k.awaitPhase("unseen", "Running");
  }

  @Test
  void aPodOfWhichTheRuntimeDoesNotTellIsAnEvent() {
    k.simple("unseen", "");
    k.awaitPhase("unseen", "Running");
    AtomicBoolean silent = new AtomicBoolean(true);
    failing("listContainers", Code.INTERNAL, silent);
    k.delete("unseen", DeleteOptions.DEFAULT);
    k.eventually(() ->
        assertThat(k.events())
            .contains(
                "FailedSync: error determining status: rpc error: code = Internal desc = it does"
                    + " not say"));
    silent.set(false);
    k.eventually(() -> assertThat(k.exists("unseen")).isFalse());
  }

  @Test
  void aRuntimeThatIsAwayIsNoEventOfEachPod() {
    k.simple("here", "");
    k.awaitPhase("here", "Running");
    AtomicBoolean away = new AtomicBoolean(true);
    AtomicInteger asked = new AtomicInteger();
    k.runtime.failing(call -> {
      if (!away.get() || !call.equals("listContainers")) {
        return Optional.empty();
      }
      asked.incrementAndGet();
      return Optional.of(new CriException(Code.UNAVAILABLE, "connection refused"));
    });
    k.delete("here", DeleteOptions.DEFAULT);
    k.eventually(() -> assertThat(asked).hasValueGreaterThan(2));
    away.set(false);
    k.eventually(() -> assertThat(k.exists("here")).isFalse());
    assertThat(k.events()).noneMatch(e -> e.startsWith("FailedSync"));
  }

  @Test
  void withoutADnsServerOfTheClusterPodsHaveThatOfTheNode() {
    KubeObject pod = k.simple("alone", "");
    k.create(
        "host", "\"hostNetwork\":true,\"containers\":[{\"name\":\"c\",\"image\":\"busybox:1\"}]");
    k.awaitPhase("alone", "Running");
    k.awaitPhase("host", "Running");
    String message =
        "kubelet does not have ClusterDNS IP configured and cannot create Pod using"
            + " \"ClusterFirst\" policy. Falling back to \"Default\" policy.";
    k.eventually(() ->
        assertThat(k.events())
            .filteredOn(e -> e.startsWith("MissingClusterDNS"))
            .containsExactlyInAnyOrder(
                "MissingClusterDNS: " + message,
                "MissingClusterDNS: pod: \"alone_default(" + pod.uid() + ")\". " + message));
  }

  /** As upstream: what a volume had stays, and so does the pod. */
  @Test
  void aRunningPodDoesNotNeedItsConfigMapAnyMore() {
    k.api.put(
        Resources.CONFIG_MAPS,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"ConfigMap",
             "metadata":{"name":"words","namespace":"default"},"data":{"a":"b"}}
            """));
    k.create(
        "reads",
        """
        "volumes":[{"name":"v","configMap":{"name":"words"}}],
        "containers":[{"name":"reads","image":"busybox:1",
          "volumeMounts":[{"name":"v","mountPath":"/v"}]}]
        """);
    k.awaitPhase("reads", "Running");
    k.api
        .delete(Resources.CONFIG_MAPS, "default", "words", DeleteOptions.now())
        .await()
        .indefinitely();
    String lost =
        "FailedMount: MountVolume.SetUp failed for volume \"v\" : configmap \"words\" not";
    k.eventually(() -> assertThat(k.events()).anyMatch(e -> e.startsWith(lost)));
    k.runtime.exit("reads", 1);
    k.eventually(() -> {
      assertThat(k.container("reads").path("restartCount").asInt()).isEqualTo(1);
      assertThat(k.container("reads").path("state").has("running")).isTrue();
    });
  }

  @Test
  void aRefusedPodIsToldByAnEventToo() {
    k.simple("bystander", "");
    k.awaitPhase("bystander", "Running");
    k.simple("greedy", ",\"resources\":{\"requests\":{\"cpu\":\"100000\"}}");
    k.create(
        "elsewhere",
        "\"nodeSelector\":{\"no\":\"such\"},\"containers\":[{\"name\":\"c\",\"image\":\"busybox:1\"}]");
    for (String name : new String[] {"greedy", "elsewhere"}) {
      k.awaitPhase(name, "Failed");
      k.eventually(() ->
          assertThat(k.events())
              .contains(
                  k.pod(name).text("status", "reason")
                      + ": "
                      + k.pod(name).text("status", "message").replace("Pod was rejected: ", "")));
    }
    assertThat(k.pod("greedy").text("status", "reason")).isEqualTo("OutOfcpu");
    assertThat(k.pod("elsewhere").text("status", "message"))
        .isEqualTo(
            "Pod was rejected: Predicate NodeAffinity failed: node(s) didn't match Pod's node"
                + " affinity/selector");
    assertThat(k.container("bystander").path("restartCount").asInt()).isZero();
  }

  @Test
  void aRefusedPodNamesNoContainersThatWouldBeWaitedFor() throws Exception {
    k.create(
        "forbidden",
        "\"securityContext\":{\"sysctls\":[{\"name\":\"kernel.msgmax\",\"value\":\"1\"}]},"
            + "\"containers\":[{\"name\":\"c\",\"image\":\"busybox:1\"}]");
    k.awaitPhase("forbidden", "Failed");
    assertThat(k.pod("forbidden").text("status", "reason")).isEqualTo("SysctlForbidden");
    assertThat(k.pod("forbidden").text("status", "message"))
        .isEqualTo("Pod was rejected: forbidden sysctl: \"kernel.msgmax\" not allowlisted");
    assertThat(k.pod("forbidden").at("status", "containerStatuses")).isEmpty();
    k.restart();
    k.simple("later", "");
    k.awaitPhase("later", "Running");
    assertThat(k.pod("forbidden").at("status", "containerStatuses")).isEmpty();
  }

  @Test
  void whereThereIsNoAppArmorAPodThatIsToBeConfinedDoesNotRunWithoutIt() throws Exception {
    String confined =
        "\"securityContext\":{\"appArmorProfile\":{\"type\":\"%s\"}},"
            + "\"containers\":[{\"name\":\"c\",\"image\":\"busybox:1\"}]";
    for (boolean has : new boolean[] {false, true}) {
      try (KubeletHarness other =
          KubeletHarness.on(
              o -> o, around -> around.withMachine(machine(around, has), around.system()))) {
        other.create("free", confined.formatted("Unconfined"));
        other.create("confined", confined.formatted("RuntimeDefault"));
        other.awaitPhase("free", "Running");
        other.awaitPhase("confined", has ? "Running" : "Failed");
        assertThat(other.pod("confined").text("status", "message"))
            .isEqualTo(
                has
                    ? ""
                    : "Pod was rejected: Cannot enforce AppArmor: AppArmor is not enabled on the"
                        + " host");
        assertThat(other.pod("confined").text("status", "reason")).isEqualTo(has ? "" : "AppArmor");
      }
    }
  }

  private static Machine machine(Surroundings around, boolean appArmor) {
    Machine real = around.machine();
    return new Machine(
        real.cpus(),
        real.memoryBytes(),
        real.machineId(),
        real.systemUuid(),
        real.bootId(),
        real.kernel(),
        real.osImage(),
        real.architecture(),
        real.hugePages(),
        appArmor);
  }

  @Test
  void aPodIsOnlyForTheNodesThatItsAffinityNames() {
    String affinity =
        """
        "affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":
          {"nodeSelectorTerms":[{"matchFields":[
            {"key":"metadata.name","operator":"In","values":["%s"]}]}]}}},
        "containers":[{"name":"%s","image":"busybox:1"}]
        """;
    k.create("elsewhere", affinity.formatted("n2", "a"));
    k.create("here", affinity.formatted("n1", "b"));
    k.create(
        "windows",
        "\"os\":{\"name\":\"windows\"},\"containers\":[{\"name\":\"c\",\"image\":\"busybox:1\"}]");
    k.awaitPhase("here", "Running");
    k.awaitPhase("elsewhere", "Failed");
    assertThat(k.pod("elsewhere").text("status", "reason")).isEqualTo("NodeAffinity");
    k.awaitPhase("windows", "Failed");
    assertThat(k.pod("windows").text("status", "reason")).isEqualTo("PodOSNotSupported");
    k.api
        .create(
            Resources.PODS,
            KubeObject.parse(
                """
                {"apiVersion":"v1","kind":"Pod",
                 "metadata":{"namespace":"default","name":"labelled",
                  "labels":{"kubernetes.io/os":"windows"}},
                 "spec":{"nodeName":"n1","containers":[{"name":"c","image":"busybox:1"}]}}
                """))
        .await()
        .indefinitely();
    k.awaitPhase("labelled", "Failed");
    assertThat(k.pod("labelled").text("status", "reason"))
        .isEqualTo("PodOSSelectorNodeLabelDoesNotMatch");
  }

  /** A kubelet that is started anew lets its pods in anew, also those that run. */
  @Test
  void aPodThatRunsWhereItDoesNotBelongAnyMoreEndsWithTheNextKubelet() throws Exception {
    label("blue");
    k.create(
        "blue",
        "\"nodeSelector\":{\"color\":\"blue\"},"
            + "\"containers\":[{\"name\":\"blue\",\"image\":\"busybox:1\"}]");
    k.simple("anywhere", "");
    k.awaitPhase("blue", "Running");
    k.awaitPhase("anywhere", "Running");
    label("red");
    k.simple("later", "");
    k.awaitPhase("later", "Running");
    assertThat(k.pod("blue").text("status", "phase")).isEqualTo("Running");
    k.restart();
    k.awaitPhase("blue", "Failed");
    assertThat(k.pod("blue").text("status", "reason")).isEqualTo("NodeAffinity");
    assertThat(k.runtime.calls()).as("with its own grace").contains("stopContainer blue 5");
    assertThat(k.pod("anywhere").text("status", "phase")).isEqualTo("Running");
    assertThat(k.container("anywhere").path("restartCount").asInt()).isZero();
  }

  private void label(String color) {
    k.api
        .patch(
            Resources.NODES,
            "",
            "n1",
            Patch.merge(node -> node.putObject("metadata").putObject("labels").put("color", color)))
        .await()
        .indefinitely();
  }

  /** Else the two would keep each other out. */
  @Test
  void whatARefusedPodAskedForIsFree() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    String port =
        "\"containers\":[{\"name\":\"%s\",\"image\":\"busybox:1\","
            + "\"ports\":[{\"containerPort\":80,\"hostPort\":8080}]}]";
    label("blue");
    k.create("held", "\"nodeSelector\":{\"color\":\"blue\"}," + port.formatted("held"));
    k.awaitPhase("held", "Running");
    label("red");
    k.runtime.failing(call -> {
      if (call.equals("stopContainer held 5")) {
        try {
          go.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      return Optional.empty();
    });
    k.restart();
    k.eventually(() -> assertThat(k.runtime.calls()).contains("stopContainer held 5"));
    k.create("next", port.formatted("next"));
    k.awaitPhase("next", "Running");
    assertThat(k.pod("held").text("status", "phase")).as("it still ends").isEqualTo("Running");
    go.countDown();
    k.awaitPhase("held", "Failed");
  }

  @Test
  void aPodThatWouldBeEvictedAtOnceIsRefused() throws Exception {
    String tolerant =
        """
        "tolerations":[{"key":"maintenance","value":"%s","effect":"NoExecute"}],
        "containers":[{"name":"c","image":"busybox:1"}]
        """;
    taint("soon");
    k.restart();
    k.create("for-now", tolerant.formatted("now"));
    k.create("for-soon", tolerant.formatted("soon"));
    k.awaitPhase("for-soon", "Running");
    k.awaitPhase("for-now", "Failed");
    assertThat(k.pod("for-now").text("status", "reason")).isEqualTo("TaintToleration");
    assertThat(k.pod("for-now").text("status", "message"))
        .isEqualTo(
            "Pod was rejected: Predicate TaintToleration failed: node(s) had taints that the pod"
                + " didn't tolerate");

    // The Node is asked for before a pod is refused, and otherwise known as it was last told.
    taint("now");
    k.create("for-now-again", tolerant.formatted("now"));
    k.awaitPhase("for-now-again", "Running");
    String phase;
    int i = 0;
    do {
      String name = "for-soon-" + i++;
      k.create(name, tolerant.formatted("soon"));
      k.eventually(() -> assertThat(k.pod(name).text("status", "phase")).isIn("Running", "Failed"));
      phase = k.pod(name).text("status", "phase");
    } while (phase.equals("Running") && i < 100);
    assertThat(phase).isEqualTo("Failed");
  }

  private void taint(String value) {
    k.api
        .patch(
            Resources.NODES,
            "",
            "n1",
            Patch.merge(node ->
                node.putObject("spec")
                    .putArray("taints")
                    .addObject()
                    .put("key", "maintenance")
                    .put("value", value)
                    .put("effect", "NoExecute")))
        .await()
        .indefinitely();
  }

  @Test
  void aPodThatNeverRanHasFailedWhenItIsDeleted() {
    k.runtime.failing(call ->
        call.startsWith("pullImage missing")
            ? Optional.of(new CriException(Code.NOT_FOUND, "no such image"))
            : Optional.empty());
    k.api
        .create(
            Resources.PODS,
            KubeObject.parse(
                """
                {"apiVersion":"v1","kind":"Pod",
                 "metadata":{"name":"stuck","namespace":"default","finalizers":["example.com/kept"]},
                 "spec":{"nodeName":"n1","terminationGracePeriodSeconds":5,
                   "initContainers":[{"name":"i","image":"missing:1"},{"name":"j","image":"busybox:1"}],
                   "containers":[{"name":"c","image":"busybox:1"}]}}
                """))
        .await()
        .indefinitely();
    k.api
        .create(
            Resources.PODS,
            KubeObject.parse(
                """
                {"apiVersion":"v1","kind":"Pod",
                 "metadata":{"name":"half","namespace":"default","finalizers":["example.com/kept"]},
                 "spec":{"nodeName":"n1","terminationGracePeriodSeconds":5,
                   "containers":[{"name":"c","image":"missing:1"},{"name":"d","image":"busybox:1"}]}}
                """))
        .await()
        .indefinitely();
    k.eventually(() ->
        assertThat(k.pod("half").at("status", "containerStatuses").path(1).at("/state/running"))
            .isNotEmpty());
    k.eventually(() ->
        assertThat(
                k.pod("stuck")
                    .at("status", "initContainerStatuses")
                    .path(0)
                    .at("/state/waiting/reason")
                    .asText())
            .isEqualTo("ImagePullBackOff"));
    k.delete("stuck", DeleteOptions.DEFAULT);
    k.delete("half", DeleteOptions.DEFAULT);
    k.awaitPhase("stuck", "Failed");
    assertThat(k.pod("stuck").at("status", "containerStatuses").path(0).at("/state/waiting"))
        .as("never reached")
        .isNotEmpty();
    k.awaitPhase("half", "Failed");
    JsonNode ended = k.container("half").at("/state/terminated");
    assertThat(ended.path("reason").asText()).isEqualTo("ContainerStatusUnknown");
    assertThat(ended.path("exitCode").asInt()).isEqualTo(137);
    assertThat(ended.path("message").asText())
        .isEqualTo("The container could not be located when the pod was terminated");
  }

  /** As after a machine was started anew: nobody may wait for a container that does not come. */
  @Test
  void aContainerThatTheRuntimeLostAndThatIsNotRestartedHasEnded() throws Exception {
    k.create(
        "lost",
        "\"restartPolicy\":\"Never\",\"containers\":[{\"name\":\"c\",\"image\":\"busybox:1\"}]");
    k.eventually(() -> assertThat(k.container("lost").at("/state/running")).isNotEmpty());
    k.stopKubelet();
    k.runtime.loseAll();
    k.restart();
    k.awaitPhase("lost", "Failed");
    k.eventually(() ->
        assertThat(k.container("lost").at("/state/terminated/reason").asText())
            .isEqualTo("ContainerStatusUnknown"));
    assertThat(k.container("lost").at("/state/terminated/exitCode").asInt()).isEqualTo(137);
  }

  @Test
  void nobodyAsksWhetherAContainerLivesThatIsBeingEnded() throws Exception {
    CountDownLatch stopping = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    k.runtime.failing(call -> {
      if (call.startsWith("stopContainer")) {
        stopping.countDown();
        try {
          go.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      return Optional.empty();
    });
    k.simple(
        "ending",
        ",\"livenessProbe\":{\"exec\":{\"command\":[\"live\"]},\"periodSeconds\":1},"
            + "\"readinessProbe\":{\"exec\":{\"command\":[\"ready\"]},\"periodSeconds\":1}");
    k.eventually(() -> assertThat(k.condition("ending", "Ready")).isEqualTo("True"));
    k.eventually(() -> assertThat(attempts("live")).isPositive());
    k.delete("ending", DeleteOptions.DEFAULT);
    assertThat(stopping.await(10, TimeUnit.SECONDS)).isTrue();
    long live = attempts("live");
    long ready = attempts("ready");
    k.eventually(() -> assertThat(attempts("ready")).isGreaterThan(ready + 2));
    k.runtime.execs(command -> command.getFirst().equals("ready") ? 1 : 0);
    k.eventually(() -> assertThat(k.condition("ending", "Ready")).isEqualTo("False"));
    assertThat(k.container("ending").at("/state/running")).as("it has not ended").isNotEmpty();
    // One may have been on its way.
    assertThat(attempts("live")).isLessThanOrEqualTo(live + 1);
    go.countDown();
    k.eventually(() -> assertThat(k.exists("ending")).isFalse());
  }

  /** {@code kubectl get pods} says 1/2, and its Services lead to what still answers. */
  @Test
  void aContainerThatHasEndedIsToldWhileAnotherOfItsPodStillEnds() throws Exception {
    CountDownLatch go = new CountDownLatch(1);
    k.runtime.failing(call -> {
      if (call.startsWith("stopContainer slow")) {
        try {
          go.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      return Optional.empty();
    });
    k.create(
        "two",
        """
        "containers":[{"name":"quick","image":"busybox:1"},{"name":"slow","image":"busybox:1"}]
        """);
    k.awaitPhase("two", "Running");
    k.delete("two", DeleteOptions.DEFAULT);
    k.eventually(() -> {
      JsonNode statuses = k.pod("two").at("status", "containerStatuses");
      assertThat(statuses.at("/0/state/terminated")).isNotEmpty();
      assertThat(statuses.at("/0/ready").asBoolean()).isFalse();
      assertThat(statuses.at("/1/ready").asBoolean()).isTrue();
    });
    assertThat(k.pod("two").text("status", "phase")).isEqualTo("Running");
    go.countDown();
    k.eventually(() -> assertThat(k.exists("two")).isFalse());
  }

  /** Nobody is cut off from a pod because its kubelet was started anew. */
  @Test
  void whatWasReadyAndHadStartedStaysSoForTheNextKubelet() throws Exception {
    AtomicInteger answer = new AtomicInteger();
    k.runtime.execs(command -> answer.get());
    k.simple(
        "kept",
        ",\"startupProbe\":{\"exec\":{\"command\":[\"start\"]},\"periodSeconds\":1,\"failureThreshold\":100},"
            + "\"readinessProbe\":{\"exec\":{\"command\":[\"ready\"]},\"periodSeconds\":1,\"failureThreshold\":100}");
    k.eventually(() -> assertThat(k.condition("kept", "Ready")).isEqualTo("True"));
    long starts = attempts("start");
    answer.set(1);
    k.restart();
    long before = attempts("ready");
    k.eventually(() -> assertThat(attempts("ready")).isGreaterThan(before + 1));
    assertThat(k.condition("kept", "Ready"))
        .as(() -> k.pod("kept") + " after " + k.runtime.calls())
        .isEqualTo("True");
    assertThat(k.container("kept").path("started").asBoolean()).isTrue();
    assertThat(attempts("start")).as("it has started already").isEqualTo(starts);
    k.delete("kept", DeleteOptions.now());
    k.eventually(() -> assertThat(k.exists("kept")).isFalse());
  }

  /** Who deletes a pod once more, with less grace, does not wait for the grace it had at first. */
  @Test
  void aPodThatIsEndedSlowlyMayBeHurried() throws Exception {
    CountDownLatch killed = new CountDownLatch(1);
    k.runtime.failing(call -> {
      if (call.equals("stopContainer slow 5")) {
        try {
          killed.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      } else if (call.equals("stopContainer slow 1")) {
        killed.countDown();
      }
      return Optional.empty();
    });
    k.simple("slow", "");
    k.awaitPhase("slow", "Running");
    k.delete("slow", DeleteOptions.DEFAULT);
    k.eventually(() -> assertThat(k.runtime.calls()).contains("stopContainer slow 5"));
    assertThat(k.exists("slow")).isTrue();
    k.delete("slow", new DeleteOptions(1, "", "", "", false));
    k.eventually(() -> assertThat(k.runtime.calls()).contains("stopContainer slow 1"));
    k.eventually(() -> assertThat(k.exists("slow")).isFalse());
    assertThat(killed.getCount()).isZero();
  }
}
