package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.controllers.config.ControllerOptions;
import dev.coracle.controllers.internal.status.Conditions;
import io.smallrye.mutiny.Uni;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests are approved, signed and cleared away. */
class CertificatesTest {

  /** {@code O=system:nodes, CN=system:node:n1}, without alternative names. */
  private static final String NODE =
      """
      -----BEGIN CERTIFICATE REQUEST-----
      MIHrMIGSAgEAMDAxFTATBgNVBAoMDHN5c3RlbTpub2RlczEXMBUGA1UEAwwOc3lz
      dGVtOm5vZGU6bjEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQfF8FP6/nnssLN
      AA3jl9j+yFmf45O/DdqSlHHWykc5SYAunb4XlWirLYTXQ63YeOKnWsPakrVmxRmZ
      pBm91AgooAAwCgYIKoZIzj0EAwIDSAAwRQIhAPkzoXr/PMYtOHJhdUuERp/FjKLb
      uWCQPctG7lbRRH+NAiBHR/kp5mem5AnoEiw8Iwb+PixZ2IBndVezlFx8Il5VbQ==
      -----END CERTIFICATE REQUEST-----
      """;

  /** The same names with a DNS, two IP, an email and a URI name. */
  private static final String EVERY_NAME =
      """
      -----BEGIN CERTIFICATE REQUEST-----
      MIICwjCCAaoCAQAwMDEVMBMGA1UECgwMc3lzdGVtOm5vZGVzMRcwFQYDVQQDDA5z
      eXN0ZW06bm9kZTpuMTCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBALN7
      53DN7pXSzgvty0arw0o7zLoty23IndcPp7UGL4g8cBksjZC8wx2N/2S8GdA5oHP+
      o+OZjvcB408Xi+rnNfBUMjgAMWAONrNRV8SjRpiRxOM2d2H2m1akmLbpEss4iIpw
      Qzw2aztCl0zvCL3rtUkwiAvcFgIlGalsTq1hKliOt+RYfWpQZlzEZcLuAgKp8Fqh
      Kv1i8w96V4MQ2yRVwQW0Tsj0hta2dWV+RK7c5hhlxN1vLwzGrBQygb2vN7/pnJwI
      N8IwhcKLFl8zUwty472OGnPrMRYo9G5reO6/jHZ1ERoMECR1fLgzDuOoS7rTcK80
      UCrk/76Ge46mR9QgRIUCAwEAAaBNMEsGCSqGSIb3DQEJDjE+MDwwOgYDVR0RBDMw
      MYICbjGHBAoAAAGHECABDbgAAAAAAAAAAAAAAAGBBWFAYi5jhgxzcGlmZmU6Ly94
      L3kwDQYJKoZIhvcNAQELBQADggEBACuMnUg9/GmIOSACHfN3VvNP8g3/xn99mgfK
      FsyyPzeo0aX8fzo+74fTwFhg6NFGWb2dUq8IsnKMevD+5ZIppq7qrPX8qAK9JZ9F
      R4+n0pRLHE720muqNOppbKqDQCXbopdZsWqf5ObWS/rFG7AvD/H1qydTArMXMjpf
      U2ZslO7WbmGL/1D+Do5C0CeQ8Ynvy2bEJnQaJmceRxNMg97LkQNH95cH9ZbpQT2P
      DnH6y4v9b5BGjLpjytQdVDoh1s7eMApq5RO31y1CnPZ/NYyr0/ntvTLZB3geqGuw
      MZnceT13SviA5arNLmE0/0JctdD5x5mAPdoudpNcFEofdZoBc+M=
      -----END CERTIFICATE REQUEST-----
      """;

  /** The same names with {@code DNS:n1} and {@code IP:10.0.0.1}. */
  private static final String SERVING =
      """
      -----BEGIN CERTIFICATE REQUEST-----
      MIIBEjCBuAIBADAwMRUwEwYDVQQKDAxzeXN0ZW06bm9kZXMxFzAVBgNVBAMMDnN5
      c3RlbTpub2RlOm4xMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEHxfBT+v557LC
      zQAN45fY/shZn+OTvw3akpRx1spHOUmALp2+F5Voqy2E10Ot2Hjip1rD2pK1ZsUZ
      maQZvdQIKKAmMCQGCSqGSIb3DQEJDjEXMBUwEwYDVR0RBAwwCoICbjGHBAoAAAEw
      CgYIKoZIzj0EAwIDSQAwRgIhAJ9sqP8CA28Oz9VlOTv5ZY1g/6lMqEwlHw3r7RLd
      FsyLAiEA97tzuBbg2fU7Z5M3/qaJfn6n8hzge6VhKD6ElyoZ7no=
      -----END CERTIFICATE REQUEST-----
      """;

