package dev.coracle.apiserver.internal;

import dev.coracle.apiserver.config.OidcOptions;
import dev.coracle.apiserver.config.SecurityOptions;
import dev.coracle.apiserver.config.WebhookOptions;
import dev.coracle.apiserver.internal.authn.Authenticator;
import dev.coracle.apiserver.internal.authn.OidcTokens;
import dev.coracle.apiserver.internal.authn.WebhookTokens;
import dev.coracle.apiserver.internal.authz.WebhookAuthorizer;
import dev.coracle.apiserver.internal.http.RemoteJson;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whoever outside is asked about users and rights, where the options name them. */
final class Remotes implements AutoCloseable {

  private final List<RemoteJson> open = new ArrayList<>();
  private final List<Authenticator> authenticators = new ArrayList<>();
  private final @Nullable WebhookAuthorizer authorizer;

  Remotes(Vertx vertx, SecurityOptions options, Clock clock) {
    OidcOptions oidc = options.oidc();
    if (oidc.enabled()) {
      authenticators.add(
          new OidcTokens(oidc, keep(RemoteJson.trusting(vertx, oidc.caFile())), clock));
    }
    WebhookOptions webhooks = options.webhooks();
    Path tokens = webhooks.authentication();
    if (tokens != null) {
      authenticators.add(
          new WebhookTokens(
              keep(RemoteJson.ofKubeconfig(vertx, tokens)), webhooks.tokenTtl(), clock));
    }
    Path rights = webhooks.authorization();
    authorizer =
        rights == null
            ? null
            : new WebhookAuthorizer(
                keep(RemoteJson.ofKubeconfig(vertx, rights)),
                webhooks.authorizedTtl(),
                webhooks.unauthorizedTtl(),
                clock);
  }

  private RemoteJson keep(RemoteJson remote) {
    open.add(remote);
    return remote;
  }

  List<Authenticator> authenticators() {
    return authenticators;
  }

  @Nullable WebhookAuthorizer authorizer() {
    return authorizer;
  }

  @Override
  public void close() {
    open.forEach(RemoteJson::close);
  }
}
