package dev.coracle.apiserver.internal.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.file.FileWatch;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.PemKeyCertOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a kubeconfig's user shows: a client certificate, a token, or a name and a password. A token
 * that stands in a file is read again when that changes. Safe on any thread.
 */
public final class RemoteCredentials implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(RemoteCredentials.class);

  /** Of a user, as kubectl knows them; who shows something else than is meant is refused. */
  private static final List<String> UNSUPPORTED =
      List.of("exec", "auth-provider", "as", "as-uid", "as-groups", "as-user-extra");

  public static final RemoteCredentials NONE = new RemoteCredentials(null, null);

  private final @Nullable KeyCertOptions identity;
  private volatile @Nullable String authorization;
  private @Nullable FileWatch watch;

  private RemoteCredentials(@Nullable KeyCertOptions identity, @Nullable String authorization) {
    this.identity = identity;
    this.authorization = authorization;
  }

  /**
   * @param user of the kubeconfig
   * @throws IllegalStateException with words for the user
   */
  public static RemoteCredentials of(KubeconfigFile file, JsonNode user) {
    for (String field : UNSUPPORTED) {
      if (user.has(field)) {
        throw new IllegalStateException(
            "the webhook configuration "
                + file.file()
                + " has a user with "
                + field
                + ", which is not supported");
      }
    }
    Buffer certificate = file.content(user, "client-certificate");
    Buffer key = file.content(user, "client-key");
    if (certificate == null != (key == null)) {
      throw new IllegalStateException(
          "the webhook configuration "
              + file.file()
              + " has a user with one of client-certificate and client-key; both are needed");
    }
    KeyCertOptions identity =
        certificate == null
            ? null
            : new PemKeyCertOptions().addCertValue(certificate).addKeyValue(key);
    String token = user.path("token").asText("");
    String tokenFile = user.path("tokenFile").asText("");
    String name = user.path("username").asText("");
    String password = user.path("password").asText("");
    boolean bearer = !token.isEmpty() || !tokenFile.isEmpty();
    boolean basic = !name.isEmpty() || !password.isEmpty();
    if (bearer && basic) {
      throw new IllegalStateException(
          "the webhook configuration "
              + file.file()
              + ": username/password or bearer token may be set, but not both");
    }
    if (basic) {
      byte[] both = (name + ":" + password).getBytes(StandardCharsets.UTF_8);
      return new RemoteCredentials(identity, "Basic " + Base64.getEncoder().encodeToString(both));
    }
    if (!token.isEmpty()) {
      return new RemoteCredentials(identity, "Bearer " + token);
    }
    RemoteCredentials out = new RemoteCredentials(identity, null);
    if (!tokenFile.isEmpty()) {
      out.follow(file.beside(tokenFile));
    }
    return out;
  }

  private void follow(Path token) {
    try {
      watch = FileWatch.file(token, () -> look(token));
      authorization = bearer(token);
    } catch (IOException e) {
      close();
      throw new IllegalStateException("cannot read the token " + token, e);
    }
  }

  private static String bearer(Path token) throws IOException {
    return "Bearer " + Files.readString(token).trim();
  }

  private void look(Path token) {
    try {
      authorization = bearer(token);
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("file", token)
          .addKeyValue("why", e.getMessage())
          .log("A token cannot be read; the former one stays");
    }
  }

  /** The header's value; null for none. */
  public @Nullable String authorization() {
    return authorization;
  }

  public @Nullable KeyCertOptions identity() {
    return identity;
  }

  @Override
  public void close() {
    FileWatch following = watch;
    if (following != null) {
      following.close();
    }
  }
}
