package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Accounts, tokens and reviews. */
@Conformance
class ServiceAccountsIT {

  @Test
  @DisplayName(
      "[sig-auth] ServiceAccounts should guarantee kube-root-ca.crt exist in any namespace"
          + " [Conformance]")
  void rootCa(Space space) {
    JsonNode map = space.awaitList("configmaps", "", "there", l -> l.size() == 1).get(0);
    assertThat(text(map, "/metadata/name")).isEqualTo("kube-root-ca.crt");
    String certificate = text(map, "/data/ca.crt");
    assertThat(certificate).startsWith("-----BEGIN CERTIFICATE-----");
    space.delete("configmaps", "kube-root-ca.crt");
    space.awaitList(
        "configmaps",
        "",
        "back",
        l -> l.size() == 1 && text(l.get(0), "/data/ca.crt").equals(certificate));
    space.edit(
        "configmaps", "kube-root-ca.crt", m -> ((ObjectNode) m.get("data")).put("ca.crt", ""));
    space.await(
        "configmaps",
        "kube-root-ca.crt",
        "put right",
        m -> text(m, "/data/ca.crt").equals(certificate));
  }

  @Test
  @DisplayName("[sig-auth] ServiceAccounts should mount an API token into pods [Conformance]")
  void mount(Space space) {
    space.create("{apiVersion: v1, kind: ServiceAccount, metadata: {name: own}}");
    space.start(TestPod.sleeping("main").spec("{serviceAccountName: own}"));
    String directory = "/var/run/secrets/kubernetes.io/serviceaccount/";
    String token = Exec.shell(space, "main", "cat " + directory + "token");
    JsonNode review =
        space.create(
            "{apiVersion: authentication.k8s.io/v1, kind: TokenReview, spec: {token: %s}}"
                .formatted(token));
    assertThat(review.at("/status/authenticated").asBoolean()).isTrue();
    assertThat(text(review, "/status/error")).isEmpty();
    assertThat(text(review, "/status/user/username"))
        .isEqualTo("system:serviceaccount:" + space.namespace() + ":own");
    assertThat(review.at("/status/user/groups").toString())
        .contains(
            "system:serviceaccounts",
            "system:serviceaccounts:" + space.namespace(),
            "system:authenticated");
    assertThat(text(review, "/status/user/extra/authentication.kubernetes.io~1pod-name/0"))
        .isEqualTo("main");
    assertThat(Exec.shell(space, "main", "cat " + directory + "namespace"))
        .isEqualTo(space.namespace());
    assertThat(Exec.shell(space, "main", "cat " + directory + "ca.crt"))
        .isEqualTo(text(space.get("configmaps", "kube-root-ca.crt"), "/data/ca.crt"));
  }

  @Test
  @DisplayName(
      "[sig-auth] ServiceAccounts should allow opting out of API token automount [Conformance]")
  void optOut(Space space) {
    space.create(
        "{apiVersion: v1, kind: ServiceAccount, metadata: {name: mount},"
            + " automountServiceAccountToken: true}");
    space.create(
        "{apiVersion: v1, kind: ServiceAccount, metadata: {name: nomount},"
            + " automountServiceAccountToken: false}");
    for (String account : List.of("default", "mount", "nomount")) {
      for (String own : List.of("", "true", "false")) {
        String name = "pod-" + account + "-" + own + "x";
        TestPod pod =
            TestPod.sleeping(name)
                .spec("{schedulerName: nobody, serviceAccountName: " + account + "}");
        if (!own.isEmpty()) {
          pod.spec("{automountServiceAccountToken: " + own + "}");
        }
        boolean mounts = own.isEmpty() ? !account.equals("nomount") : own.equals("true");
        assertThat(
                space
                    .create(pod.json())
                    .at("/spec/containers/0/volumeMounts")
                    .findValuesAsText("mountPath")
                    .contains("/var/run/secrets/kubernetes.io/serviceaccount"))
            .as(name)
            .isEqualTo(mounts);
      }
    }
  }

