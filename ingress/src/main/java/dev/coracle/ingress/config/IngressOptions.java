package dev.coracle.ingress.config;

import java.nio.file.Path;
import java.time.Duration;

/**
 * @param httpPort when it is taken, a free one is used; 0 for a free one
 * @param httpsPort likewise, for TLS
 * @param certificate PEM shown to clients whose host has no certificate of its own
 * @param key its key
 * @param publishAddress what stands in the status of Ingresses
 * @param responseTimeout how long a backend may take until the head of its answer, then 504
 */
public record IngressOptions(
    String bindAddress,
    int httpPort,
    int httpsPort,
    Path certificate,
    Path key,
    String publishAddress,
    Duration responseTimeout) {

  /** As nginx, Envoy's common configuration and the big clouds' load balancers have it. */
  public static final Duration RESPONSE_TIMEOUT = Duration.ofSeconds(60);

  /** With the usual time for an answer. */
  public IngressOptions(
      String bindAddress,
      int httpPort,
      int httpsPort,
      Path certificate,
      Path key,
      String publishAddress) {
    this(bindAddress, httpPort, httpsPort, certificate, key, publishAddress, RESPONSE_TIMEOUT);
  }
}
