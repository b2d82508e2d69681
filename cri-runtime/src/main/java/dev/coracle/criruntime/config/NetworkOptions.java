package dev.coracle.criruntime.config;

import dev.coracle.criruntime.network.PodGuard;
import java.nio.file.Path;
import java.util.List;

/**
 * How pods get their network.
 *
 * @param podCidr this node's range of pod addresses, or one of each IP family with a comma between
 *     (the first is the pods' primary one); empty until the kubelet tells it by UpdateRuntimeConfig
 * @param clusterCidrs destinations of either family that pods reach with their own address (the
 *     pods of all nodes and the services); everything else is masqueraded
 * @param cniConfDir CNI plugins are used when this directory has a configuration
 * @param cniBinDirs where the plugins are
 * @param mtu of the pods' interfaces; 0 takes the kernel's default
 * @param guard hears of pods that the built-in bridge connects, before anything runs in them
 */
public record NetworkOptions(
    String podCidr,
    List<String> clusterCidrs,
    Path cniConfDir,
    List<Path> cniBinDirs,
    int mtu,
    PodGuard guard) {
  public NetworkOptions {
    clusterCidrs = List.copyOf(clusterCidrs);
    cniBinDirs = List.copyOf(cniBinDirs);
  }

  public static NetworkOptions defaults() {
    return new NetworkOptions(
        "",
        List.of(),
        Path.of("/etc/cni/net.d"),
        List.of(Path.of("/opt/cni/bin"), Path.of("/usr/lib/cni"), Path.of("/usr/libexec/cni")),
        0,
        PodGuard.NONE);
  }

  public NetworkOptions withPodCidr(String value) {
    return new NetworkOptions(value, clusterCidrs, cniConfDir, cniBinDirs, mtu, guard);
  }

  public NetworkOptions withClusterCidrs(List<String> value) {
    return new NetworkOptions(podCidr, value, cniConfDir, cniBinDirs, mtu, guard);
  }

  public NetworkOptions withCni(Path confDir, List<Path> binDirs) {
    return new NetworkOptions(podCidr, clusterCidrs, confDir, binDirs, mtu, guard);
  }

  public NetworkOptions withGuard(PodGuard value) {
    return new NetworkOptions(podCidr, clusterCidrs, cniConfDir, cniBinDirs, mtu, value);
  }
}
