package dev.coracle.criruntime.network;

import dev.coracle.criruntime.config.NetworkOptions;
import dev.coracle.criruntime.internal.container.HostTools;
import dev.coracle.criruntime.internal.network.BridgeNetwork;
import dev.coracle.criruntime.internal.network.CniNetwork;
import dev.coracle.criruntime.internal.network.HostNetwork;
import dev.coracle.criruntime.internal.network.PodFirewall;
import dev.coracle.criruntime.internal.pod.ClusterNames;
import java.io.IOException;
import java.util.Optional;

/** Chooses a network: CNI where it is configured, else the built-in bridge, else the host's. */
public final class PodNetworks {
  private PodNetworks() {}

  /**
   * @param clusterId what the built-in bridge is named after
   * @param isolated whether pods have network namespaces at all
   * @param runtime what runs containers, to say why not
   */
  public static PodNetwork choose(
      NetworkOptions options, String clusterId, boolean isolated, String runtime)
      throws IOException {
    if (!isolated) {
      return new HostNetwork(runtime);
    }
    Optional<CniNetwork> cni = CniNetwork.find(options.cniConfDir(), options.cniBinDirs());
    if (cni.isPresent()) {
      return cni.get();
    }
    ClusterNames names = ClusterNames.of(clusterId);
    return new GuardedNetwork(
        new BridgeNetwork(
            names,
            new PodFirewall(names, HostTools.find("nft"), options.clusterCidrs()),
            options.mtu()),
        options.guard());
  }

  /** Whether pods that have network namespaces are connected by CNI, and not by the bridge. */
  public static boolean usesCni(NetworkOptions options) throws IOException {
    return CniNetwork.find(options.cniConfDir(), options.cniBinDirs()).isPresent();
  }
}
