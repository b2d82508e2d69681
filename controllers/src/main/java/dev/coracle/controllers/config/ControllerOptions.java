package dev.coracle.controllers.config;

import dev.coracle.controllers.spi.CertificateSigner;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * @param podCidr from which every node gets its pods' range; empty: nodes get none
 * @param nodeCidrMaskSize of a node's range, 24 for 254 addresses
 * @param rootCaPem published to every namespace as {@code kube-root-ca.crt}; empty: not published
 * @param nodeMonitorGrace after this without a renewed Lease a node is {@code Unknown}
 * @param terminatedPodThreshold more finished pods than this are cleared away, the oldest first
 * @param localVolumes whether there is the built-in storage class of directories on nodes
 * @param signer signs approved certificate requests; null: nobody does
 * @param signingDuration how long what it signs is valid at most
 * @param disabled controllers that are not run, by their names
 */
public record ControllerOptions(
    String podCidr,
    int nodeCidrMaskSize,
    String rootCaPem,
    Duration nodeMonitorGrace,
    int terminatedPodThreshold,
    boolean localVolumes,
    @Nullable CertificateSigner signer,
    Duration signingDuration,
    List<String> disabled) {

  private static final Duration SIGNING_DURATION = Duration.ofHours(8760);

  public ControllerOptions {
    disabled = List.copyOf(disabled);
  }

  /** Upstream's defaults. */
  public static ControllerOptions of(String podCidr, String rootCaPem) {
    return new ControllerOptions(
        podCidr,
        24,
        rootCaPem,
        Duration.ofSeconds(50),
        12_500,
        false,
        null,
        SIGNING_DURATION,
        List.of());
  }

  public ControllerOptions withLocalVolumes() {
    return new ControllerOptions(
        podCidr,
        nodeCidrMaskSize,
        rootCaPem,
        nodeMonitorGrace,
        terminatedPodThreshold,
        true,
        signer,
        signingDuration,
        disabled);
  }

  public ControllerOptions withSigner(CertificateSigner authority) {
    return new ControllerOptions(
        podCidr,
        nodeCidrMaskSize,
        rootCaPem,
        nodeMonitorGrace,
        terminatedPodThreshold,
        localVolumes,
        authority,
        signingDuration,
        disabled);
  }

  public ControllerOptions withSigningDuration(Duration longest) {
    return new ControllerOptions(
        podCidr,
        nodeCidrMaskSize,
        rootCaPem,
        nodeMonitorGrace,
        terminatedPodThreshold,
        localVolumes,
        signer,
        longest,
        disabled);
  }

  public ControllerOptions without(List<String> names) {
    return new ControllerOptions(
        podCidr,
        nodeCidrMaskSize,
        rootCaPem,
        nodeMonitorGrace,
        terminatedPodThreshold,
        localVolumes,
        signer,
        signingDuration,
        names);
  }
}
