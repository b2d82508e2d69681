package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.certificates.SubjectKeyType;
import dev.coracle.api.certificates.TestIssuer;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.api.selector.FieldSelector;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** PodCertificateRequests: who may ask, for what, and what a signer may answer. */
class PodCertificatesApiTest {
  private static final TestIssuer ISSUER = new TestIssuer();

  @TempDir static Path dir;
  private static TestServer server;
  private static ApiCalls admin;
  private static ApiCalls node;
  private static ApiCalls otherNode;
  private static KubeObject pod;
  private static KubeObject account;
  private static KubeObject machine;
  private static int number;

  private final KeyPair pair = SubjectKeyType.ED25519.generate();

  @BeforeAll
  static void start() throws Exception {
    server = new TestServer(dir);
    admin = server.server().callsAs(UserInfo.of("admin", UserInfo.MASTERS));
    node = server.server().callsAs(UserInfo.component("system:node:n1"));
    otherNode = server.server().callsAs(UserInfo.component("system:node:n2"));
    machine =
        create(
            admin, Resources.NODES, "{'apiVersion':'v1','kind':'Node','metadata':{'name':'n1'}}");
    create(admin, Resources.NODES, "{'apiVersion':'v1','kind':'Node','metadata':{'name':'n2'}}");
    account =
        create(
            admin,
            Resources.SERVICE_ACCOUNTS,
            "{'apiVersion':'v1','kind':'ServiceAccount','metadata':{'name':'robot','namespace':'default'}}");
    pod =
        create(
            admin,
            Resources.PODS,
            """
            {'apiVersion':'v1','kind':'Pod','metadata':{'name':'p','namespace':'default'},
             'spec':{'nodeName':'n1','serviceAccountName':'robot','automountServiceAccountToken':false,
             'containers':[{'name':'c','image':'i'}]}}\
            """);
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  private static KubeObject create(ApiCalls as, GroupVersionResource resource, String json) {
    KubeObject object = KubeObject.parse(json.replace('\'', '"'));
    return as.create(resource, object.namespace(), object, WriteOptions.NONE)
        .await()
        .indefinitely();
  }

  private KubeObject request(Consumer<ObjectNode> change) {
    KubeObject base =
        KubeObject.parse(
            """
            {"apiVersion":"certificates.k8s.io/v1beta1","kind":"PodCertificateRequest",
             "metadata":{"name":"r%d","namespace":"default"},
             "spec":{"signerName":"example.com/s","podName":"p","podUID":"%s","nodeName":"n1",
              "serviceAccountName":"robot","serviceAccountUID":"%s","nodeUID":"%s",
              "stubPKCS10Request":"%s"}}
            """
                .formatted(++number, pod.uid(), account.uid(), machine.uid(), base64(stub(pair))));
    return base.with(o -> change.accept(o.withObjectProperty("spec")));
  }

  private static byte[] stub(KeyPair pair) {
    return SubjectKeyType.of(pair.getPublic()).orElseThrow().stubRequest(pair);
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private KubeObject post(ApiCalls as, Consumer<ObjectNode> change) {
    return as.create(
            Resources.POD_CERTIFICATE_REQUESTS, "default", request(change), WriteOptions.NONE)
        .await()
        .indefinitely();
  }

  private static String refusal(ThrowingCallable call) {
    try {
      call.call();
    } catch (StatusException e) {
      return e.status().code() + " " + e.getMessage();
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    throw new AssertionError("it was allowed");
  }

  private KubeObject answer(ApiCalls as, KubeObject request, Consumer<ObjectNode> status) {
    return as.update(
            Resources.POD_CERTIFICATE_REQUESTS,
            request.with(o -> {
              o.remove("status");
              status.accept(o.putObject("status"));
            }),
            "status",
            WriteOptions.NONE)
        .await()
        .indefinitely();
  }

  private static void end(ObjectNode status, String type) {
    status
        .putArray("conditions")
        .addObject()
        .put("type", type)
        .put("status", "True")
        .put("reason", "Because")
        .put("message", "")
        .put("lastTransitionTime", Timestamps.time(Instant.now()));
  }

  private static void issued(
      ObjectNode status, PublicKey key, Instant from, Duration life, Duration refresh) {
    end(status, "Issued");
    status.put("certificateChain", ISSUER.chain(key, "p", from, from.plus(life)));
    status.put("notBefore", Timestamps.time(from));
    status.put("notAfter", Timestamps.time(from.plus(life)));
    status.put("beginRefreshAt", Timestamps.time(from.plus(refresh)));
  }

  private static Instant now() {
    return Instant.ofEpochSecond(Instant.now().getEpochSecond());
  }

  @Test
  void aKubeletAsksForItsPodAndGetsADay() {
    KubeObject made = post(node, spec -> {});
    assertThat(made.at("spec", "maxExpirationSeconds").asInt()).isEqualTo(86400);
    ListOptions own = ListOptions.ALL.withFields(FieldSelector.equalTo("spec.nodeName", "n1"));
    assertThat(
            node.list(Resources.POD_CERTIFICATE_REQUESTS, "", own).await().indefinitely().items())
        .anyMatch(o -> o.name().equals(made.name()));
    assertThat(
            refusal(() ->
                otherNode.list(Resources.POD_CERTIFICATE_REQUESTS, "", own).await().indefinitely()))
        .startsWith("403 ");
    assertThat(
            refusal(() ->
                node.list(Resources.POD_CERTIFICATE_REQUESTS, "", ListOptions.ALL)
                    .await()
                    .indefinitely()))
        .startsWith("403 ");
    assertThat(
            refusal(() ->
                otherNode
                    .get(Resources.POD_CERTIFICATE_REQUESTS, "default", made.name())
                    .await()
                    .indefinitely()))
        .startsWith("403 ");
    assertThat(
            refusal(() ->
                node.delete(
                        Resources.POD_CERTIFICATE_REQUESTS,
                        "default",
                        made.name(),
                        dev.coracle.api.rest.DeleteOptions.DEFAULT)
                    .await()
                    .indefinitely()))
        .startsWith("403 ");
  }

  @Test
  void aKubeletReadsTheAccountOfItsPodAlone() {
    assertThat(
            node.get(Resources.SERVICE_ACCOUNTS, "default", "robot").await().indefinitely().uid())
        .isEqualTo(account.uid());
    assertThat(
            refusal(() ->
                otherNode
                    .get(Resources.SERVICE_ACCOUNTS, "default", "robot")
                    .await()
                    .indefinitely()))
        .startsWith("403 ");
  }

  @Test
  void aKubeletAsksForNobodyElse() {
    assertThat(refusal(() -> post(otherNode, spec -> {})))
        .isEqualTo(
            "403 podcertificaterequests.certificates.k8s.io \"r"
                + number
                + "\" is forbidden: PodCertificateRequest.Spec.NodeName=\"n1\", which is not the"
                + " requesting node \"n2\"");
    assertThat(refusal(() -> post(otherNode, spec -> spec.put("nodeName", "n2"))))
        .contains("403", "names node UID");
    assertThat(refusal(() -> post(node, spec -> spec.put("podUID", "other"))))
        .contains("403", "names pod UID \"other\", inconsistent with the running pod");
    assertThat(refusal(() -> post(node, spec -> spec.put("podName", "q"))))
        .contains("403", "while retrieving pod named in the PodCertificateRequest");
    assertThat(refusal(() -> post(node, spec -> spec.put("serviceAccountName", "default"))))
        .contains("403", "contains serviceAccountName (\"default\") that differs from running pod");
    assertThat(refusal(() -> post(node, spec -> spec.put("serviceAccountUID", "x"))))
        .contains("403", "names service account UID \"x\"");
  }

  @ParameterizedTest
  @EnumSource
  void everyKeyIsTakenAsAStubAndAsOnceWithAProof(SubjectKeyType type) throws Exception {
    KeyPair own =
        switch (type) {
          case RSA3072 -> server.pki().rsa(3072);
          case RSA4096 -> server.pki().rsa(4096);
          case ECDSAP256, ECDSAP384, ECDSAP521, ED25519 -> type.generate();
        };
    post(admin, spec -> spec.put("stubPKCS10Request", base64(stub(own))));
    String name =
        switch (own.getPublic().getAlgorithm()) {
          case "RSA" -> "RSASSA-PSS";
          case "EC" -> "SHA256withECDSA";
          default -> "Ed25519";
        };
    Signature proof = Signature.getInstance(name);
    if (name.equals("RSASSA-PSS")) {
      int salt = (type == SubjectKeyType.RSA3072 ? 3072 : 4096) / 8 - 34;
      proof.setParameter(
          new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, salt, 1));
    }
    proof.initSign(own.getPrivate());
    proof.update(pod.uid().getBytes(StandardCharsets.US_ASCII));
    byte[] signature = proof.sign();
    Consumer<ObjectNode> old =
        spec -> {
          spec.remove("stubPKCS10Request");
          spec.put("pkixPublicKey", base64(own.getPublic().getEncoded()));
          spec.put("proofOfPossession", base64(signature));
        };
    KubeObject made = post(admin, old);
    assertThat(refusal(() -> post(admin, old.andThen(spec -> spec.put("podUID", "another")))))
        .contains("422", "could not verify proof-of-possession signature");
    Instant from = now();
    answer(
        admin,
        made,
        status ->
            issued(status, own.getPublic(), from, Duration.ofHours(1), Duration.ofMinutes(30)));
  }

  @Test
  void keysThatNobodyTakesAreRefused() throws Exception {
    KeyPairGenerator small = KeyPairGenerator.getInstance("RSA");
    small.initialize(2048);
    KeyPair own = small.generateKeyPair();
    assertThat(
            refusal(() ->
                post(
                    admin,
                    spec ->
                        spec.put(
                            "stubPKCS10Request", base64(SubjectKeyType.RSA3072.stubRequest(own))))))
        .contains("422", "RSA keys must have modulus size 3072 or 4096");
    assertThat(refusal(() -> post(admin, spec -> spec.put("stubPKCS10Request", "AAAA"))))
        .contains("422", "spec.stubPKCS10Request", "must be a valid PKCS#10 request");
    assertThat(refusal(() -> post(admin, spec -> spec.remove("stubPKCS10Request"))))
        .contains("422", "spec.stubPKCS10Request: Required value");
    assertThat(refusal(() -> post(admin, spec -> spec.put("pkixPublicKey", "AAAA"))))
        .contains("422", "must be empty when stubPKCS10Request is set");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          signerName            | ''            | spec.signerName: Required value
          signerName            | s             | must be a fully qualified domain and path
          signerName            | com/s         | should be a domain with at least two segments
          signerName            | a.b/c/d       | must be a fully qualified domain and path
          podName               | A             | spec.podName: Invalid value: "A"
          podUID                | ''            | must not be empty
          nodeUID               | ''            | must not be empty
          serviceAccountUID     | ''            | must not be empty
          """)
  void whatIsMalformedIsRefused(String field, String value, String why) {
    assertThat(refusal(() -> post(admin, spec -> spec.put(field, value)))).contains("422", why);
  }

  @Test
  void lifetimesAndAnnotationsHaveTheirBounds() {
    assertThat(refusal(() -> post(admin, spec -> spec.put("maxExpirationSeconds", 3599))))
        .contains("must be in the range [3600, 7862400]");
    post(admin, spec -> spec.put("maxExpirationSeconds", 7862400));
    assertThat(
            refusal(() ->
                post(
                    admin,
                    spec ->
                        spec.put("signerName", "kubernetes.io/kube-apiserver-client-pod")
                            .put("maxExpirationSeconds", 86401))))
        .contains("must be in the range [3600, 86400]");
    assertThat(
            refusal(() ->
                post(admin, spec -> spec.putObject("unverifiedUserAnnotations").put("foo", "bar"))))
        .contains("must be a domain-prefixed key (such as \\\"acme.io/foo\\\")".replace("\\", ""));
  }

  @Test
  void whatIsAskedForNeverChanges() {
    KubeObject made = post(admin, spec -> {});
    assertThat(
            refusal(() ->
                admin
                    .update(
                        Resources.POD_CERTIFICATE_REQUESTS,
                        made.with(o -> o.withObjectProperty("spec").put("podName", "q")),
                        "",
                        WriteOptions.NONE)
                    .await()
                    .indefinitely()))
        .contains("422", "field is immutable");
  }

  @Test
  void onlyWhoMaySignDecides() {
    KubeObject made = post(admin, spec -> {});
    create(
        admin,
        new GroupVersionResource("rbac.authorization.k8s.io", "v1", "clusterroles"),
        """
        {'apiVersion':'rbac.authorization.k8s.io/v1','kind':'ClusterRole','metadata':{'name':'half'},
         'rules':[{'apiGroups':['certificates.k8s.io'],'verbs':['update'],
          'resources':['podcertificaterequests/status']}]}\
        """);
    create(
        admin,
        new GroupVersionResource("rbac.authorization.k8s.io", "v1", "clusterrolebindings"),
        """
        {'apiVersion':'rbac.authorization.k8s.io/v1','kind':'ClusterRoleBinding',
         'metadata':{'name':'half'},'subjects':[{'kind':'User','name':'half',
          'apiGroup':'rbac.authorization.k8s.io'}],
         'roleRef':{'kind':'ClusterRole','name':'half','apiGroup':'rbac.authorization.k8s.io'}}\
        """);
    ApiCalls half = server.server().callsAs(UserInfo.of("half", UserInfo.AUTHENTICATED));
    org.awaitility.Awaitility.await()
        .untilAsserted(() ->
            assertThat(refusal(() -> answer(half, made, status -> end(status, "Denied"))))
                .contains(
                    "422",
                    "User \"half\" is not permitted to \"sign\" for signer \"example.com/s\""));
  }

  @Test
  void aDecisionIsMadeOnce() {
    KubeObject made = post(admin, spec -> {});
    assertThat(
            refusal(() ->
                answer(admin, made, status -> status.put("notAfter", "2026-01-01T00:00:00Z"))))
        .contains("status is immutable unless transitioning to");
    assertThat(refusal(() -> answer(admin, made, status -> end(status, "Approved"))))
        .contains("Unsupported value: \"Approved\"");
    assertThat(
            refusal(() ->
                answer(
                    admin,
                    made,
                    status -> {
                      end(status, "Denied");
                      status.put("certificateChain", "x");
                    })))
        .contains("non-condition status fields must be empty when denying or failing");
    KubeObject denied = answer(admin, made, status -> end(status, "Denied"));
    assertThat(refusal(() -> answer(admin, denied, status -> end(status, "Failed"))))
        .contains("immutable after PodCertificateRequest is issued, denied, or failed");
  }

  /** A signer need not know what was said, nor the time. */
  @Test
  void whatEndedARequestStaysAsItWasSaid() {
    KubeObject made = post(admin, spec -> {});
    KubeObject denied =
        answer(
            admin,
            made,
            status -> {
              end(status, "Denied");
              ((ObjectNode) status.path("conditions").path(0)).remove("lastTransitionTime");
            });
    assertThat(denied.tree().at("/status/conditions/0/lastTransitionTime").asText()).isNotEmpty();
    KubeObject again =
        answer(
            admin,
            denied,
            status -> {
              end(status, "Denied");
              ((ObjectNode) status.path("conditions").path(0)).put("reason", "Other");
            });
    assertThat(again.at("status")).isEqualTo(denied.at("status"));
  }

  @Test
  void conditionsHaveTheirForm() {
    assertThat(
            wrong(status -> {
              end(status, "Denied");
              ObjectNode first = (ObjectNode) status.path("conditions").path(0);
              status.withArrayProperty("conditions").add(first.deepCopy().put("type", "Failed"));
              status
                  .withArrayProperty("conditions")
                  .add(first.deepCopy().put("type", "Odd").put("status", "No").put("reason", "-"));
            }))
        .contains(
            "[status.conditions[1].type: Invalid value: \"Failed\": There may be at most one"
                + " condition with type \"Issued\", \"Denied\", or \"Failed\","
                + " status.conditions[2].type: Unsupported value: \"Odd\"",
            "status.conditions[2].status: Unsupported value: \"No\"",
            "status.conditions[2].reason: Invalid value: \"-\"");
  }

  private String wrong(Consumer<ObjectNode> status) {
    KubeObject made = post(admin, spec -> spec.put("maxExpirationSeconds", 7200));
    return refusal(() -> answer(admin, made, status));
  }

  @Test
  void anIssuedChainIsForTheKeyAndTheTimesAreThoseOfTheCertificate() {
    Instant from = now();
    Duration hour = Duration.ofHours(1);
    Duration half = Duration.ofMinutes(30);
    PublicKey key = pair.getPublic();
    assertThat(
            wrong(s -> issued(s, SubjectKeyType.ED25519.generate().getPublic(), from, hour, half)))
        .contains("leaf certificate was not issued to the requested public key");
    assertThat(wrong(s -> end(s, "Issued")))
        .contains("issued certificate chain must contain at least one certificate");
    assertThat(wrong(s -> issued(s, key, from, hour.minusSeconds(1), half)))
        .contains("leaf certificate lifetime must be >= 1 hour");
    assertThat(wrong(s -> issued(s, key, from, hour.multipliedBy(3), half)))
        .contains("leaf certificate lifetime must be <= spec.maxExpirationSeconds (7200)");
    assertThat(wrong(s -> issued(s, key, from.minusSeconds(600), hour, half)))
        .contains("must be set to within 5 minutes of kube-apiserver's current time");
    assertThat(wrong(s -> issued(s, key, from, hour, Duration.ofMinutes(9))))
        .contains("must be at least 10 minutes after status.notBefore");
    assertThat(wrong(s -> issued(s, key, from, hour, Duration.ofMinutes(51))))
        .contains("must be at least 10 minutes before status.notAfter");
    assertThat(
            wrong(s -> {
              issued(s, key, from, hour, half);
              s.put("notAfter", Timestamps.time(from.plusSeconds(3601)));
            }))
        .contains("must be set to the NotAfter time encoded in the leaf certificate");
    assertThat(
            wrong(s -> {
              issued(s, key, from, hour, half);
              s.remove("notBefore");
            }))
        .contains("status.notBefore: Required value");
    assertThat(
            wrong(s -> {
              issued(s, key, from, hour, half);
              s.put(
                  "certificateChain",
                  s.path("certificateChain").asText().replace(" CERTIFICATE-", " PRIVATE KEY-"));
            }))
        .contains("must consist entirely of CERTIFICATE PEM blocks");
    KubeObject made = post(admin, spec -> {});
    KubeObject done = answer(admin, made, s -> issued(s, key, from, hour, half));
    assertThat(done.text("status", "certificateChain")).contains("BEGIN CERTIFICATE");
  }

  @Test
  void aPodSaysWhereItsCredentialsGo() {
    String volume =
        """
        {'apiVersion':'v1','kind':'Pod','metadata':{'name':'v','namespace':'default'},
         'spec':{'serviceAccountName':'robot','containers':[{'name':'c','image':'i'}],'volumes':[{'name':'v',
          'projected':{'sources':[{'podCertificate':%s}]}}]}}\
        """;
    assertThat(
            refusal(() ->
                create(
                    admin,
                    Resources.PODS,
                    volume.formatted("{'signerName':'example.com/s','keyType':'RSA2048'}"))))
        .contains(
            "Unsupported value: \"RSA2048\": supported values: \"RSA3072\", \"RSA4096\", \"ECDSAP256\"",
            "specify at least one of credentialBundlePath, keyPath, certificateChainPath");
    assertThat(
            refusal(() ->
                create(
                    admin,
                    Resources.PODS,
                    volume.formatted(
                        "{'signerName':'example.com/s','keyType':'ED25519','keyPath':'../x',"
                            + "'certificateChainPath':'../x','maxExpirationSeconds':60}"))))
        .contains(
            "must not contain '..'",
            "conflicting duplicate paths",
            "must be in the range [3600, 7862400]");
  }
}
