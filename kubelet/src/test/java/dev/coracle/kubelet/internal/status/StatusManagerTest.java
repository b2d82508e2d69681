package dev.coracle.kubelet.internal.status;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.pod.Pod;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** When a pod's status is written: that it begins to start only if nothing comes of it soon. */
class StatusManagerTest {
  private final FakeClient api = new FakeClient();
  private final Timers timers = new Timers("status-test", Clock.systemUTC());
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

  @AfterEach
  void stop() {
    timers.close();
  }

  private Pod pod() {
    return new Pod(
        api.create(
                Resources.PODS,
                KubeObject.parse(
                    """
                    {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"default"},
                     "spec":{"nodeName":"n","containers":[{"name":"c","image":"i"}]},
                     "status":{"phase":"Pending"}}
                    """))
            .await()
            .indefinitely());
  }

  private static ObjectNode status(String phase, String state) {
    ObjectNode status = Json.object().put("phase", phase);
    status
        .putArray("containerStatuses")
        .addObject()
        .put("name", "c")
        .set("state", Json.parseObject(state));
    return status;
  }

  private static ObjectNode starting() {
    return status("Pending", "{\"waiting\":{\"reason\":\"ContainerCreating\"}}");
  }

  private static ObjectNode running() {
    return status("Running", "{\"running\":{\"startedAt\":\"2026-01-01T00:00:00Z\"}}");
  }

  private StatusManager statuses(Duration starting) {
    return new StatusManager(
        api, timers, starting, Duration.ofMillis(10), new KubeletMetrics(meters, "n").pods());
  }

  private String phaseInApi() {
    KubeObject pod = api.peek(Resources.PODS, "default", "p");
    return pod == null
        ? ""
        : pod.at("status", "containerStatuses").path(0).path("state").toString();
  }

  private static ObjectNode restarted() {
    return status("Running", "{\"running\":{\"startedAt\":\"2026-02-02T00:00:00Z\"}}");
  }

  private Pod inApi() {
    return new Pod(
        Optional.ofNullable(api.peek(Resources.PODS, "default", "p"))
            .orElseThrow(() -> new AssertionError("the pod is gone")));
  }

  private String message() {
    return inApi().status().path("message").asText();
  }

  private void awaitSettled(StatusManager statuses, Pod pod) throws Exception {
    statuses.settled(pod.uid()).get(60, TimeUnit.SECONDS);
  }

  @Test
  void aPodThatSoonRunsIsWrittenOnce() throws Exception {
    StatusManager statuses = statuses(Duration.ofHours(1));
    Pod pod = pod();
    statuses.set(pod.uid(), pod, starting(), false);
    assertThat(statuses.last(pod.uid())).contains(starting());
    statuses.set(pod.uid(), pod, running(), false);
    awaitSettled(statuses, pod);
    assertThat(api.calls("patch", Resources.PODS)).hasSize(1);
    assertThat(phaseInApi()).contains("running");
  }

  @Test
  void aPodThatTakesItsTimeIsToldOf() {
    StatusManager statuses = statuses(Duration.ofMillis(1));
    Pod pod = pod();
    statuses.set(pod.uid(), pod, starting(), false);
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(() -> assertThat(phaseInApi()).contains("ContainerCreating"));
  }

  @Test
  void whatIsSoonFollowedByMoreWaitsForIt() throws Exception {
    StatusManager statuses = statuses(Duration.ofHours(1));
    Pod pod = pod();
    statuses.set(pod.uid(), pod, running(), false);
    awaitSettled(statuses, pod);
    statuses.set(pod.uid(), pod, restarted(), true);
    assertThat(statuses.settled(pod.uid())).isNotDone();
    assertThat(api.calls("patch", Resources.PODS)).hasSize(1);
    statuses.set(pod.uid(), pod, restarted().put("message", "own"), false);
    awaitSettled(statuses, pod);
    assertThat(api.calls("patch", Resources.PODS)).hasSize(2);
  }

  @Test
  void whatGoesWrongIsToldAtOnce() throws Exception {
    StatusManager statuses = statuses(Duration.ofHours(1));
    Pod pod = pod();
    statuses.set(pod.uid(), pod, starting(), false);
    statuses.set(
        pod.uid(), pod, status("Pending", "{\"waiting\":{\"reason\":\"ErrImagePull\"}}"), false);
    awaitSettled(statuses, pod);
    assertThat(phaseInApi()).contains("ErrImagePull");
  }

