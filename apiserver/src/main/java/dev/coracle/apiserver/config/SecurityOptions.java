package dev.coracle.apiserver.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What an administrator may turn on beside the defaults.
 *
 * @param audit what is recorded of requests
 * @param encryption how values are stored; null: as they are
 * @param oidc whose ID tokens are accepted
 * @param webhooks who is asked about tokens and rights
 * @param authentication who is let in
 * @param authorizationConfig an AuthorizationConfiguration of apiserver.config.k8s.io/v1; null:
 *     Node, RBAC and the webhook, if there is one
 * @param signingEndpoint the UNIX socket of an {@code ExternalJWTSigner}, which signs service
 *     account tokens; null: the cluster's own key does
 * @param tracingConfig a TracingConfiguration of apiserver.config.k8s.io/v1; null: no traces
 * @param admission which admission plugins look at writes
 * @param tls how TLS is spoken
 */
public record SecurityOptions(
    AuditOptions audit,
    @Nullable EncryptionOptions encryption,
    OidcOptions oidc,
    WebhookOptions webhooks,
    AuthenticationOptions authentication,
    @Nullable Path authorizationConfig,
    @Nullable Path signingEndpoint,
    @Nullable Path tracingConfig,
    AdmissionOptions admission,
    TlsOptions tls) {

  public SecurityOptions(
      AuditOptions audit,
      @Nullable EncryptionOptions encryption,
      OidcOptions oidc,
      WebhookOptions webhooks) {
    this(
        audit,
        encryption,
        oidc,
        webhooks,
        AuthenticationOptions.DEFAULT,
        null,
        null,
        null,
        AdmissionOptions.DEFAULT,
        TlsOptions.DEFAULT);
  }

  public static final SecurityOptions DEFAULT =
      new SecurityOptions(AuditOptions.NONE, null, OidcOptions.NONE, WebhookOptions.NONE);

  public SecurityOptions withAudit(AuditOptions options) {
    return new SecurityOptions(
        options,
        encryption,
        oidc,
        webhooks,
        authentication,
        authorizationConfig,
        signingEndpoint,
        tracingConfig,
        admission,
        tls);
  }

  public SecurityOptions withAuthentication(AuthenticationOptions options) {
    return new SecurityOptions(
        audit,
        encryption,
        oidc,
        webhooks,
        options,
        authorizationConfig,
        signingEndpoint,
        tracingConfig,
        admission,
        tls);
  }

  /**
   * @param file an AuthorizationConfiguration
   */
  public SecurityOptions withAuthorization(Path file) {
    return new SecurityOptions(
        audit,
        encryption,
        oidc,
        webhooks,
        authentication,
        file,
        signingEndpoint,
        tracingConfig,
        admission,
        tls);
  }

  /**
   * @param socket of who signs service account tokens
   */
  public SecurityOptions withSigningEndpoint(Path socket) {
    return new SecurityOptions(
        audit,
        encryption,
        oidc,
        webhooks,
        authentication,
        authorizationConfig,
        socket,
        tracingConfig,
        admission,
        tls);
  }

  /**
   * @param file a TracingConfiguration
   */
  public SecurityOptions withTracing(Path file) {
    return new SecurityOptions(
        audit,
        encryption,
        oidc,
        webhooks,
        authentication,
        authorizationConfig,
        signingEndpoint,
        file,
        admission,
        tls);
  }

  public SecurityOptions withAdmission(AdmissionOptions options) {
    return new SecurityOptions(
        audit,
        encryption,
        oidc,
        webhooks,
        authentication,
        authorizationConfig,
        signingEndpoint,
        tracingConfig,
        options,
        tls);
  }

  public SecurityOptions withTls(TlsOptions options) {
    return new SecurityOptions(
        audit,
        encryption,
        oidc,
        webhooks,
        authentication,
        authorizationConfig,
        signingEndpoint,
        tracingConfig,
        admission,
        options);
  }
}
