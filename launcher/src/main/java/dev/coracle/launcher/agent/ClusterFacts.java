package dev.coracle.launcher.agent;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Client;
import dev.coracle.launcher.UserErrorException;
import io.smallrye.mutiny.Uni;

/**
 * What every node has to know of its cluster, in the ConfigMap {@code coracle-cluster} of {@code
 * kube-system}, which machines that join may read.
 *
 * @param clusterDomain of the DNS names
 * @param clusterDns the address of the DNS Service
 * @param podCidr the pods of all nodes
 * @param serviceCidr the Services
 */
public record ClusterFacts(
    String clusterDomain, String clusterDns, String podCidr, String serviceCidr) {

  private static final String NAMESPACE = "kube-system";
  private static final String NAME = "coracle-cluster";

  public static Uni<ClusterFacts> read(Client client) {
    return client
        .get(Resources.CONFIG_MAPS, NAMESPACE, NAME)
        .map(map -> {
          ClusterFacts facts =
              new ClusterFacts(
                  map.text("data", "clusterDomain"),
                  map.text("data", "clusterDNS"),
                  map.text("data", "podCIDR"),
                  map.text("data", "serviceCIDR"));
          if (facts.serviceCidr.startsWith("127.")) {
            throw new UserErrorException(
                "the cluster has no network that reaches other machines; its server has to run as"
                    + " root, with nftables");
          }
          return facts;
        });
  }

  /** Written as they are now. */
  public Uni<Void> publish(Client client) {
    KubeObject wanted =
        KubeObject.create(
            new GroupVersionKind("", "v1", "ConfigMap"),
            NAMESPACE,
            NAME,
            o -> {
              ObjectNode data = o.putObject("data");
              data.put("clusterDomain", clusterDomain).put("clusterDNS", clusterDns);
              data.put("podCIDR", podCidr).put("serviceCIDR", serviceCidr);
            });
    return client
        .create(Resources.CONFIG_MAPS, NAMESPACE, wanted, WriteOptions.NONE)
        .onFailure(StatusException::isAlreadyExists)
        .recoverWithUni(() ->
            client
                .get(Resources.CONFIG_MAPS, NAMESPACE, NAME)
                .chain(known ->
                    known.at("data").equals(wanted.at("data"))
                        ? Uni.createFrom().item(known)
                        : client.update(
                            Resources.CONFIG_MAPS,
                            known.with(o -> o.set("data", wanted.at("data"))),
                            "",
                            WriteOptions.NONE)))
        .replaceWithVoid();
  }
}
