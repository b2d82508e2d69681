package dev.coracle.apiserver.internal;

import dev.coracle.apiserver.config.OidcOptions;
import dev.coracle.apiserver.config.SecurityOptions;
import dev.coracle.apiserver.config.WebhookOptions;
import dev.coracle.apiserver.internal.authn.Authenticator;
import dev.coracle.apiserver.internal.authn.JwtIssuer;
import dev.coracle.apiserver.internal.authn.OidcTokens;
import dev.coracle.apiserver.internal.authn.WebhookTokens;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.authz.CountedAuthorizer;
import dev.coracle.apiserver.internal.authz.WebhookAuthorizer;
import dev.coracle.apiserver.internal.authz.WebhookSettings;
import dev.coracle.apiserver.internal.http.RemoteJson;
import dev.coracle.apiserver.internal.structured.StructuredAuthentication;
import dev.coracle.apiserver.internal.structured.StructuredAuthorization;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Whoever outside is asked about users and rights, where the options name them. */
final class Remotes implements AutoCloseable {

  private final List<Runnable> open = new ArrayList<>();
  private final List<Authenticator> authenticators = new ArrayList<>();
  private final Authorizer authorizer;
  private Predicate<String> anonymousAt = _ -> true;

  /**
   * @param issuer of service account tokens
   * @throws IllegalStateException with words for the user
   */
  Remotes(
      Vertx vertx,
      SecurityOptions options,
      String issuer,
      Authorizer nodes,
      Authorizer rbac,
      Clock clock,
      MeterRegistry meters) {
    try {
      authenticators(vertx, options, issuer, clock, meters);
      authorizer = authorizer(vertx, options, nodes, rbac, clock, meters);
    } catch (IllegalStateException e) {
      close();
      throw e;
    }
  }

  private void authenticators(
      Vertx vertx, SecurityOptions options, String issuer, Clock clock, MeterRegistry meters) {
    OidcOptions oidc = options.oidc();
    Boolean anonymous = options.authentication().anonymous();
    anonymousAt = _ -> !Boolean.FALSE.equals(anonymous);
    Path file = options.authentication().config();
    if (file != null) {
      if (oidc.enabled()) {
        throw new IllegalStateException(
            "--authentication-config and --oidc-issuer-url exclude one another");
      }
      StructuredAuthentication made =
          new StructuredAuthentication(vertx, file, issuer, anonymous, clock, meters);
      open.add(made::close);
      authenticators.add(made);
      anonymousAt = made::anonymousAt;
    }
    if (oidc.enabled()) {
      JwtIssuer flags = JwtIssuer.of(oidc);
      authenticators.add(
          new OidcTokens(flags, keep(RemoteJson.trusting(vertx, oidc.caFile())), clock));
    }
    WebhookOptions webhooks = options.webhooks();
    Path tokens = webhooks.authentication();
    if (tokens != null) {
      authenticators.add(
          new WebhookTokens(
              keep(RemoteJson.ofKubeconfig(vertx, tokens)), webhooks.tokenTtl(), clock));
    }
  }

  private Authorizer authorizer(
      Vertx vertx,
      SecurityOptions options,
      Authorizer nodes,
      Authorizer rbac,
      Clock clock,
      MeterRegistry meters) {
    Path rights = options.webhooks().authorization();
    Path file = options.authorizationConfig();
    if (file != null) {
      if (rights != null) {
        throw new IllegalStateException(
            "--authorization-config and --authorization-webhook-config-file exclude one another");
      }
      StructuredAuthorization made =
          new StructuredAuthorization(vertx, file, nodes, rbac, clock, meters);
      open.add(made::close);
      return made;
    }
    List<Authorizer> chain = new ArrayList<>();
    chain.add(new CountedAuthorizer(nodes, "Node", "node", meters));
    chain.add(new CountedAuthorizer(rbac, "RBAC", "rbac", meters));
    if (rights != null) {
      WebhookSettings settings = WebhookSettings.of(options.webhooks());
      RemoteJson remote = keep(RemoteJson.ofKubeconfig(vertx, rights));
      chain.add(
          new CountedAuthorizer(
              new WebhookAuthorizer(remote, settings, clock, meters),
              "Webhook",
              settings.name(),
              meters));
    }
    return Authorizer.chain(chain);
  }

  private RemoteJson keep(RemoteJson remote) {
    open.add(remote::close);
    return remote;
  }

  List<Authenticator> authenticators() {
    return authenticators;
  }

  /** Whether requests without credentials are let in at a path. */
  Predicate<String> anonymousAt() {
    return anonymousAt;
  }

  Authorizer authorizer() {
    return authorizer;
  }

  @Override
  public void close() {
    open.forEach(Runnable::run);
    open.clear();
  }
}