  /** The same names with {@code DNS:n1} and {@code IP:2001:db8::1}. */
  private static final String SERVING_IPV6 =
      """
      -----BEGIN CERTIFICATE REQUEST-----
      MIIBHjCBxAIBADAwMRUwEwYDVQQKDAxzeXN0ZW06bm9kZXMxFzAVBgNVBAMMDnN5
      c3RlbTpub2RlOm4xMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE4N5nfh7kOvet
      oKV+jz87hDb107aj9zkRrtMEJFLSrN/MG+zQywbNIlQUzN/FVenwJJ49rStlPUef
      mhuSVucxAKAyMDAGCSqGSIb3DQEJDjEjMCEwHwYDVR0RBBgwFoICbjGHECABDbgA
      AAAAAAAAAAAAAAEwCgYIKoZIzj0EAwIDSQAwRgIhAMbklxK1gwG7+h5SQKkBKX6A
      iVzOWOATQLMo9YUhdb/RAiEAugdY09C3Kn4p3c2RN/f38rgRsZtrgeFNZwpPBMKZ
      Yac=
      -----END CERTIFICATE REQUEST-----
      """;

  /** Who may create which subresource, as {@code user subresource}. */
  private final Set<String> rights = new HashSet<>();

  private Cluster c = cluster(options -> options);

  private Cluster cluster(UnaryOperator<ControllerOptions> more) {
    return new Cluster(
        options ->
            more.apply(
                options
                    .without(List.of("node-lifecycle-controller"))
                    .withSigner((request, usages, validity) ->
                        Uni.createFrom()
                            .item(
                                request.commonName()
                                    + " "
                                    + new TreeSet<>(usages)
                                    + " "
                                    + validity))),
        this::answer);
  }

  private KubeObject answer(GroupVersionResource resource, KubeObject object) {
    if (!resource.equals(Resources.SUBJECT_ACCESS_REVIEWS)) {
      return object;
    }
    String asked =
        object.text("spec", "user")
            + " "
            + object.text("spec", "resourceAttributes", "subresource");
    return object.with(o -> o.putObject("status").put("allowed", rights.contains(asked)));
  }

