package dev.coracle.launcher.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.launcher.UserErrorException;
import dev.coracle.launcher.agent.JoinTokens.Kind;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Base64;
import org.junit.jupiter.api.Test;

/** Tokens as the Secrets that the API server and kubeadm's tools know. */
class JoinTokensTest {

  private final FakeClient api = new FakeClient();
  private final JoinTokens tokens =
      new JoinTokens(
          api,
          Clock.fixed(Instant.parse("2026-01-01T00:00:00Z"), ZoneOffset.UTC),
          new SecureRandom());

  private String data(String id, String key) {
    KubeObject secret =
        api.get(Resources.SECRETS, "kube-system", "bootstrap-token-" + id).await().indefinitely();
    assertThat(secret.text("type")).isEqualTo("bootstrap.kubernetes.io/token");
    return new String(Base64.getDecoder().decode(secret.text("data", key)), StandardCharsets.UTF_8);
  }

  @Test
  void aTokenIsASecretThatEnds() {
    String token = tokens.create(Kind.NODE, Duration.ofHours(24), "the shop").token();
    assertThat(token).matches("[a-z0-9]{6}\\.[a-z0-9]{16}");
    String id = token.substring(0, 6);
    assertThat(data(id, "token-secret")).isEqualTo(token.substring(7));
    assertThat(data(id, "expiration")).isEqualTo("2026-01-02T00:00:00Z");
    assertThat(data(id, "usage-bootstrap-authentication")).isEqualTo("true");
    assertThat(data(id, "description")).isEqualTo("the shop");
  }

  /** It signs nothing that nodes would find the cluster by, and the list tells it apart. */
  @Test
  void aTokenForAServerIsOfItsOwnKind() {
    tokens.create(Kind.NODE, Duration.ZERO, "");
    String id = JoinTokens.id(tokens.create(Kind.SERVER, Duration.ofHours(2), "").token());
    assertThat(data(id, "auth-extra-groups")).isEqualTo("system:bootstrappers:coracle:servers");
    assertThat(data(id, "usage-bootstrap-signing")).isEmpty();
    assertThat(tokens.list())
        .extracting(JoinTokens.Known::kind)
        .containsExactlyInAnyOrder(Kind.NODE, Kind.SERVER);
  }

  @Test
  void deletingTakesTheIdOrTheWholeToken() {
    String one = tokens.create(Kind.NODE, Duration.ZERO, "").token();
    String two = tokens.create(Kind.NODE, Duration.ZERO, "").token();
    tokens.delete(one);
    tokens.delete(two.substring(0, 6));
    assertThatThrownBy(() -> tokens.delete(one))
        .isInstanceOf(UserErrorException.class)
        .hasMessageContaining("no token with the id");
  }
}
