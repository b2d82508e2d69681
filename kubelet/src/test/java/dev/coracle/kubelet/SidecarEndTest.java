package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.rest.DeleteOptions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How pods with sidecars end (KEP-753). */
class SidecarEndTest {
  private final Map<String, CountDownLatch> held = new ConcurrentHashMap<>();
  private KubeletHarness k;

  @BeforeEach
  void start() throws Exception {
    k = new KubeletHarness();
    k.runtime.failing(call -> {
      CountDownLatch latch = held.get(call);
      try {
        if (latch != null) {
          latch.await(60, TimeUnit.SECONDS);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return Optional.empty();
    });
  }

  @AfterEach
  void stop() throws Exception {
    held.values().forEach(CountDownLatch::countDown);
    k.close();
  }

  private CountDownLatch hold(String call) {
    return held.computeIfAbsent(call, _ -> new CountDownLatch(1));
  }

  /** What a Job's controller counts, and what a quota gives to the next pod. */
  @Test
  void aPodHasNotSucceededWhileItsSidecarEnds() throws Exception {
    CountDownLatch stop = hold("stopContainer side 1");
    k.create(
        "job",
        """
        "terminationGracePeriodSeconds":1,"restartPolicy":"Never",
        "initContainers":[{"name":"side","image":"busybox:1","restartPolicy":"Always"}],
        "containers":[{"name":"work","image":"busybox:1"}]
        """);
    k.awaitPhase("job", "Running");
    k.eventually(() -> assertThat(k.runtime.running("work")).isPresent());
    k.runtime.exit("work", 0);
    k.eventually(() -> assertThat(k.runtime.calls()).contains("stopContainer side 1"));
    k.eventually(() -> {
      assertThat(k.pod("job").at("status", "containerStatuses").at("/0/state/terminated"))
          .isNotEmpty();
      assertThat(k.condition("job", "Ready")).isEqualTo("False");
    });
    assertThat(k.pod("job").text("status", "phase")).isEqualTo("Running");
    stop.countDown();
    k.awaitPhase("job", "Succeeded");
    assertThat(k.pod("job").at("status", "initContainerStatuses").at("/0/state/terminated"))
        .isNotEmpty();
  }

  @Test
  void aPodThatIsEndedByItsNodeHasFailedWhenItHasEnded() throws Exception {
    CountDownLatch stop = hold("stopContainer c 1");
    k.create(
        "late",
        """
        "activeDeadlineSeconds":1,"terminationGracePeriodSeconds":1,
        "containers":[{"name":"c","image":"busybox:1"}]
        """);
    k.eventually(() -> assertThat(k.runtime.calls()).contains("stopContainer c 1"));
    assertThat(k.pod("late").text("status", "phase")).isEqualTo("Running");
    assertThat(k.pod("late").text("status", "reason")).isEmpty();
    stop.countDown();
    k.awaitPhase("late", "Failed");
    assertThat(k.pod("late").text("status", "reason")).isEqualTo("DeadlineExceeded");
  }

  /** Two sidecars, each with a hook, before an ordinary container. */
  private void create(long grace) {
    k.create(
        "web",
        """
        "terminationGracePeriodSeconds":%d,
        "initContainers":[%s,%s],
        "containers":[{"name":"app","image":"busybox:1"}]
        """
            .formatted(grace, sidecar("first"), sidecar("second")));
    k.awaitPhase("web", "Running");
    k.eventually(() -> assertThat(k.runtime.running("app")).isPresent());
  }

  private static String sidecar(String name) {
    return """
    {"name":"%s","image":"busybox:1","restartPolicy":"Always",
     "lifecycle":{"preStop":{"exec":{"command":["bye","%s"]}}}}
    """
        .formatted(name, name);
  }

  private List<String> stops() {
    return k.runtime.calls().stream().filter(c -> c.startsWith("stopContainer")).toList();
  }

  @Test
  void hooksOfSidecarsRunWhileTheOthersEnd() {
    create(30);
    CountDownLatch app = hold("stopContainer app 30");
    k.delete("web", DeleteOptions.DEFAULT);
    k.eventually(() ->
        assertThat(k.runtime.calls())
            .contains("exec bye first", "exec bye second", "stopContainer app 30"));
    assertThat(stops()).containsExactly("stopContainer app 30");
    app.countDown();
    k.eventually(() -> assertThat(k.exists("web")).isFalse());
    // Who removes the containers of a pod that is gone stops them once more, in whatever order.
    assertThat(stops())
        .extracting(c -> c.replaceFirst(" \\d+$", ""))
        .startsWith("stopContainer app", "stopContainer second", "stopContainer first");
  }

  /** They kept what was left of the grace they had at first. */
  @Test
  void sidecarsTakeAShorterGraceToo() {
    create(300);
    CountDownLatch app = hold("stopContainer app 300");
    k.delete("web", DeleteOptions.DEFAULT);
    k.eventually(() -> assertThat(stops()).contains("stopContainer app 300"));
    k.delete("web", new DeleteOptions(1, "", "", "", false));
    k.eventually(() -> assertThat(stops()).contains("stopContainer app 1"));
    app.countDown();
    k.eventually(() -> assertThat(k.exists("web")).isFalse());
    assertThat(stops()).contains("stopContainer second 1", "stopContainer first 1");
  }

  @Test
  void sidecarsWaitNoLongerThanTheGraceLasts() {
    create(300);
    CountDownLatch slow = hold("stopContainer app 300");
    CountDownLatch slower = hold("stopContainer app 1");
    k.delete("web", DeleteOptions.DEFAULT);
    k.eventually(() -> assertThat(stops()).contains("stopContainer app 300"));
    k.delete("web", new DeleteOptions(1, "", "", "", false));
    k.eventually(
        () -> assertThat(stops()).contains("stopContainer second 1", "stopContainer first 1"));
    assertThat(k.exists("web")).as("what runs still").isTrue();
    slow.countDown();
    slower.countDown();
    k.eventually(() -> assertThat(k.exists("web")).isFalse());
  }

  @Test
  void aHookIsCutShortByAShorterGrace() {
    create(300);
    hold("exec bye second");
    k.delete("web", DeleteOptions.DEFAULT);
    k.eventually(() -> assertThat(k.runtime.calls()).contains("exec bye second"));
    k.delete("web", new DeleteOptions(1, "", "", "", false));
    k.eventually(() -> assertThat(k.exists("web")).isFalse());
    k.eventually(() -> assertThat(k.events()).anyMatch(e -> e.startsWith("FailedPreStopHook")));
  }
}
