package dev.coracle.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.NamespacedName;
import dev.coracle.client.Reconciler.Result;
import dev.coracle.client.fake.ManualContext;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ControllerLoopTest {

  private static final NamespacedName A = new NamespacedName("ns", "a");
  private static final NamespacedName B = new NamespacedName("ns", "b");

  private final ManualContext context = new ManualContext();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final List<NamespacedName> begun = new ArrayList<>();
  private final List<UniEmitter<? super Result>> open = new ArrayList<>();

  private ControllerLoop loop(int concurrency) {
    ControllerLoop loop =
        new ControllerLoop(
            "test",
            name -> {
              begun.add(name);
              return Uni.createFrom().emitter(open::add);
            },
            concurrency,
            context,
            registry);
    loop.start();
    return loop;
  }

  private void finish(int n, Result result) {
    open.get(n).complete(result);
    context.runUntilIdle();
  }

  @Test
  void neverWorksOnOneNameTwiceAtOnce() {
    ControllerLoop loop = loop(4);
    loop.enqueue(A);
    context.runUntilIdle();
    loop.enqueue(A);
    loop.enqueue(A);
    loop.enqueue(B);
    context.runUntilIdle();
    assertThat(begun).containsExactly(A, B);
    finish(0, Result.DONE);
    assertThat(begun).containsExactly(A, B, A);
    finish(2, Result.DONE);
    finish(1, Result.DONE);
    assertThat(begun).hasSize(3);
  }

  @Test
  void keepsToItsConcurrency() {
    ControllerLoop loop = loop(1);
    loop.enqueue(A);
    loop.enqueue(B);
    context.runUntilIdle();
    assertThat(begun).containsExactly(A);
    finish(0, Result.DONE);
    assertThat(begun).containsExactly(A, B);
  }

  @Test
  void retriesWithGrowingDelaysAndForgetsAfterSuccess() {
    ControllerLoop loop = loop(1);
    loop.enqueue(A);
    context.runUntilIdle();
    for (int i = 0; i < 5; i++) {
      open.get(i).fail(new IllegalStateException("no"));
      context.runUntilIdle();
      context.advance(Duration.ofMillis((5L << i) - 1));
      assertThat(begun).hasSize(i + 1);
      context.advance(Duration.ofMillis(1));
      assertThat(begun).hasSize(i + 2);
    }
    assertThat(loop.queue().retries(A)).isEqualTo(5);
    finish(5, Result.requeueAfter(Duration.ofSeconds(3)));
    assertThat(loop.queue().retries(A)).isZero();
    context.advance(Duration.ofMillis(2999));
    assertThat(begun).hasSize(6);
    context.advance(Duration.ofMillis(1));
    assertThat(begun).hasSize(7);
  }

  @Test
  void leavesATerminalFailureAlone() {
    ControllerLoop loop = loop(1);
    loop.enqueue(A);
    context.runUntilIdle();
    open.getFirst().fail(new Reconciler.TerminalException("never"));
    context.advance(Duration.ofHours(1));
    assertThat(begun).hasSize(1);
    loop.enqueue(A);
    context.runUntilIdle();
    assertThat(begun).hasSize(2);
  }

  @Test
  void theEarliestOfSeveralDelaysWins() {
    ControllerLoop loop = loop(1);
    loop.enqueueAfter(A, Duration.ofSeconds(10));
    loop.enqueueAfter(A, Duration.ofSeconds(1));
    loop.enqueueAfter(A, Duration.ofSeconds(5));
    context.advance(Duration.ofSeconds(1));
    assertThat(begun).containsExactly(A);
    finish(0, Result.DONE);
    context.advance(Duration.ofSeconds(20));
    assertThat(begun).hasSize(1);
  }

  @Test
  void countsUnderUpstreamsNames() {
    ControllerLoop loop = loop(1);
    loop.enqueue(A);
    loop.enqueue(B);
    context.runUntilIdle();
    assertThat(registry.get("workqueue_adds_total").tag("name", "test").counter().count())
        .isEqualTo(2);
    assertThat(registry.get("workqueue_depth").gauge().value()).isEqualTo(1);
    finish(0, Result.DONE);
    assertThat(
            registry
                .get("controller_runtime_reconcile_total")
                .tag("result", "success")
                .counter()
                .count())
        .isEqualTo(1);
  }
}
