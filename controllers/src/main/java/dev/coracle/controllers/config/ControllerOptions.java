package dev.coracle.controllers.config;

import dev.coracle.controllers.spi.CertificateSigner;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * @param podCidrs from each of which every node gets a range for its pods, at most one of each
 *     family; empty: nodes get none
 * @param nodeCidrMaskSizeIpv4 of a node's range, 24 for 254 addresses
 * @param nodeCidrMaskSizeIpv6 likewise, of its IPv6 range
 * @param rootCaPem published to every namespace as {@code kube-root-ca.crt}; empty: not published
 * @param nodeMonitorGrace after this without a renewed Lease a node is {@code Unknown}
 * @param terminatedPodThreshold more finished pods than this are cleared away, the oldest first
 * @param localVolumes whether there is the built-in storage class of directories on nodes
 * @param signer signs approved certificate requests; null: nobody does
 * @param signingDuration how long what it signs is valid at most
 * @param takenPorts TCP ports of the nodes that no load balancer may have, and what listens there
 * @param disabled controllers that are not run, by their names
 */
public record ControllerOptions(
    List<String> podCidrs,
    int nodeCidrMaskSizeIpv4,
    int nodeCidrMaskSizeIpv6,
    String rootCaPem,
    Duration nodeMonitorGrace,
    int terminatedPodThreshold,
    boolean localVolumes,
    @Nullable CertificateSigner signer,
    Duration signingDuration,
    Map<Integer, String> takenPorts,
    List<String> disabled) {

  private static final Duration SIGNING_DURATION = Duration.ofHours(8760);

  public ControllerOptions {
    podCidrs = List.copyOf(podCidrs);
    takenPorts = Map.copyOf(takenPorts);
    disabled = List.copyOf(disabled);
  }

  /** Upstream's defaults. */
  public static ControllerOptions of(List<String> podCidrs, String rootCaPem) {
    return new ControllerOptions(
        podCidrs,
        24,
        64,
        rootCaPem,
        Duration.ofSeconds(50),
        12_500,
        false,
        null,
        SIGNING_DURATION,
        Map.of(),
        List.of());
  }

  public ControllerOptions withNodeCidrMaskSizes(int ipv4, int ipv6) {
    return new ControllerOptions(
        podCidrs,
        ipv4,
        ipv6,
        rootCaPem,
        nodeMonitorGrace,
        terminatedPodThreshold,
        localVolumes,
        signer,
        signingDuration,
        takenPorts,
        disabled);
  }

  public ControllerOptions withLocalVolumes() {
    return new ControllerOptions(
        podCidrs,
        nodeCidrMaskSizeIpv4,
        nodeCidrMaskSizeIpv6,
        rootCaPem,
        nodeMonitorGrace,
        terminatedPodThreshold,
        true,
        signer,
        signingDuration,
        takenPorts,
        disabled);
  }

  public ControllerOptions withSigner(CertificateSigner authority) {
    return new ControllerOptions(
        podCidrs,
        nodeCidrMaskSizeIpv4,
        nodeCidrMaskSizeIpv6,
        rootCaPem,
        nodeMonitorGrace,
        terminatedPodThreshold,
        localVolumes,
        authority,
        signingDuration,
        takenPorts,
        disabled);
  }

  public ControllerOptions withSigningDuration(Duration longest) {
    return new ControllerOptions(
        podCidrs,
        nodeCidrMaskSizeIpv4,
        nodeCidrMaskSizeIpv6,
        rootCaPem,
        nodeMonitorGrace,
        terminatedPodThreshold,
        localVolumes,
        signer,
        longest,
        takenPorts,
        disabled);
  }

  public ControllerOptions withTakenPorts(Map<Integer, String> listening) {
    return new ControllerOptions(
        podCidrs,
        nodeCidrMaskSizeIpv4,
        nodeCidrMaskSizeIpv6,
        rootCaPem,
        nodeMonitorGrace,
        terminatedPodThreshold,
        localVolumes,
        signer,
        signingDuration,
        listening,
        disabled);
  }

  public ControllerOptions without(List<String> names) {
    return new ControllerOptions(
        podCidrs,
        nodeCidrMaskSizeIpv4,
        nodeCidrMaskSizeIpv6,
        rootCaPem,
        nodeMonitorGrace,
        terminatedPodThreshold,
        localVolumes,
        signer,
        signingDuration,
        takenPorts,
        names);
  }
}
