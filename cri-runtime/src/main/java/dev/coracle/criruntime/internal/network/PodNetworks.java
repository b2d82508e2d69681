package dev.coracle.criruntime.internal.network;

import dev.coracle.criruntime.config.NetworkOptions;
import dev.coracle.criruntime.internal.container.HostTools;
import dev.coracle.criruntime.internal.pod.ClusterNames;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Chooses a network: CNI where it is configured, else the built-in bridge, else the host's. */
public final class PodNetworks {
  private PodNetworks() {}

  /**
   * @param isolated whether pods have network namespaces at all
   * @param runtime what runs containers, to say why not
   */
  public static PodNetwork choose(
      NetworkOptions options, ClusterNames names, boolean isolated, String runtime)
      throws IOException {
    if (!isolated) {
      return new HostNetwork(runtime);
    }
    Optional<CniNetwork> cni = CniNetwork.find(options.cniConfDir(), options.cniBinDirs());
    if (cni.isPresent()) {
      return cni.get();
    }
    Optional<Path> ip = HostTools.find("ip");
    Optional<Path> nsenter = HostTools.find("nsenter");
    if (ip.isEmpty() || nsenter.isEmpty()) {
      throw new IllegalStateException(
          "pods need a network: install iproute2 (ip) and util-linux (nsenter), or configure CNI");
    }
    return new BridgeNetwork(
        names,
        ip.get(),
        nsenter.get(),
        new PodFirewall(names, HostTools.find("nft"), options.clusterCidrs()),
        options.mtu());
  }
}
