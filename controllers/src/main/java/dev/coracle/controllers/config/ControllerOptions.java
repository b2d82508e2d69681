package dev.coracle.controllers.config;

import dev.coracle.controllers.spi.CertificateSigner;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * @param podCidrs from each of which every node gets a range for its pods, at most one of each
 *     family; empty: nodes get none
 * @param nodeCidrMaskSizeIpv4 of a node's range, 24 for 254 addresses
 * @param nodeCidrMaskSizeIpv6 likewise, of its IPv6 range
 * @param rootCaPem published to every namespace as {@code kube-root-ca.crt}; empty: not published
 * @param localVolumes whether there is the built-in storage class of directories on nodes
 * @param signer signs approved certificate requests; null: nobody does
 * @param takenPorts TCP ports of the nodes that no load balancer may have, and what listens there
 * @param tuning what a user has chosen
 */
public record ControllerOptions(
    List<String> podCidrs,
    int nodeCidrMaskSizeIpv4,
    int nodeCidrMaskSizeIpv6,
    String rootCaPem,
    boolean localVolumes,
    @Nullable CertificateSigner signer,
    Map<Integer, String> takenPorts,
    ControllerTuning tuning) {

  public ControllerOptions {
    podCidrs = List.copyOf(podCidrs);
    takenPorts = Map.copyOf(takenPorts);
  }

  /** Upstream's defaults. */
  public static ControllerOptions of(List<String> podCidrs, String rootCaPem) {
    return new ControllerOptions(
        podCidrs, 24, 64, rootCaPem, false, null, Map.of(), ControllerTuning.DEFAULT);
  }

  public ControllerOptions withNodeCidrMaskSizes(int ipv4, int ipv6) {
    return new ControllerOptions(
        podCidrs, ipv4, ipv6, rootCaPem, localVolumes, signer, takenPorts, tuning);
  }

  public ControllerOptions withLocalVolumes() {
    return new ControllerOptions(
        podCidrs,
        nodeCidrMaskSizeIpv4,
        nodeCidrMaskSizeIpv6,
        rootCaPem,
        true,
        signer,
        takenPorts,
        tuning);
  }

  public ControllerOptions withSigner(CertificateSigner authority) {
    return new ControllerOptions(
        podCidrs,
        nodeCidrMaskSizeIpv4,
        nodeCidrMaskSizeIpv6,
        rootCaPem,
        localVolumes,
        authority,
        takenPorts,
        tuning);
  }

  public ControllerOptions withTakenPorts(Map<Integer, String> listening) {
    return new ControllerOptions(
        podCidrs,
        nodeCidrMaskSizeIpv4,
        nodeCidrMaskSizeIpv6,
        rootCaPem,
        localVolumes,
        signer,
        listening,
        tuning);
  }

  public ControllerOptions tuned(UnaryOperator<ControllerTuning> change) {
    return new ControllerOptions(
        podCidrs,
        nodeCidrMaskSizeIpv4,
        nodeCidrMaskSizeIpv6,
        rootCaPem,
        localVolumes,
        signer,
        takenPorts,
        change.apply(tuning));
  }

  public ControllerOptions withSigningDuration(Duration longest) {
    return tuned(t -> t.withSigningDuration(longest));
  }

  /** All controllers but these. */
  public ControllerOptions without(List<String> names) {
    return tuned(t ->
        t.withControllers(
            Stream.concat(Stream.of("*"), names.stream().map(n -> "-" + n)).toList()));
  }
}
