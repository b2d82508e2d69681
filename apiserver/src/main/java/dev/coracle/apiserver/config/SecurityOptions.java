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
 */
public record SecurityOptions(
    AuditOptions audit,
    @Nullable Path encryptionConfig,
    OidcOptions oidc,
    WebhookOptions webhooks) {

  public static final SecurityOptions DEFAULT =
      new SecurityOptions(AuditOptions.NONE, null, OidcOptions.NONE, WebhookOptions.NONE);

  public SecurityOptions withAudit(AuditOptions options) {
    return new SecurityOptions(options, encryptionConfig, oidc, webhooks);
  }
}
