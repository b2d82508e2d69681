package dev.coracle.apiserver.internal.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which user of a kubeconfig is for which webhook. */
class WebhookCredentialsTest {

  private static final String USERS =
      """
      users:
      - {name: "hook.shop.svc:8443", user: {token: exact}}
      - {name: "*.shop.svc:8443", user: {token: domain}}
      - {name: "*.svc", user: {token: widest}}
      - {name: "hooks.example", user: {username: jane, password: secret}}
      - {name: someone, user: {token: current}}
      contexts: [{name: x, context: {user: someone}}]
      current-context: x
      """;

  @TempDir private Path dir;

  private WebhookCredentials read(String text) throws IOException {
    return WebhookCredentials.read(Files.writeString(dir.resolve("kubeconfig"), text));
  }

  @ParameterizedTest
  @CsvSource({
    "https://hook.shop.svc:8443/a, Bearer exact",
    "https://other.shop.svc:8443/a, Bearer domain",
    "https://other.shop.svc:443/a, Bearer widest",
    "https://other.shop.svc/a, Bearer widest",
    "https://other.shop.svc:9443/a, Bearer current",
    "https://hooks.example, Basic amFuZTpzZWNyZXQ=",
    "https://a.hooks.example, Bearer current",
  })
  void theNearestNameIsTaken(URI url, String shown) throws Exception {
    assertThat(read(USERS).of(url).authorization()).isEqualTo(shown);
  }

  @Test
  void whoIsForAllOthersGoesBeforeTheCurrentContext() throws Exception {
    WebhookCredentials read = read(USERS.replace("someone, user", "'*', user"));
    assertThat(read.of(URI.create("https://x.example")).authorization())
        .isEqualTo("Bearer current");
    assertThat(WebhookCredentials.read(null).of(URI.create("https://x.example")).authorization())
        .isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{token: a, username: b} | username/password or bearer token may be set, but not both",
        "{client-certificate: a} | cannot read a",
        "{client-certificate-data: YQ==} | one of client-certificate and client-key",
        "{exec: {command: x}} | a user with exec, which is not supported",
        "{tokenFile: nowhere} | cannot read the token",
      })
  void whatIsWrongIsSaid(String user, String words) {
    assertThatIllegalStateException()
        .isThrownBy(() -> read("users: [{name: '*', user: " + user + "}]"))
        .withMessageContaining(words);
  }
}
