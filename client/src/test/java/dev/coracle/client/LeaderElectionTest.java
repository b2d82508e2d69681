package dev.coracle.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.client.config.LeaderElectionOptions;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.client.fake.ManualContext;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LeaderElectionTest {

  private final ManualContext context = new ManualContext();
  private final FakeClient api = new FakeClient(context.clock());
  private final List<String> story = new ArrayList<>();
  private final List<String> heard = new ArrayList<>();

  private LeaderElection candidate(String id) {
    return new LeaderElection(
        api,
        context,
        LeaderElectionOptions.of("kube-system", "kube-scheduler", id),
        new LeaderElection.Listener() {
          @Override
          public void startedLeading() {
            story.add("+" + id);
          }

          @Override
          public void stoppedLeading() {
            story.add("-" + id);
          }

          @Override
          public void newLeader(String identity) {
            heard.add(id + " hears of " + identity);
          }
        },
        new SimpleMeterRegistry());
  }

  private void assertLease(String holder, int transitions) {
    var lease = api.peek(Resources.LEASES, "kube-system", "kube-scheduler");
    assertThat(lease).isNotNull();
    assertThat(lease.text("spec", "holderIdentity")).isEqualTo(holder);
    assertThat(lease.at("spec", "leaseTransitions").asInt()).isEqualTo(transitions);
  }

  @Test
  void oneLeadsAndRenews() {
    candidate("a").start();
    context.runUntilIdle();
    candidate("b").start();
    context.advance(Duration.ofMinutes(1));
    assertThat(story).containsExactly("+a");
    assertLease("a", 0);
  }

  @Test
  void aReleasedLeaseIsTakenAtOnce() {
    LeaderElection a = candidate("a");
    a.start();
    context.runUntilIdle();
    candidate("b").start();
    context.advance(Duration.ofSeconds(1));
    a.stop().subscribe().with(_ -> {});
    context.advance(Duration.ofSeconds(3));
    assertThat(story).containsExactly("+a", "-a", "+b");
    assertThat(heard).containsExactly("a hears of a", "b hears of a", "b hears of b");
    assertLease("b", 1);
  }

  @Test
  void stepsDownBeforeAnotherMayTakeOver() {
    candidate("a").start();
    context.runUntilIdle();
    candidate("b").start();
    context.advance(Duration.ofSeconds(3));
    api.failWhen(_ -> Optional.of(StatusException.unavailable("away")));
    context.advance(Duration.ofSeconds(11));
    assertThat(story).containsExactly("+a", "-a");
    api.failWhen(_ -> Optional.empty());
    context.advance(Duration.ofSeconds(20));
    assertThat(story.getLast()).startsWith("+");
  }
}
