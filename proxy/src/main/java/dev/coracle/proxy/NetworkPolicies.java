package dev.coracle.proxy;

import dev.coracle.api.Component;
import dev.coracle.client.Client;
import dev.coracle.client.EventRecorder;
import dev.coracle.client.SerialContext;
import dev.coracle.proxy.config.NetworkPolicyOptions;
import dev.coracle.proxy.internal.nft.Nft;
import dev.coracle.proxy.internal.policy.PolicyEngine;
import dev.coracle.proxy.internal.policy.PolicyMetrics;
import dev.coracle.proxy.internal.policy.PolicySync;
import dev.coracle.proxy.internal.policy.Unenforced;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Enforces NetworkPolicies on the pods of one node, by nftables rules of the host that routes their
 * packets. Where that cannot be, each policy is told so by an Event. It has to stop after the pods'
 * runtime, since a pod is isolated as long as it runs.
 */
public final class NetworkPolicies implements Component {

  private static final String COMPONENT = "network-policies";

  private final ExecutorService blocking =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name(COMPONENT + "-", 0).factory());
  private final PolicyEngine engine;

  public NetworkPolicies(
      Vertx vertx, Client client, NetworkPolicyOptions options, MeterRegistry registry) {
    SerialContext context = SerialContext.of(vertx);
    String table = "coracle_" + options.clusterId() + "_policy";
    Optional<Nft> nft =
        Nft.find("nft").map(binary -> new Nft(binary, blocking)).filter(n -> n.works(table));
    Optional<String> whyNot =
        options
            .pods()
            .whyNotEnforced()
            .or(() ->
                nft.isPresent()
                    ? Optional.empty()
                    : Optional.of("it has no program nft that may change rules"));
    this.engine =
        whyNot
            .<PolicyEngine>map(why ->
                new Unenforced(
                    context,
                    client,
                    new EventRecorder(client, context, COMPONENT, options.nodeName(), registry),
                    options.nodeName(),
                    why))
            .orElseGet(() ->
                PolicySync.inKernel(
                    context,
                    blocking,
                    client,
                    nft.orElseThrow(),
                    table,
                    options,
                    new PolicyMetrics(registry)));
  }

  @Override
  public String name() {
    return COMPONENT;
  }

  /**
   * A pod has an address and nothing runs in it yet: it may when this completes. Fails when the
   * rules cannot be brought into effect. Any thread; also before the start, and then it completes
   * after it.
   */
  public CompletionStage<Void> connected(ConnectedPod pod) {
    return engine.connected(pod).subscribeAsCompletionStage();
  }

  /** The address is no longer the pod's. Any thread. */
  public void disconnected(String sandboxId) {
    engine.disconnected(sandboxId);
  }

  @Override
  public CompletionStage<Void> start() {
    return engine.start().subscribeAsCompletionStage();
  }

  @Override
  public CompletionStage<Void> stop() {
    return engine.stop().onTermination().invoke(blocking::shutdown).subscribeAsCompletionStage();
  }

  @Override
  public Optional<String> unhealthy() {
    return engine.problem();
  }
}