  @Test
  void onceToldEveryChangeIs() throws Exception {
    StatusManager statuses = statuses(Duration.ofHours(1));
    Pod pod = pod();
    statuses.set(pod.uid(), pod, running(), false);
    awaitSettled(statuses, pod);
    statuses.set(pod.uid(), pod, starting(), false);
    awaitSettled(statuses, pod);
    assertThat(phaseInApi()).contains("ContainerCreating");
  }

  /** Such a write is seen only in what the kubelet's own next one gives. */
  @Test
  void whatSomebodyElseWroteJustBeforeIsPutRight() throws Exception {
    StatusManager statuses = statuses(Duration.ZERO);
    Pod pod = pod();
    statuses.set(pod.uid(), pod, running().put("message", "own"), false);
    awaitSettled(statuses, pod);
    api.change(
        Resources.PODS, "default", "p", o -> o.withObject("/status").put("message", "foreign"));
    statuses.set(pod.uid(), pod, restarted().put("message", "own"), false);
    awaitSettled(statuses, pod);
    assertThat(message()).isEqualTo("foreign");
    statuses.reconcile(inApi());
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(() -> assertThat(message()).isEqualTo("own"));
    assertThat(phaseInApi()).contains("2026-02-02");
  }

  @Test
  void whatTheApiSaysInOtherWordsIsTriedOnce() throws Exception {
    StatusManager statuses = statuses(Duration.ZERO);
    Pod pod = pod();
    statuses.set(pod.uid(), pod, running(), false);
    awaitSettled(statuses, pod);
    Pod seen = new Pod(inApi().object().with(o -> o.withObject("/status").put("phase", "running")));
    statuses.reconcile(seen);
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(() -> assertThat(api.calls("patch", Resources.PODS)).hasSize(2));
    awaitSettled(statuses, pod);
    statuses.reconcile(seen);
    awaitSettled(statuses, pod);
    assertThat(api.calls("patch", Resources.PODS)).hasSize(2);
  }

  @Test
  void whatIsReadBackAsItWasWrittenIsNotWrittenAgain() throws Exception {
    StatusManager statuses = statuses(Duration.ZERO);
    Pod pod = pod();
    statuses.set(pod.uid(), pod, running().put("observedGeneration", 1L), false);
    awaitSettled(statuses, pod);
    Pod read = new Pod(KubeObject.parse(new String(inApi().object().json(), UTF_8)));
    assertThat(read.status().path("observedGeneration").isInt()).isTrue();
    statuses.reconcile(read);
    // What is due in ten milliseconds would have come before this.
    CompletableFuture<Void> later = new CompletableFuture<>();
    timers.after(Duration.ofMillis(300), () -> later.complete(null));
    later.get(60, TimeUnit.SECONDS);
    awaitSettled(statuses, pod);
    assertThat(api.calls("patch", Resources.PODS)).hasSize(1);
  }

  /** Its deletion was seen, so what is shown of it is newer than what was written. */
  @Test
  void aPodThatIsGoneIsAskedForOnceAndNotAgainAndAgain() throws Exception {
    StatusManager statuses = statuses(Duration.ZERO);
    Pod pod = pod();
    statuses.set(pod.uid(), pod, running(), false);
    awaitSettled(statuses, pod);
    Pod seen = inApi();
    api.delete(Resources.PODS, "default", "p", DeleteOptions.now()).await().indefinitely();
    int before = api.calls("patch", Resources.PODS).size();
    statuses.set(pod.uid(), seen, restarted(), false);
    awaitSettled(statuses, pod);
    assertThat(api.calls("patch", Resources.PODS)).hasSize(before + 1);
  }

  /** News of the pod came in while its worker set a newer status, and put the older one back. */
  @Test
  void newsOfThePodNeverTakeBackWhatWasSet() throws Exception {
    StatusManager statuses = statuses(Duration.ZERO);
    Pod pod = pod();
    statuses.set(pod.uid(), pod, running(), false);
    AtomicBoolean over = new AtomicBoolean();
    Thread news =
        Thread.ofPlatform()
            .start(() -> {
              while (!over.get()) {
                statuses.reconcile(pod);
              }
            });
    try {
      for (int i = 0; i < 5_000; i++) {
        ObjectNode newer = running().put("message", "m" + i);
        statuses.set(pod.uid(), pod, newer, false);
        Thread.onSpinWait();
        assertThat(statuses.last(pod.uid())).contains(newer);
      }
    } finally {
      over.set(true);
      news.join();
    }
    awaitSettled(statuses, pod);
    assertThat(message()).isEqualTo("m4999");
  }
}
