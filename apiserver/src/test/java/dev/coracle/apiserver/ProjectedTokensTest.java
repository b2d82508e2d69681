package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Which tokens that somebody asks for are good for longer than asked (ADR 0301). */
@ExtendWith(OwnServer.class)
class ProjectedTokensTest {

  private static final String DEFAULT = "/api/v1/namespaces/default/";
  private static final String OF_POD = ", boundObjectRef: {apiVersion: v1, kind: Pod, name: p}";
  private static final long YEAR = 365 * 24 * 60 * 60;

  private static TestApi api;

  @BeforeAll
  static void start(TestApi ofOwnServer) {
    api = ofOwnServer;
    api.post(DEFAULT + "serviceaccounts", "{metadata: {name: a}}").ok();
    api.post(
            DEFAULT + "pods",
            "{metadata: {name: p}, spec: {serviceAccountName: a, containers: [{name: c, image: i}]}}")
        .ok();
  }

  private static JsonNode status(String spec) {
    return api.post(
            DEFAULT + "serviceaccounts/a/token",
            "{apiVersion: authentication.k8s.io/v1, kind: TokenRequest, spec: {" + spec + "}}")
        .ok()
        .body()
        .path("status");
  }

  private static JsonNode claims(JsonNode status) {
    return Json.parse(Base64.getUrlDecoder().decode(status.path("token").asText().split("\\.")[1]));
  }

  private static long seconds(JsonNode claims) {
    return claims.path("exp").asLong() - claims.path("iat").asLong();
  }

  @Test
  void whatEveryPodIsGivenIsGoodForAYearAndSaysWhenItIsStale() {
    JsonNode status = status("expirationSeconds: 3607" + OF_POD);
    JsonNode claims = claims(status);
    assertThat(seconds(claims)).isEqualTo(YEAR);
    assertThat(claims.at("/kubernetes.io/warnafter").asLong())
        .isEqualTo(Instant.parse(status.path("expirationTimestamp").asText()).getEpochSecond())
        .isEqualTo(claims.path("iat").asLong() + 3607);
  }

  @Test
  void othersAreGoodForAsLongAsAsked() {
    for (String spec :
        new String[] {
          "expirationSeconds: 3607",
          "expirationSeconds: 3600" + OF_POD,
          "audiences: [elsewhere], expirationSeconds: 3607" + OF_POD
        }) {
      JsonNode claims = claims(status(spec));
      assertThat(seconds(claims)).as(spec).isBetween(3600L, 3607L);
      assertThat(claims.path("kubernetes.io").has("warnafter")).as(spec).isFalse();
    }
  }

  @Test
  void itIsSaidSinceWhenTheUseOfTokensInSecretsIsWrittenDown() {
    JsonNode tracking =
        api.get(
                "/api/v1/namespaces/kube-system/configmaps/"
                    + "kube-apiserver-legacy-service-account-token-tracking")
            .ok()
            .body();
    assertThat(tracking.at("/data/since").asText()).matches("\\d{4}-\\d{2}-\\d{2}");
  }
}
