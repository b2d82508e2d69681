package dev.coracle.launcher;

import dev.coracle.api.net.Cidr;
import dev.coracle.launcher.config.CoracleOptions;
import dev.coracle.launcher.pki.CertificateAuthority.Request;
import dev.coracle.launcher.pki.ClusterPki;
import dev.coracle.launcher.pki.ClusterPki.Credential;
import dev.coracle.launcher.pki.Pem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The identities of one process, as files of its PKI.
 *
 * @param apiServer serving certificate of the API server
 * @param kubelet serving certificate of the kubelet
 * @param kubeletClient what the API server shows to kubelets
 * @param admin {@code kubernetes-admin} of {@code system:masters}; its key takes the longest to
 *     make and is needed last, so it is made meanwhile
 * @param ingress what the ingress gateway shows where no Secret says otherwise
 * @param dashboardToken signs the owner in to the dashboard
 */
record Credentials(
    ClusterPki pki,
    Credential apiServer,
    Credential kubelet,
    Credential kubeletClient,
    Future<Credential> admin,
    Credential ingress,
    String dashboardToken) {

  private static final Duration YEAR = Duration.ofDays(365);

  static Credentials open(ClusterPki pki, NetworkPlan network, CoracleOptions options)
      throws IOException {
    pki.open();
    pki.authority();
    FutureTask<Credential> admin =
        new FutureTask<>(
            () -> pki.rsaCredential("admin", Request.client("kubernetes-admin", "system:masters")));
    Thread.ofPlatform().daemon().name("coracle-admin-key").start(admin);
    Map<Boolean, List<String>> more =
        options.serving().tlsSans().stream()
            .collect(Collectors.partitioningBy(Credentials::isAddress));
    List<String> own =
        List.of(
            "localhost",
            "kubernetes",
            "kubernetes.default",
            "kubernetes.default.svc",
            "kubernetes.default.svc." + options.clusterDomain(),
            network.nodeName());
    List<String> names =
        Stream.of(own, more.getOrDefault(false, List.of()))
            .flatMap(List::stream)
            .distinct()
            .toList();
    List<String> addresses =
        Stream.of(
                List.of("127.0.0.1"),
                network.nodeIps(),
                List.of(network.serviceIp(1)),
                more.getOrDefault(true, List.of()))
            .flatMap(List::stream)
            .distinct()
            .toList();
    Credential apiServer =
        pki.credential(
            "apiserver",
            new Request("kube-apiserver", List.of(), names, addresses, true, false, YEAR));
    List<String> nodeAddresses =
        Stream.concat(Stream.of("127.0.0.1"), network.nodeIps().stream()).distinct().toList();
    Credential kubelet =
        pki.credential(
            "kubelet",
            new Request(
                "system:node:" + network.nodeName(),
                List.of("system:nodes"),
                List.of(network.nodeName(), "localhost"),
                nodeAddresses,
                true,
                false,
                YEAR));
    return new Credentials(
        pki,
        apiServer,
        kubelet,
        pki.credential(
            "apiserver-kubelet-client",
            Request.client("kube-apiserver-kubelet-client", "system:masters")),
        admin,
        pki.credential(
            "ingress",
            new Request(
                "ingress",
                List.of(),
                List.of("localhost", "*.localhost"),
                nodeAddresses,
                true,
                false,
                YEAR)),
        token(pki.caCertificate().resolveSibling("dashboard.token")));
  }

  private static boolean isAddress(String name) {
    return Cidr.number(name).isPresent();
  }

  /** A random token of 256 bits that stays the same for the data directory. */
  private static String token(Path file) throws IOException {
    if (!Files.exists(file)) {
      byte[] secret = new byte[32];
      new SecureRandom().nextBytes(secret);
      Pem.write(file, HexFormat.of().formatHex(secret) + "\n");
    }
    return Files.readString(file, StandardCharsets.US_ASCII).strip();
  }
}
