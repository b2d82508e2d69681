package dev.coracle.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.Component;
import dev.coracle.api.Resources;
import dev.coracle.client.fake.FakeClient;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A part that works where its control plane leads. */
class ElectedTest {

  private static final Duration SOON = Duration.ofSeconds(30);

  private final Vertx vertx = Vertx.vertx();
  private final FakeClient api = new FakeClient();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  /** One that starts as it is told to. */
  private record Part(CompletionStage<Void> start) implements Component {
    @Override
    public String name() {
      return "part";
    }

    @Override
    public CompletionStage<Void> stop() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public Optional<String> unhealthy() {
      return Optional.empty();
    }
  }

  @AfterEach
  void close() {
    vertx.close().toCompletionStage().toCompletableFuture().join();
  }

  private Elected elected(Supplier<Component> maker) {
    return new Elected("kube-scheduler", vertx, api, maker, registry);
  }

  private String holder() {
    var lease = api.peek(Resources.LEASES, "kube-system", "kube-scheduler");
    return lease == null ? "" : lease.text("spec", "holderIdentity");
  }

  private static void get(CompletionStage<Void> stage) throws Exception {
    stage.toCompletableFuture().get(SOON.toSeconds(), TimeUnit.SECONDS);
  }

  private void assertGivesTheLeadBack(Supplier<Component> broken) throws Exception {
    Elected first = elected(broken);
    assertThatThrownBy(() -> get(first.start())).hasMessageContaining("no disk");
    assertThat(first.unhealthy()).hasValue("kube-scheduler could not be started: no disk");
    // Given back and not left to run out: the Lease has no holder.
    Awaitility.await().atMost(SOON).until(() -> holder().isEmpty());

    Elected second = elected(() -> new Part(CompletableFuture.completedFuture(null)));
    get(second.start());
    assertThat(holder()).isNotEmpty();
    assertThat(second.unhealthy()).isEmpty();
    get(second.stop());
    get(first.stop());
  }

  @Test
  void aPartThatCannotBeStartedGivesTheLeadBack() throws Exception {
    assertGivesTheLeadBack(
        () -> new Part(CompletableFuture.failedFuture(new IllegalStateException("no disk"))));
  }

  @Test
  void aPartThatCannotBeMadeGivesTheLeadBack() throws Exception {
    assertGivesTheLeadBack(() -> {
      throw new IllegalStateException("no disk");
    });
  }

  /** Ready means that somebody works, not that it is this one. */
  @Test
  void standingByIsHealthyAndMakesNothing() throws Exception {
    Elected first = elected(() -> new Part(CompletableFuture.completedFuture(null)));
    get(first.start());
    String leader = holder();
    Elected second =
        elected(() -> {
          throw new IllegalStateException("it has no lead");
        });
    get(second.start());
    assertThat(second.unhealthy()).isEmpty();
    assertThat(holder()).isEqualTo(leader);
    get(second.stop());
    get(first.stop());
    assertThat(holder()).isEmpty();
  }
}
