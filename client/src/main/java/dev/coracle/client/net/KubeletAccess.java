package dev.coracle.client.net;

import java.nio.file.Path;

/**
 * How kubelets are reached over the network.
 *
 * @param clientCertificate PEM, shown to kubelets
 * @param clientKey PEM, PKCS#8
 * @param ca PEM bundle that kubelets' certificates are checked with
 */
public record KubeletAccess(Path clientCertificate, Path clientKey, Path ca) {}
