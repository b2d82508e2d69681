package dev.coracle.apiserver.internal.structured;

import dev.coracle.apiserver.internal.authn.Authenticator;
import dev.coracle.apiserver.internal.authn.OidcTokens;
import dev.coracle.apiserver.internal.http.RemoteJson;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Knows the tokens of the issuers that an AuthenticationConfiguration names now. */
public final class StructuredAuthentication implements Authenticator, AutoCloseable {

  private record Current(
      List<OidcTokens> issuers, List<RemoteJson> clients, AuthenticationFile.Anonymous anonymous) {}

  private final Reloaded<Current> file;

  /**
   * @param own the issuer of service account tokens
   * @param anonymous whether requests without credentials are let in, where that is said beside the
   *     file; null where it is not
   * @throws IllegalStateException naming the file and what is wrong in it
   */
  public StructuredAuthentication(
      Vertx vertx,
      Path path,
      String own,
      @Nullable Boolean anonymous,
      Clock clock,
      MeterRegistry meters) {
    file =
        new Reloaded<>(
            path,
            AuthenticationFile.KIND,
            yaml -> current(vertx, AuthenticationFile.parse(yaml, own, anonymous), clock),
            old -> old.clients.forEach(RemoteJson::retire),
            meters,
            "apiserver_authentication_config_controller",
            clock);
  }

  private static Current current(Vertx vertx, AuthenticationFile file, Clock clock) {
    List<OidcTokens> issuers = new ArrayList<>();
    List<RemoteJson> clients = new ArrayList<>();
    for (AuthenticationFile.Issuer issuer : file.issuers()) {
      RemoteJson client =
          issuer.authorities().isEmpty()
              ? RemoteJson.trusting(vertx, (Path) null)
              : RemoteJson.trusting(vertx, issuer.authorities());
      clients.add(client);
      issuers.add(new OidcTokens(issuer.issuer(), client, clock));
    }
    return new Current(List.copyOf(issuers), List.copyOf(clients), file.anonymous());
  }

  @Override
  public Uni<Optional<Result>> authenticate(String token, List<String> audiences) {
    Uni<Optional<Result>> found = Uni.createFrom().item(Optional.empty());
    for (OidcTokens issuer : file.now().issuers) {
      found =
          found.chain(f ->
              f.isPresent() ? Uni.createFrom().item(f) : issuer.authenticate(token, audiences));
    }
    return found;
  }

  /** Whether requests without credentials are let in at this path. */
  public boolean anonymousAt(String path) {
    return file.now().anonymous.at(path);
  }

  @Override
  public void close() {
    file.close();
  }
}
