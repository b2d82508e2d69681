package dev.coracle.proxy.internal.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.net.IpFamily;
import dev.coracle.client.EventRecorder;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.client.fake.ManualContext;
import dev.coracle.proxy.ConnectedPod;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** When rules are worked out, in what order, and who waits for them. */
class PolicySyncTest {

  /** Keeps what it was given. */
  private static final class Recorded implements PolicyTable {
    final List<RuleModel> applied = new ArrayList<>();
    boolean removed;
    @Nullable IOException failure;

    @Override
    public void apply(RuleModel model) throws IOException {
      if (failure != null) {
        throw failure;
      }
      applied.add(model);
    }

    @Override
    public void remove() {
      removed = true;
    }
  }

  private final ManualContext context = new ManualContext();
  private final FakeClient client = new FakeClient();
  private final Recorded table = new Recorded();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final TestCluster objects =
      new TestCluster()
          .namespace("x", "{}")
          .pod("x/a", "n1", "10.1.0.1", "{'pod':'a'}", "[]")
          .pod("x/b", "n2", "10.1.1.1", "{'pod':'b'}", "[]")
          .policy(
              "x/p",
              "{'podSelector':{'matchLabels':{'pod':'a'}},'ingress':[{'from':[{'podSelector':{}}]}]}");

  private PolicySync sync(boolean keepPods) {
    return new PolicySync(
        context, Runnable::run, client, table, "n1", keepPods, new PolicyMetrics(registry));
  }

  private void put(GroupVersionResource resource, KubeObject object) {
    client.put(resource, object);
    context.runUntilIdle();
  }

  private void putAll() {
    put(Resources.NAMESPACES, objects.namespaces.get("x"));
    objects.pods.values().forEach(pod -> put(Resources.PODS, pod));
    put(Resources.NETWORK_POLICIES, objects.policies.getFirst());
  }

  private CompletableFuture<Void> started(PolicyEngine engine) {
    CompletableFuture<Void> start = engine.start().subscribeAsCompletionStage();
    context.runUntilIdle();
    return start;
  }

  private RuleModel last() {
    return table.applied.getLast();
  }

  private static ConnectedPod connected(String uid, String address, String label) {
    return new ConnectedPod("sandbox-" + uid, "x", "a", uid, Map.of("pod", label), address);
  }

  private CompletableFuture<Void> connect(PolicySync sync, ConnectedPod pod) {
    CompletableFuture<Void> done = sync.connected(pod).subscribeAsCompletionStage();
    context.runUntilIdle();
    return done;
  }

  @Test
  void withoutPoliciesNobodyFollowsPodsAndOnlyWhatAnEarlierProcessLeftIsRemoved() {
    PolicySync sync = sync(false);
    assertThat(started(sync)).isCompleted();
    put(Resources.PODS, objects.pods.get("x/a"));
    assertThat(connect(sync, connected("u", "10.1.0.9", "a"))).isCompleted();
    sync.disconnected("sandbox-u");
    context.runUntilIdle();
    assertThat(table.applied).containsExactly(RuleModel.EMPTY);
    assertThat(client.calls("list", Resources.PODS)).isEmpty();
  }

  @Test
  void whatIsThereAtTheStartIsInEffectWhenItHasStarted() {
    putAll();
    PolicySync sync = sync(false);
    assertThat(sync.problem()).isPresent();
    assertThat(started(sync)).isCompleted();
    assertThat(sync.problem()).isEmpty();
    assertThat(last().ingressChains()).containsOnlyKeys("10.1.0.1");
    assertThat(last().addressSets().values().iterator().next())
        .containsExactly("10.1.0.1", "10.1.1.1");
  }

  @Test
  void aSandboxHasAnAddressOfEachFamilyUntilItIsGone() {
    putAll();
    PolicySync sync = sync(false);
    started(sync);
    connect(sync, connected("u", "10.1.0.9", "a"));
    connect(sync, connected("u", "fd00:1::9", "a"));
    assertThat(last().ingressChains()).containsKeys("10.1.0.9", "fd00:1::9");
    assertThat(last().in(IpFamily.IPv6).ingressChains()).containsOnlyKeys("fd00:1::9");
    sync.disconnected("sandbox-u");
    context.runUntilIdle();
    assertThat(last().ingressChains()).doesNotContainKeys("10.1.0.9", "fd00:1::9");
    assertThat(last().in(IpFamily.IPv6)).isEqualTo(RuleModel.EMPTY);
  }