  @Test
  @DisplayName(
      "[sig-auth] ServiceAccounts should mount projected service account token [Conformance]")
  void projected(Space space) {
    TestPod pod =
        new TestPod("main")
            .volume(
                "t",
                "{projected: {sources: [{serviceAccountToken: {path: test-token, expirationSeconds:"
                    + " 3600, audience: test}}]}}",
                "/test-volume")
            .script("cat /test-volume/test-token");
    String token = space.run(pod).strip();
    JsonNode claims = Json.parse(Base64.getUrlDecoder().decode(token.split("\\.")[1]));
    assertThat(text(claims, "/aud/0")).isEqualTo("test");
    assertThat(text(claims, "/kubernetes.io/pod/name")).isEqualTo("main");
    assertThat(claims.path("exp").asLong() - claims.path("iat").asLong()).isBetween(3000L, 3700L);
  }

  @Test
  @DisplayName(
      "[sig-auth] ServiceAccounts should create a serviceAccountToken and ensure a successful"
          + " TokenReview [Conformance]")
  void token(Space space) {
    space.create("{apiVersion: v1, kind: ServiceAccount, metadata: {name: own}}");
    JsonNode token =
        space
            .send(
                "POST",
                space.path("serviceaccounts", "own") + "/token",
                Manifest.parse(
                    "{apiVersion: authentication.k8s.io/v1, kind: TokenRequest, spec:"
                        + " {expirationSeconds: 3600}}"))
            .ok();
    assertThat(text(token, "/status/expirationTimestamp")).isNotEmpty();
    JsonNode review =
        space.create(
            "{apiVersion: authentication.k8s.io/v1, kind: TokenReview, spec: {token: %s}}"
                .formatted(text(token, "/status/token")));
    assertThat(review.at("/status/authenticated").asBoolean()).isTrue();
    assertThat(text(review, "/status/error")).isEmpty();
    assertThat(text(review, "/status/user/username"))
        .isEqualTo("system:serviceaccount:" + space.namespace() + ":own");
  }

  @Test
  @DisplayName(
      "[sig-auth] ServiceAccounts should run through the lifecycle of a ServiceAccount"
          + " [Conformance]")
  void lifecycle(Space space) {
    try (Watcher watcher = space.watch("serviceaccounts", "&labelSelector=set%3Dx")) {
      space.create(
          "{apiVersion: v1, kind: ServiceAccount, metadata: {name: own, labels: {set: x}}}");
      watcher.expect("ADDED", "own");
      space.strategic("serviceaccounts", "own", "{automountServiceAccountToken: false}");
      watcher.expect("MODIFIED", "own");
      assertThat(Space.items(space.api().get("/api/v1/serviceaccounts?labelSelector=set%3Dx").ok()))
          .isNotEmpty();
      space.deleteAll("serviceaccounts", "set=x");
      watcher.expect("DELETED", "own");
    }
  }

  @Test
  @DisplayName("[sig-auth] ServiceAccounts should update a ServiceAccount [Conformance]")
  void update(Space space) {
    space.create(
        "{apiVersion: v1, kind: ServiceAccount, metadata: {name: own},"
            + " automountServiceAccountToken: false}");
    space.edit("serviceaccounts", "own", a -> a.put("automountServiceAccountToken", true));
    assertThat(space.get("serviceaccounts", "own").path("automountServiceAccountToken").asBoolean())
        .isTrue();
  }

  @Test
  @DisplayName(
      "[sig-auth] ServiceAccounts ServiceAccountIssuerDiscovery should support OIDC discovery of"
          + " service account issuer [Conformance]")
  void issuer(Space space) throws GeneralSecurityException {
    String account = "system:serviceaccount:" + space.namespace() + ":default";
    Api as =
        space
            .api()
            .with(
                Map.of("Impersonate-User", account, "Impersonate-Group", "system:serviceaccounts"));
    JsonNode document = as.get("/.well-known/openid-configuration").ok();
    assertThat(text(document, "/issuer")).isNotEmpty();
    assertThat(text(document, "/jwks_uri")).startsWith("https://").endsWith("/openid/v1/jwks");
    assertThat(document.path("response_types_supported").toString()).contains("id_token");
    assertThat(document.path("subject_types_supported").toString()).contains("public");
    JsonNode keys = as.get("/openid/v1/jwks").ok();
    String token =
        space
            .run(
                new TestPod("main")
                    .volume(
                        "t",
                        "{projected: {sources: [{serviceAccountToken: {path: token, audience:"
                            + " oidc-discovery-test}}]}}",
                        "/var/run/secrets/tokens")
                    .script("cat /var/run/secrets/tokens/token"))
            .strip();
    String[] parts = token.split("\\.");
    JsonNode head = Json.parse(Base64.getUrlDecoder().decode(parts[0]));
    assertThat(document.path("id_token_signing_alg_values_supported").toString())
        .contains(text(head, "/alg"));
    JsonNode key = keyOf(keys, text(head, "/kid"));
    assertThat(text(key, "/use")).isEqualTo("sig");
    assertThat(text(key, "/alg")).isEqualTo(text(head, "/alg"));
    assertThat(isSigned(parts, key)).as("the key that is published verifies the token").isTrue();
    JsonNode claims = Json.parse(Base64.getUrlDecoder().decode(parts[1]));
    assertThat(text(claims, "/iss")).isEqualTo(text(document, "/issuer"));
    assertThat(text(claims, "/sub")).isEqualTo(account);
    assertThat(text(claims, "/aud/0")).isEqualTo("oidc-discovery-test");
  }

