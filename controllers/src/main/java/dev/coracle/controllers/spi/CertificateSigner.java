package dev.coracle.controllers.spi;

import dev.coracle.api.certificates.CertificateRequest;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.util.Set;

/**
 * The cluster's certificate authority. What is given to it was approved and fits its signer's
 * rules.
 */
@FunctionalInterface
public interface CertificateSigner {

  /**
   * Signs off the caller's thread.
   *
   * @param usages in the words of the API: {@code client auth}, {@code digital signature}
   * @param validity shortened where the authority itself ends earlier
   * @return the certificate as PEM, with what a peer needs beside it to find the authority
   */
  Uni<String> sign(CertificateRequest request, Set<String> usages, Duration validity);
}
