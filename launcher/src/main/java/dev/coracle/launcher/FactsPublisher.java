package dev.coracle.launcher;

import dev.coracle.api.Component;
import dev.coracle.client.Client;
import dev.coracle.launcher.agent.ClusterFacts;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Tells machines that join what they have to know of the cluster. */
record FactsPublisher(Client client, ClusterFacts facts) implements Component {

  static FactsPublisher of(Client client, NetworkPlan network, String clusterDomain) {
    return new FactsPublisher(
        client,
        new ClusterFacts(
            clusterDomain,
            network.serviceIp(NetworkPlan.DNS),
            network.podCidr(),
            network.serviceCidr()));
  }

  @Override
  public String name() {
    return "cluster-facts";
  }

  @Override
  public CompletionStage<Void> start() {
    return facts.publish(client).subscribeAsCompletionStage();
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