  @Test
  void changesThatMeanNothingAreNoWork() {
    putAll();
    started(sync(false));
    int before = table.applied.size();
    objects.change("x/b", "/status/message", "'heartbeat'");
    put(Resources.PODS, objects.pods.get("x/b"));
    put(
        Resources.NETWORK_POLICIES,
        objects
            .policies
            .getFirst()
            .with(o -> ((ObjectNode) o.get("metadata")).putObject("annotations").put("a", "b")));
    assertThat(table.applied).hasSize(before);
    objects.change("x/b", "/metadata/labels", "{'pod':'z'}");
    put(Resources.PODS, objects.pods.get("x/b"));
    assertThat(table.applied).hasSize(before + 1);
  }

  @Test
  void aPodMayRunWhenItsRulesAreInEffectThoughTheApiHasNotToldOfItsAddress() {
    putAll();
    PolicySync sync = sync(false);
    CompletableFuture<Void> early = connect(sync, connected("new", "10.1.0.7", "a"));
    assertThat(early).isNotDone();
    started(sync);
    assertThat(early).isCompleted();
    assertThat(last().ingressChains()).containsOnlyKeys("10.1.0.1", "10.1.0.7");
    assertThat(connect(sync, connected("other", "10.1.0.8", "nothing"))).isCompleted();
    assertThat(last().ingressChains()).containsOnlyKeys("10.1.0.1", "10.1.0.7");
    sync.disconnected("sandbox-new");
    context.runUntilIdle();
    assertThat(last().ingressChains()).containsOnlyKeys("10.1.0.1");
  }

  @Test
  void anAddressIsTheLastOnesThatGotIt() {
    putAll();
    PolicySync sync = sync(false);
    started(sync);
    // The Pod x/a still says that it has the address.
    connect(sync, connected("next", "10.1.0.1", "nothing"));
    assertThat(last().ingressChains()).isEmpty();
    sync.disconnected("sandbox-next");
    context.runUntilIdle();
    assertThat(last().ingressChains()).containsOnlyKeys("10.1.0.1");
  }

  @Test
  void theApisLabelsCountWhereItKnowsThePodAStaticOneByItsMirror() {
    put(Resources.NAMESPACES, objects.namespaces.get("x"));
    put(
        Resources.PODS,
        objects
            .pods
            .get("x/a")
            .with(o ->
                ((ObjectNode) o.get("metadata"))
                    .putObject("annotations")
                    .put("kubernetes.io/config.mirror", "static")));
    put(Resources.NETWORK_POLICIES, objects.policies.getFirst());
    PolicySync sync = sync(false);
    started(sync);
    connect(sync, connected("static", "10.1.0.5", "as it was"));
    assertThat(last().ingressChains()).containsOnlyKeys("10.1.0.5");
  }

  @Test
  void aFailureIsToldToWhoWaitsAndTriedAgain() {
    putAll();
    PolicySync sync = sync(false);
    started(sync);
    table.failure = new IOException("no memory");
    assertThat(connect(sync, connected("new", "10.1.0.7", "a"))).isCompletedExceptionally();
    assertThat(sync.problem()).hasValueSatisfying(p -> assertThat(p).contains("no memory"));
    assertThat(registry.get("coracle_network_policy_sync_failures_total").counter().count())
        .isEqualTo(1);
    table.failure = null;
    context.advance(Duration.ofSeconds(1));
    context.runUntilIdle();
    assertThat(sync.problem()).isEmpty();
    assertThat(last().ingressChains()).containsKey("10.1.0.7");
  }

  @Test
  void rulesGoWithTheEndUnlessPodsStay() {
    putAll();
    PolicySync ends = sync(false);
    started(ends);
    CompletableFuture<Void> stop = ends.stop().subscribeAsCompletionStage();
    context.runUntilIdle();
    assertThat(stop).isCompleted();
    assertThat(table.removed).isTrue();
    table.removed = false;
    PolicySync leaves = sync(true);
    started(leaves);
    leaves.stop().subscribeAsCompletionStage();
    context.runUntilIdle();
    assertThat(table.removed).isFalse();
  }

  @Test
  void whereNothingIsEnforcedEachPolicyIsToldSo() {
    putAll();
    started(
        new Unenforced(
            context,
            client,
            new EventRecorder(client, context, "network-policies", "n1", registry),
            "n1",
            "its pods have no network of their own"));
    assertThat(client.all(Resources.EVENTS))
        .singleElement()
        .satisfies(event -> {
          assertThat(event.text("reason")).isEqualTo("NotEnforced");
          assertThat(event.text("type")).isEqualTo("Warning");
          assertThat(event.text("involvedObject", "name")).isEqualTo("p");
          assertThat(event.text("message"))
              .isEqualTo(
                  "Node n1 does not enforce NetworkPolicies: its pods have no network of their own");
        });
  }
}