  private static JsonNode keyOf(JsonNode keys, String id) {
    for (JsonNode key : keys.path("keys")) {
      if (text(key, "/kid").equals(id)) {
        return key;
      }
    }
    throw new AssertionError("no key " + id + " in " + keys);
  }

  /** RS256 or ES256 (RFC 7518). */
  private static boolean isSigned(String[] token, JsonNode key) throws GeneralSecurityException {
    boolean rsa = text(key, "/kty").equals("RSA");
    Signature signature =
        Signature.getInstance(rsa ? "SHA256withRSA" : "SHA256withECDSAinP1363Format");
    signature.initVerify(rsa ? rsa(key) : curve(key));
    signature.update((token[0] + "." + token[1]).getBytes(StandardCharsets.US_ASCII));
    return signature.verify(Base64.getUrlDecoder().decode(token[2]));
  }

  private static BigInteger number(JsonNode key, String name) {
    return new BigInteger(1, Base64.getUrlDecoder().decode(text(key, name)));
  }

  private static PublicKey rsa(JsonNode key) throws GeneralSecurityException {
    return KeyFactory.getInstance("RSA")
        .generatePublic(new RSAPublicKeySpec(number(key, "/n"), number(key, "/e")));
  }

  private static PublicKey curve(JsonNode key) throws GeneralSecurityException {
    AlgorithmParameters curve = AlgorithmParameters.getInstance("EC");
    curve.init(new ECGenParameterSpec("secp256r1"));
    return KeyFactory.getInstance("EC")
        .generatePublic(
            new ECPublicKeySpec(
                new ECPoint(number(key, "/x"), number(key, "/y")),
                curve.getParameterSpec(ECParameterSpec.class)));
  }

  @Test
  @DisplayName("[sig-auth] SubjectReview should support SubjectReview API operations [Conformance]")
  void reviews(Space space) {
    String name = "e2e";
    String uid =
        text(
            space.create(
                "{apiVersion: v1, kind: ServiceAccount, metadata: {name: %s}}".formatted(name)),
            "/metadata/uid");
    String user = "system:serviceaccount:" + space.namespace() + ":" + name;
    String spec =
        """
        {user: '%s', uid: '%s', groups: [system:authenticated, system:serviceaccounts, 'system:serviceaccounts:%s'],
         resourceAttributes: {verb: list, resource: configmaps, namespace: %3$s, version: v1}}
        """
            .formatted(user, uid, space.namespace())
            .strip();
    Api as =
        space
            .api()
            .with(
                Map.of(
                    "Impersonate-User",
                    user,
                    "Impersonate-Uid",
                    uid,
                    "Impersonate-Group",
                    "system:serviceaccounts"));
    String maps = space.path("configmaps");
    assertThat(allowed(space, "SubjectAccessReview, ", spec)).isFalse();
    assertThat(allowed(space, local(space), spec)).isFalse();
    as.get(maps).refused(403);
    space.create(
        "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: view}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}, subjects: [{kind: ServiceAccount, name: %s, namespace: %s}]}"
            .formatted(name, space.namespace()));
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> allowed(space, local(space), spec));
    assertThat(allowed(space, "SubjectAccessReview, ", spec)).isTrue();
    as.get(maps).ok();
  }

  private static String local(Space space) {
    return "LocalSubjectAccessReview, metadata: {namespace: " + space.namespace() + "}, ";
  }

  private static boolean allowed(Space space, String kind, String spec) {
    return space
        .create("{apiVersion: authorization.k8s.io/v1, kind: " + kind + "spec: " + spec + "}")
        .at("/status/allowed")
        .asBoolean();
  }
}
