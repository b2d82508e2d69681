package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.Timestamps;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Objects;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

/** What machines that join can read and trust. */
class JoiningTest {

  private final Cluster c = new Cluster();

  private void server(String ip) {
    if (c.api.peek(Resources.ENDPOINTS, "default", "kubernetes") != null) {
      c.api.remove(Resources.ENDPOINTS, "default", "kubernetes");
    }
    c.create(
        Resources.ENDPOINTS,
        """
        {"apiVersion":"v1","kind":"Endpoints",
         "metadata":{"namespace":"default","name":"kubernetes"},
         "subsets":[{"addresses":[{"ip":"%s"}],"ports":[{"name":"https","port":6443}]}]}\
        """
            .formatted(ip));
  }

  private void token(Duration life) {
    token("0123456789abcdef", life);
  }

  private void token(String word, Duration life) {
    Instant end = c.context.clock().instant().plus(life);
    c.create(
        Resources.SECRETS,
        """
        {"apiVersion":"v1","kind":"Secret","type":"bootstrap.kubernetes.io/token",
         "metadata":{"namespace":"kube-system","name":"bootstrap-token-abcdef"},
         "data":{"token-id":"%s","token-secret":"%s","usage-bootstrap-signing":"%s",
          "expiration":"%s"}}\
        """
            .formatted(
                base64("abcdef"), base64(word), base64("true"), base64(Timestamps.time(end))));
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private KubeObject info() {
    return Objects.requireNonNull(c.api.peek(Resources.CONFIG_MAPS, "kube-public", "cluster-info"));
  }

  @Test
  void clusterInfoNamesTheServerAndFollowsIt() {
    server("10.0.0.1");
    assertThat(info().text("data", "kubeconfig"))
        .contains("server: https://10.0.0.1:6443", "certificate-authority-data: UEVN");
    server("10.0.0.9");
    assertThat(info().text("data", "kubeconfig")).contains("server: https://10.0.0.9:6443");
  }

  @Test
  void everyTokenSignsItUntilTheTokenEnds() throws Exception {
    server("10.0.0.1");
    token(Duration.ofHours(1));
    String jws = info().text("data", "jws-kubeconfig-abcdef");
    String[] parts = jws.split("\\.", -1);
    assertThat(parts).hasSize(3);
    assertThat(parts[1]).isEmpty();
    assertThat(new String(Base64.getUrlDecoder().decode(parts[0]), StandardCharsets.UTF_8))
        .isEqualTo("{\"alg\":\"HS256\",\"kid\":\"abcdef\"}");
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec("0123456789abcdef".getBytes(StandardCharsets.UTF_8), "any"));
    String payload =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(info().text("data", "kubeconfig").getBytes(StandardCharsets.UTF_8));
    byte[] sum = mac.doFinal((parts[0] + "." + payload).getBytes(StandardCharsets.UTF_8));
    assertThat(Base64.getUrlDecoder().decode(parts[2])).isEqualTo(sum);
    c.pass(Duration.ofMinutes(61));
    assertThat(c.api.all(Resources.SECRETS)).as("the token was deleted").isEmpty();
    assertThat(info().at("data").has("jws-kubeconfig-abcdef")).isFalse();
    assertThat(info().at("data").has("kubeconfig")).isTrue();
  }

  /** As upstream's signer, which signs what it finds. */
  @Test
  void aKubeconfigThatSomebodyChangedIsKeptAndSigned() {
    server("10.0.0.1");
    token(Duration.ofHours(1));
    String before = info().text("data", "kubeconfig");
    String signature = info().text("data", "jws-kubeconfig-abcdef");
    String after = before.replace("10.0.0.1:6443", "api.example:443");
    write(after);
    assertThat(info().text("data", "kubeconfig")).isEqualTo(after);
    assertThat(info().text("data", "jws-kubeconfig-abcdef")).isNotEqualTo(signature);
    server("10.0.0.9");
    assertThat(info().text("data", "kubeconfig")).isEqualTo(after);
    write(before);
    assertThat(info().text("data", "kubeconfig")).contains("server: https://10.0.0.9:6443");
  }

  private void write(String kubeconfig) {
    c.api.put(
        Resources.CONFIG_MAPS,
        info().with(o -> ((ObjectNode) o.path("data")).put("kubeconfig", kubeconfig)));
    c.context.runUntilIdle();
  }

  /** As upstream's signer, which leaves the secret's form to who authenticates with it. */
  @Test
  void tokensOfAnyNonemptySecretSign() {
    server("10.0.0.1");
    token("tokenSecret", Duration.ofHours(1));
    assertThat(info().at("data").has("jws-kubeconfig-abcdef")).isTrue();
  }

  @Test
  void tokensWithoutASecretDoNot() {
    server("10.0.0.1");
    token("", Duration.ofHours(1));
    assertThat(info().at("data").has("jws-kubeconfig-abcdef")).isFalse();
  }
}
