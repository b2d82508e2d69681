package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.Timestamps;
import dev.coracle.api.certificates.CertificateRequest;
import dev.coracle.api.certificates.PemBlock;
import dev.coracle.api.certificates.SubjectKeyType;
import dev.coracle.api.certificates.TestIssuer;
import dev.coracle.api.rest.DeleteOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Pods with podCertificate volumes, between an in-memory API and a signer of the test. */
class PodCertificatesTest {
  private final TestIssuer issuer = new TestIssuer();
  private KubeletHarness k;

  @BeforeEach
  void start() throws Exception {
    k = new KubeletHarness();
    k.api.put(
        Resources.SERVICE_ACCOUNTS,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"ServiceAccount",
             "metadata":{"name":"robot","namespace":"default","uid":"robot-uid"}}
            """));
  }

  @AfterEach
  void stop() throws Exception {
    k.close();
  }

  private KubeObject pod(String sources) {
    return k.create(
        "p",
        """
        "serviceAccountName":"robot",
        "volumes":[{"name":"id","projected":{"defaultMode":416,"sources":[%s]}}],
        "containers":[{"name":"p","image":"busybox:1",
         "volumeMounts":[{"name":"id","mountPath":"/id"}]}]
        """
            .formatted(sources));
  }

  private static String source(String type, String more) {
    return """
    {"podCertificate":{"signerName":"example.com/s","keyType":"%s"%s}}\
    """
        .formatted(type, more);
  }

  private List<KubeObject> requests() {
    return k.api.all(Resources.POD_CERTIFICATE_REQUESTS);
  }

  private KubeObject awaitRequest(int number) {
    // A large RSA key takes its time.
    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(5))
        .untilAsserted(() -> assertThat(requests()).hasSizeGreaterThan(number));
    return requests().get(number);
  }

  private void decide(KubeObject request, Consumer<ObjectNode> status) {
    k.api.put(
        Resources.POD_CERTIFICATE_REQUESTS,
        request.with(o -> status.accept(o.putObject("status"))));
  }

  private static void condition(ObjectNode status, String type, String reason, String message) {
    status
        .putArray("conditions")
        .addObject()
        .put("type", type)
        .put("status", "True")
        .put("reason", reason)
        .put("message", message);
  }

  private static CertificateRequest stub(KubeObject request) {
    return CertificateRequest.parse(
        Base64.getDecoder().decode(request.text("spec", "stubPKCS10Request")));
  }

  /** Issued for an hour; to be renewed when this has passed. */
  private String issue(KubeObject request, String name, Duration refresh) {
    Instant now = Instant.ofEpochSecond(Instant.now().getEpochSecond());
    String chain =
        issuer.chain(stub(request).publicKey(), name, now, now.plus(Duration.ofHours(1)));
    decide(
        request,
        status -> {
          condition(status, "Issued", "Issued", "");
          status.put("certificateChain", "# from the signer\n" + chain);
          status.put("notBefore", Timestamps.time(now));
          status.put("notAfter", Timestamps.time(now.plus(Duration.ofHours(1))));
          status.put("beginRefreshAt", Timestamps.time(now.plus(refresh)));
        });
    return chain;
  }

  private Path volume(KubeObject pod) {
    return k.data.resolve("kubelet/pods/" + pod.uid() + "/volumes/kubernetes.io~projected/id");
  }

  private static String read(Path file) throws IOException {
    return Files.readString(file);
  }

  /** Whether the key is that of the first certificate. */
  private static boolean belongTogether(String key, String chain) throws Exception {
    PublicKey its =
        CertificateFactory.getInstance("X.509")
            .generateCertificate(new ByteArrayInputStream(PemBlock.all(chain).getFirst().content()))
            .getPublicKey();
    PrivateKey own =
        KeyFactory.getInstance(its.getAlgorithm())
            .generatePrivate(new PKCS8EncodedKeySpec(PemBlock.all(key).getFirst().content()));
    String algorithm =
        switch (its.getAlgorithm()) {
          case "RSA" -> "SHA256withRSA";
          case "EC" -> "SHA256withECDSA";
          default -> its.getAlgorithm();
        };
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(own);
    byte[] signed = signature.sign();
    signature.initVerify(its);
    return signature.verify(signed);
  }

  /** One size of RSA: a young JVM takes half a minute to find the primes of the other. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "RSA4096")
  void thePodStartsWithTheKeyAndWhatTheSignerIssued(SubjectKeyType type) throws Exception {
    KubeObject pod =
        pod(
            source(
                type.name(),
                """
                ,"credentialBundlePath":"all.pem","keyPath":"key.pem","maxExpirationSeconds":7200,
                 "certificateChainPath":"a/chain.pem","userAnnotations":{"example.com/a":"b"}\
                """));
    KubeObject request = awaitRequest(0);
    assertThat(request.namespace()).isEqualTo("default");
    assertThat(request.name()).startsWith("req-");
    assertThat(request.at("metadata", "ownerReferences").path(0).path("uid").asText())
        .isEqualTo(pod.uid());
    assertThat(request.text("spec", "podName")).isEqualTo("p");
    assertThat(request.text("spec", "podUID")).isEqualTo(pod.uid());
    assertThat(request.text("spec", "serviceAccountName")).isEqualTo("robot");
    assertThat(request.text("spec", "serviceAccountUID")).isEqualTo("robot-uid");
    assertThat(request.text("spec", "nodeName")).isEqualTo("n1");
    assertThat(request.text("spec", "nodeUID"))
        .isEqualTo(k.api.get(Resources.NODES, "", "n1").await().indefinitely().uid());
    assertThat(request.at("spec", "maxExpirationSeconds").asInt()).isEqualTo(7200);
    assertThat(request.at("spec", "unverifiedUserAnnotations").path("example.com/a").asText())
        .isEqualTo("b");
    assertThat(request.at("spec").has("pkixPublicKey")).isFalse();
    assertThat(SubjectKeyType.of(stub(request).publicKey())).contains(type);
    k.eventually(() ->
        assertThat(k.events())
            .contains(
                "FailedMount: MountVolume.SetUp failed for volume \"id\" : credential bundle is not"
                    + " issued yet"));
    String chain = issue(request, "p", Duration.ofMinutes(30));
    k.awaitPhase("p", "Running");
    Path dir = volume(pod);
    assertThat(read(dir.resolve("a/chain.pem"))).isEqualTo(chain);
    assertThat(read(dir.resolve("all.pem"))).isEqualTo(read(dir.resolve("key.pem")) + chain);
    assertThat((int) Files.getAttribute(dir.resolve("key.pem"), "unix:mode") & 0777)
        .isEqualTo(0640);
    assertThat(belongTogether(read(dir.resolve("key.pem")), chain)).isTrue();
    assertThat(requests()).hasSize(1);
  }

  @Test
  void everySourceIsAskedForAtOnceAndHasItsOwnKey() {
    KubeObject pod =
        pod(
            source("ED25519", ",\"credentialBundlePath\":\"a.pem\"")
                + ","
                + source("ECDSAP256", ",\"credentialBundlePath\":\"b.pem\""));
    awaitRequest(1);
    requests().forEach(r -> issue(r, "p", Duration.ofMinutes(30)));
    k.awaitPhase("p", "Running");
    assertThat(volume(pod).resolve("a.pem")).isNotEmptyFile();
    assertThat(volume(pod).resolve("b.pem")).isNotEmptyFile();
  }

  @Test
  void whatIsDueIsAskedForAnewWithAKeyOfItsOwnAndTheOldServesUntilThen() throws Exception {
    KubeObject pod = pod(source("ED25519", ",\"credentialBundlePath\":\"all.pem\""));
    KubeObject first = awaitRequest(0);
    String old = issue(first, "p", Duration.ofMinutes(-6));
    k.awaitPhase("p", "Running");
    KubeObject second = awaitRequest(1);
    assertThat(read(volume(pod).resolve("all.pem"))).endsWith(old);
    assertThat(stub(second).publicKey()).isNotEqualTo(stub(first).publicKey());
    String fresh = issue(second, "p", Duration.ofMinutes(30));
    k.eventually(() -> assertThat(read(volume(pod).resolve("all.pem"))).endsWith(fresh));
    assertThat(PemBlock.all(read(volume(pod).resolve("all.pem"))))
        .extracting(PemBlock::type)
        .containsExactly("PRIVATE KEY", "CERTIFICATE", "CERTIFICATE");
    assertThat(requests()).hasSize(2);
    assertThat(k.container("p").path("restartCount").asInt()).isZero();
  }

  @Test
  void aRefusalIsToldAndForEver() {
    pod(source("ECDSAP384", ",\"keyPath\":\"key.pem\""));
    KubeObject request = awaitRequest(0);
    decide(
        request,
        status -> condition(status, "Denied", "UnsupportedKeyType", "take ECDSAP256 instead"));
    k.eventually(() ->
        assertThat(k.events())
            .contains(
                "Denied: PodCertificateRequest default/"
                    + request.name()
                    + " was denied, reason=\"UnsupportedKeyType\", message=\"take ECDSAP256"
                    + " instead\"",
                "FailedMount: MountVolume.SetUp failed for volume \"id\" : PodCertificateRequest"
                    + " was permanently denied: reason=\"UnsupportedKeyType\" message=\"take"
                    + " ECDSAP256 instead\""));
    assertThat(requests()).hasSize(1);
    assertThat(k.pod("p").text("status", "phase")).isEqualTo("Pending");
    k.delete("p", DeleteOptions.now());
    k.eventually(() -> assertThat(k.exists("p")).isFalse());
  }

  @Test
  void aFailureOfTheSignerIsToldAsOne() {
    pod(source("ED25519", ",\"keyPath\":\"key.pem\""));
    KubeObject request = awaitRequest(0);
    decide(request, status -> condition(status, "Failed", "Broken", "no more serials"));
    k.eventually(() ->
        assertThat(k.events())
            .contains(
                "Failed: PodCertificateRequest default/"
                    + request.name()
                    + " failed, reason=\"Broken\", message=\"no more serials\""));
  }

  @Test
  void aRequestThatSomebodyDeletesIsMadeAgain() {
    pod(source("ED25519", ",\"keyPath\":\"key.pem\""));
    KubeObject first = awaitRequest(0);
    k.api.remove(Resources.POD_CERTIFICATE_REQUESTS, "default", first.name());
    k.eventually(
        () -> assertThat(requests()).hasSize(1).noneMatch(r -> r.name().equals(first.name())));
    issue(requests().getFirst(), "p", Duration.ofMinutes(30));
    k.awaitPhase("p", "Running");
  }
}
