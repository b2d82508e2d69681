package dev.coracle.scheduler.internal.queue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.client.fake.ManualContext;
import dev.coracle.scheduler.config.SchedulerOptions;
import dev.coracle.scheduler.spi.ClusterEvent;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SchedulingQueueTest {

  private final ManualContext context = new ManualContext();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final SchedulingQueue queue =
      new SchedulingQueue(context, SchedulerOptions.DEFAULT, List.of(), registry);

  private final ClusterEvent gone =
      new ClusterEvent(ClusterEvent.Kind.ASSIGNED_POD, pod("victim"), null);

  private static KubeObject pod(String name) {
    return KubeObject.create(
        new GroupVersionKind("", "v1", "Pod"),
        "default",
        name,
        tree -> tree.withObjectProperty("metadata").put("uid", name));
  }

  private void isRejectedAndHeld() {
    queue.add(pod("p"));
    QueuedPod popped = queue.pop();
    assertThat(popped).isNotNull();
    queue.rejected(popped, Set.of("NodeResourcesFit"));
    queue.hold("p");
  }

  @Test
  void whoIsHeldHearsOfEventsWhenItIsReleased() {
    isRejectedAndHeld();
    queue.happened(gone);
    assertThat(queue.pop()).isNull();
    queue.release("p", false);
    assertThat(queue.pop()).isNotNull();
    assertThat(
            registry
                .get("scheduler_queue_incoming_pods_total")
                .tag("event", "AssignedPodDelete")
                .counter()
                .count())
        .isEqualTo(1);
  }

  @Test
  void whoIsHeldAndReleasedWithoutEventsSleepsOn() {
    isRejectedAndHeld();
    queue.release("p", false);
    assertThat(queue.pop()).isNull();
    queue.happened(gone);
    assertThat(queue.pop()).isNotNull();
  }

  @Test
  void whoIsHeldInVainIsTriedAfterItsBackoff() {
    isRejectedAndHeld();
    queue.release("p", true);
    assertThat(queue.pop()).isNull();
    context.advance(Duration.ofSeconds(1));
    assertThat(queue.pop()).isNotNull();
  }

  @Test
  void whoIsWokenByNoEventIsKnown() {
    queue.add(pod("p"));
    QueuedPod popped = queue.pop();
    queue.rejected(popped, Set.of("NodeResourcesFit"));
    context.advance(SchedulerOptions.DEFAULT.unschedulableFlush().plusSeconds(1));
    assertThat(queue.pop()).isSameAs(popped);
    assertThat(popped.wasFlushed()).isTrue();
    queue.rejected(popped, Set.of("NodeResourcesFit"));
    queue.happened(gone);
    context.advance(Duration.ofMinutes(1));
    assertThat(queue.pop()).isSameAs(popped);
    assertThat(popped.wasFlushed()).isFalse();
  }
}