  private KubeObject request(String signer, String user, String pem, String usages, int seconds) {
    return c.create(
        Resources.CERTIFICATE_SIGNING_REQUESTS,
        """
        {"apiVersion":"certificates.k8s.io/v1","kind":"CertificateSigningRequest",
         "metadata":{"name":"r"},
         "spec":{"signerName":"kubernetes.io/%s","username":"%s","groups":["system:nodes"],
          "request":"%s","usages":[%s],"expirationSeconds":%d},"status":{}}\
        """
            .formatted(
                signer,
                user,
                Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.US_ASCII)),
                usages,
                seconds));
  }

  private KubeObject now() {
    return java.util.Objects.requireNonNull(
        c.api.peek(Resources.CERTIFICATE_SIGNING_REQUESTS, "", "r"));
  }

  private String certificate() {
    return new String(
        Base64.getDecoder().decode(now().text("status", "certificate")), StandardCharsets.US_ASCII);
  }

  private void decide(String type) {
    c.api
        .update(
            Resources.CERTIFICATE_SIGNING_REQUESTS,
            now()
                .with(o ->
                    Conditions.set(
                        o.withObjectProperty("status"),
                        type,
                        "True",
                        "Test",
                        "by hand",
                        c.context.clock().instant(),
                        true)),
            "approval",
            WriteOptions.NONE)
        .await()
        .indefinitely();
    c.context.runUntilIdle();
  }

  private static final String CLIENT = "\"digital signature\",\"key encipherment\",\"client auth\"";
  private static final String SERVER = "\"digital signature\",\"key encipherment\",\"server auth\"";

  @Test
  void aJoiningMachineIsApprovedByItsRightsAndSigned() {
    rights.add("system:bootstrap:abcdef nodeclient");
    request("kube-apiserver-client-kubelet", "system:bootstrap:abcdef", NODE, CLIENT, 7200);
    assertThat(Conditions.find(now(), "Approved").path("reason").asText())
        .isEqualTo("AutoApproved");
    assertThat(certificate())
        .isEqualTo("system:node:n1 [client auth, digital signature, key encipherment] PT2H");
  }

  @Test
  void aNodeRenewsOnlyItsOwnCertificate() {
    rights.add("system:node:n2 selfnodeclient");
    request("kube-apiserver-client-kubelet", "system:node:n2", NODE, CLIENT, 7200);
    assertThat(now().at("status", "conditions")).isEmpty();
    rights.add("system:node:n1 selfnodeclient");
    c.api.remove(Resources.CERTIFICATE_SIGNING_REQUESTS, "", "r");
    request("kube-apiserver-client-kubelet", "system:node:n1", NODE, CLIENT, 7200);
    assertThat(Conditions.find(now(), "Approved").path("message").asText())
        .isEqualTo("Auto approving self kubelet client certificate after SubjectAccessReview.");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 600, 31536000, 99999999})
  void expirationStaysBetweenTenMinutesAndAYear(int seconds) {
    request("legacy-unknown", "jane", NODE, CLIENT, seconds);
    decide("Approved");
    Duration expected = Duration.ofSeconds(Math.clamp(seconds, 600, 31536000));
    assertThat(certificate()).endsWith(" " + expected);
  }

  @Test
  void whatTheSignerMayNotSignFails() {
    request("kube-apiserver-client", "jane", NODE, SERVER, 7200);
    decide("Approved");
    assertThat(Conditions.find(now(), "Failed").path("reason").asText())
        .isEqualTo("SignerValidationFailure");
    assertThat(Conditions.find(now(), "Failed").path("message").asText())
        .isEqualTo("invalid usage for client certificate: server auth");
    assertThat(now().text("status", "certificate")).isEmpty();
  }

  @Test
  void aServingCertificateIsForTheNodesOwnNamesOnly() {
    request("kubelet-serving", "system:node:n1", NODE, SERVER, 7200);
    assertThat(now().at("status", "conditions")).as("it has no names").isEmpty();
    c.api.remove(Resources.CERTIFICATE_SIGNING_REQUESTS, "", "r");
    request("kubelet-serving", "system:node:n1", EVERY_NAME, SERVER, 7200);
    assertThat(now().at("status", "conditions")).as("it has an email name").isEmpty();
  }

  @Test
  void aServingCertificateWaitsForTheNodesAddressAndNoOtherMayHaveIt() {
    request("kubelet-serving", "system:node:n1", SERVING, SERVER, 7200);
    assertThat(now().at("status", "conditions")).as("the node has no address yet").isEmpty();
    address("n1", "10.0.0.1");
    assertThat(certificate()).startsWith("system:node:n1 ");
    c.api.remove(Resources.CERTIFICATE_SIGNING_REQUESTS, "", "r");
    c.create(
        Resources.NODES,
        "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n2\"},\"spec\":{}}");
    address("n2", "10.0.0.1");
    request("kubelet-serving", "system:node:n1", SERVING, SERVER, 7200);
    assertThat(now().at("status", "conditions")).as("two nodes claim it").isEmpty();
  }

  @Test
  void anAddressOfIpv6IsTheNodesHoweverItIsWritten() {
    address("n1", "2001:db8::1");
    request("kubelet-serving", "system:node:n1", SERVING_IPV6, SERVER, 7200);
    assertThat(certificate()).startsWith("system:node:n1 ");
  }

  private void address(String node, String ip) {
    c.api.change(
        Resources.NODES,
        "",
        node,
        o ->
            o.withObjectProperty("status")
                .putArray("addresses")
                .addObject()
                .put("type", "InternalIP")
                .put("address", ip));
    c.context.runUntilIdle();
  }

  @Test
  void anAnsweredRequestGoesAfterAnHourAnUnansweredOneAfterADay() {
    request("kube-apiserver-client", "jane", NODE, CLIENT, 7200);
    decide("Approved");
    c.pass(Duration.ofMinutes(59));
    assertThat(now().text("status", "certificate")).isNotEmpty();
    c.pass(Duration.ofMinutes(2));
    assertThat(c.api.all(Resources.CERTIFICATE_SIGNING_REQUESTS)).isEmpty();
    request("kube-apiserver-client", "jane", NODE, CLIENT, 7200);
    decide("Denied");
    c.pass(Duration.ofMinutes(61));
    assertThat(c.api.all(Resources.CERTIFICATE_SIGNING_REQUESTS)).isEmpty();
    request("kube-apiserver-client", "jane", NODE, CLIENT, 7200);
    c.pass(Duration.ofHours(23));
    assertThat(c.api.all(Resources.CERTIFICATE_SIGNING_REQUESTS)).hasSize(1);
    c.pass(Duration.ofHours(2));
    assertThat(c.api.all(Resources.CERTIFICATE_SIGNING_REQUESTS)).isEmpty();
  }

  @Test
  void aRequestForAPodGoesAfterHalfAnHourWhateverCameOfIt() {
    c.create(
        Resources.POD_CERTIFICATE_REQUESTS,
        """
        {"apiVersion":"certificates.k8s.io/v1beta1","kind":"PodCertificateRequest",
         "metadata":{"name":"r","namespace":"default"},"spec":{"podName":"p"}}\
        """);
    c.pass(Duration.ofMinutes(29));
    assertThat(c.api.all(Resources.POD_CERTIFICATE_REQUESTS)).hasSize(1);
    c.pass(Duration.ofMinutes(2));
    assertThat(c.api.all(Resources.POD_CERTIFICATE_REQUESTS)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"7200,PT1H", "1200,PT20M"})
  void nothingIsSignedForLongerThanTheClusterSigns(int asked, String given) {
    c = cluster(options -> options.withSigningDuration(Duration.ofHours(1)));
    request("kube-apiserver-client", "jane", NODE, CLIENT, asked);
    decide("Approved");
    assertThat(certificate()).endsWith(" " + given);
  }
}
