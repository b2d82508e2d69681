package dev.coracle.apiserver.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What an administrator may turn on beside the defaults.
 *
 * @param audit what is recorded of requests
 * @param encryptionConfig an EncryptionConfiguration of apiserver.config.k8s.io/v1; null: values
 *     are stored as they are
 * @param oidc whose ID tokens are accepted
 * @param webhooks who is asked about tokens and rights
 * @param authenticationConfig an AuthenticationConfiguration of apiserver.config.k8s.io/v1, in
 *     place of {@code oidc}; null: none
 * @param authorizationConfig an AuthorizationConfiguration of apiserver.config.k8s.io/v1; null:
 *     Node, RBAC and the webhook, if there is one
 * @param signingEndpoint the UNIX socket of an {@code ExternalJWTSigner}, which signs service
 *     account tokens; null: the cluster's own key does
 * @param tracingConfig a TracingConfiguration of apiserver.config.k8s.io/v1; null: no traces
 * @param admission which admission plugins look at writes
 */
public record SecurityOptions(
    AuditOptions audit,
    @Nullable Path encryptionConfig,
    OidcOptions oidc,
    WebhookOptions webhooks,
    @Nullable Path authenticationConfig,
    @Nullable Path authorizationConfig,
    @Nullable Path signingEndpoint,
    @Nullable Path tracingConfig,
    AdmissionOptions admission) {

  public SecurityOptions(
      AuditOptions audit,
      @Nullable Path encryptionConfig,
      OidcOptions oidc,
      WebhookOptions webhooks) {
    this(audit, encryptionConfig, oidc, webhooks, null, null, null, null, AdmissionOptions.DEFAULT);
  }

  public static final SecurityOptions DEFAULT =
      new SecurityOptions(AuditOptions.NONE, null, OidcOptions.NONE, WebhookOptions.NONE);

  public SecurityOptions withAudit(AuditOptions options) {
    return new SecurityOptions(
        options,
        encryptionConfig,
        oidc,
        webhooks,
        authenticationConfig,
        authorizationConfig,
        signingEndpoint,
        tracingConfig,
        admission);
  }

  /**
   * @param authentication an AuthenticationConfiguration; null: none
   * @param authorization an AuthorizationConfiguration; null: none
   */
  public SecurityOptions withConfigs(@Nullable Path authentication, @Nullable Path authorization) {
    return new SecurityOptions(
        audit,
        encryptionConfig,
        oidc,
        webhooks,
        authentication,
        authorization,
        signingEndpoint,
        tracingConfig,
        admission);
  }

  /**
   * @param socket of who signs service account tokens
   */
  public SecurityOptions withSigningEndpoint(Path socket) {
    return new SecurityOptions(
        audit,
        encryptionConfig,
        oidc,
        webhooks,
        authenticationConfig,
        authorizationConfig,
        socket,
        tracingConfig,
        admission);
  }

  /**
   * @param file a TracingConfiguration
   */
  public SecurityOptions withTracing(Path file) {
    return new SecurityOptions(
        audit,
        encryptionConfig,
        oidc,
        webhooks,
        authenticationConfig,
        authorizationConfig,
        signingEndpoint,
        file,
        admission);
  }

  public SecurityOptions withAdmission(AdmissionOptions options) {
    return new SecurityOptions(
        audit,
        encryptionConfig,
        oidc,
        webhooks,
        authenticationConfig,
        authorizationConfig,
        signingEndpoint,
        tracingConfig,
        options);
  }
}
