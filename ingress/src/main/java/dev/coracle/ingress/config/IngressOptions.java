package dev.coracle.ingress.config;

import java.nio.file.Path;

/**
 * @param httpPort when it is taken, a free one is used; 0 for a free one
 * @param httpsPort likewise, for TLS
 * @param certificate PEM shown to clients whose host has no certificate of its own
 * @param key its key
 * @param publishAddress what stands in the status of Ingresses
 */
public record IngressOptions(
    String bindAddress,
    int httpPort,
    int httpsPort,
    Path certificate,
    Path key,
    String publishAddress) {}
