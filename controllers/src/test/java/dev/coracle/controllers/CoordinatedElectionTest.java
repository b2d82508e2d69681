package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.Timestamps;
import dev.coracle.client.Informer;
import dev.coracle.client.InformerFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who leads, with candidates that answer as client-go's do. */
class CoordinatedElectionTest {

  private static final String SPACE = "kube-system";
  private static final String LEASE = "component";
  private static final Duration SOON = Duration.ofSeconds(12);

  private final Cluster c = new Cluster();
  private final Set<String> silent = new HashSet<>();

  /** Answers each ping by a renewed time. */
  @BeforeEach
  void answer() {
    new InformerFactory(c.context, c.api, new Random(5))
        .informer(Resources.LEASE_CANDIDATES)
        .addHandler(
            new Informer.Handler() {
              @Override
              public void updated(KubeObject before, KubeObject now) {
                Instant pinged = Timestamps.parse(now.text("spec", "pingTime"));
                Instant renewed = Timestamps.parse(now.text("spec", "renewTime"));
                if (!silent.contains(now.name())
                    && pinged != null
                    && renewed != null
                    && renewed.isBefore(pinged)) {
                  renew(now.name());
                }
              }
            })
        .start()
        .subscribe()
        .with(_ -> {});
  }

  private String now() {
    return Timestamps.microTime(c.context.clock().instant());
  }

  private void renew(String name) {
    KubeObject known = Objects.requireNonNull(c.api.peek(Resources.LEASE_CANDIDATES, SPACE, name));
    c.api.put(
        Resources.LEASE_CANDIDATES,
        known.with(tree -> tree.withObjectProperty("spec").put("renewTime", now())));
  }

  private void candidate(String name, String emulation, String binary) {
    c.api.put(
        Resources.LEASE_CANDIDATES,
        KubeObject.create(
            new GroupVersionKind("coordination.k8s.io", "v1beta1", "LeaseCandidate"),
            SPACE,
            name,
            tree ->
                tree.putObject("spec")
                    .put("leaseName", LEASE)
                    .put("emulationVersion", emulation)
                    .put("binaryVersion", binary)
                    .put("strategy", "OldestEmulationVersion")
                    .put("renewTime", now())));
  }

  private KubeObject lease() {
    return Objects.requireNonNull(c.api.peek(Resources.LEASES, SPACE, LEASE));
  }

  private String holder() {
    return lease().text("spec", "holderIdentity");
  }

  /** As the one that leads renews its Lease, for so many times two seconds. */
  private void lead(int times) {
    for (int i = 0; i < times; i++) {
      c.api.put(
          Resources.LEASES,
          lease().with(tree -> tree.withObjectProperty("spec").put("renewTime", now())));
      c.pass(Duration.ofSeconds(2));
    }
  }

  @Test
  void theOldestEmulationLeads() {
    candidate("new", "1.36.0", "1.36.0");
    candidate("old", "1.35.0", "1.36.0");
    c.pass(SOON);
    assertThat(holder()).isEqualTo("old");
    assertThat(lease().text("spec", "strategy")).isEqualTo("OldestEmulationVersion");
    assertThat(lease().at("spec", "leaseDurationSeconds").asInt()).isEqualTo(5);
    lead(3);
    assertThat(lease().text("spec", "preferredHolder")).isEmpty();
  }

  @Test
  void whoLeadsIsToldToMakeRoomForABetterOne() {
    candidate("new", "1.36.0", "1.36.0");
    c.pass(SOON);
    lead(1);
    candidate("old", "1.35.0", "1.35.0");
    lead(6);
    assertThat(holder()).isEqualTo("new");
    assertThat(lease().text("spec", "preferredHolder")).isEqualTo("old");
    // It stops leading, and its Lease ends.
    c.pass(SOON.multipliedBy(2));
    assertThat(holder()).isEqualTo("old");
    assertThat(lease().text("spec", "preferredHolder")).isEmpty();
    assertThat(lease().at("spec", "leaseTransitions").asInt()).isEqualTo(1);
  }

  @Test
  void whoDoesNotAnswerIsPassedOver() {
    candidate("a", "1.35.0", "1.35.0");
    candidate("b", "1.36.0", "1.36.0");
    c.pass(SOON);
    assertThat(holder()).isEqualTo("a");
    silent.add("a");
    c.pass(SOON.multipliedBy(2));
    assertThat(holder()).isEqualTo("b");
  }

  @Test
  void candidatesThatAreNotHeardOfAreForgotten() {
    silent.add("a");
    candidate("a", "1.35.0", "1.35.0");
    c.pass(Duration.ofMinutes(29));
    assertThat(c.api.peek(Resources.LEASE_CANDIDATES, SPACE, "a")).isNotNull();
    c.pass(Duration.ofMinutes(2));
    assertThat(c.api.peek(Resources.LEASE_CANDIDATES, SPACE, "a")).isNull();
  }

  @Test
  void byAStrategyThatIsNotKnownNobodyIsChosen() {
    candidate("a", "1.35.0", "1.35.0");
    change("a", spec -> spec.put("strategy", "example.com/coin"));
    c.pass(SOON);
    assertThat(c.api.peek(Resources.LEASES, SPACE, LEASE)).isNull();
  }

  private void change(String name, Consumer<ObjectNode> edit) {
    KubeObject known = Objects.requireNonNull(c.api.peek(Resources.LEASE_CANDIDATES, SPACE, name));
    c.api.put(
        Resources.LEASE_CANDIDATES,
        known.with(tree -> edit.accept(tree.withObjectProperty("spec"))));
  }
}
