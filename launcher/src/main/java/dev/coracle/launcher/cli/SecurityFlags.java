package dev.coracle.launcher.cli;

import dev.coracle.apiserver.config.AdmissionOptions;
import dev.coracle.apiserver.config.AuthenticationOptions;
import dev.coracle.apiserver.config.EncryptionOptions;
import dev.coracle.apiserver.config.OidcOptions;
import dev.coracle.apiserver.config.SecurityOptions;
import dev.coracle.apiserver.config.WebhookOptions;
import dev.coracle.launcher.UserErrorException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What may be turned on in the API server, under kube-apiserver's names. */
final class SecurityFlags {

  @Mixin private final AuditFlags audit = new AuditFlags();
  @Mixin private final TlsFlags tls = new TlsFlags();

  @Option(
      names = "--encryption-provider-config",
      paramLabel = "FILE",
      description =
          "EncryptionConfiguration (apiserver.config.k8s.io/v1): which resources are encrypted in"
              + " the store, and how. Default: none")
  private @Nullable Path encryptionProviderConfig;

  @Option(
      names = "--encryption-provider-config-automatic-reload",
      description =
          "Take up --encryption-provider-config as it changes. All key management services then have"
              + " one line at /healthz, kms-providers.")
  private boolean encryptionReload;

  @Option(
      names = "--oidc-issuer-url",
      paramLabel = "URL",
      defaultValue = "",
      description = "OpenID Connect issuer whose ID tokens are accepted. Default: none")
  private String oidcIssuerUrl = "";

  @Option(
      names = "--oidc-client-id",
      paramLabel = "ID",
      defaultValue = "",
      description = "What must be among the audiences of an ID token.")
  private String oidcClientId = "";

  @Option(
      names = "--oidc-username-claim",
      paramLabel = "CLAIM",
      defaultValue = "sub",
      description = "Claim that is the user's name. Default: ${DEFAULT-VALUE}")
  private String oidcUsernameClaim = "sub";

  @Option(
      names = "--oidc-username-prefix",
      paramLabel = "TEXT",
      defaultValue = "",
      description =
          "Stands before the user's name; '-' for nothing. Default: the issuer and '#', unless the"
              + " claim is email")
  private String oidcUsernamePrefix = "";

  @Option(
      names = "--oidc-groups-claim",
      paramLabel = "CLAIM",
      defaultValue = "",
      description = "Claim that lists the user's groups. Default: none")
  private String oidcGroupsClaim = "";

  @Option(
      names = "--oidc-groups-prefix",
      paramLabel = "TEXT",
      defaultValue = "",
      description = "Stands before the names of groups.")
  private String oidcGroupsPrefix = "";

  @Option(
      names = "--oidc-required-claim",
      paramLabel = "KEY=VALUE",
      split = ",",
      description = "Claims that an ID token must have, with these values.")
  private Map<String, String> oidcRequiredClaims = Map.of();

  @Option(
      names = "--oidc-ca-file",
      paramLabel = "FILE",
      description = "CA certificate of the issuer. Default: those the JVM trusts")
  private @Nullable Path oidcCaFile;

  @Option(
      names = "--oidc-signing-algs",
      paramLabel = "NAME",
      split = ",",
      defaultValue = "RS256",
      description = "How ID tokens may be signed. Default: ${DEFAULT-VALUE}")
  private List<String> oidcSigningAlgorithms = List.of("RS256");

  @Option(
      names = "--authentication-token-webhook-config-file",
      paramLabel = "FILE",
      description = "kubeconfig of a service that is asked about tokens. Default: none")
  private @Nullable Path tokenWebhook;

  @Option(
      names = "--authentication-token-webhook-cache-ttl",
      paramLabel = "SECONDS",
      defaultValue = "120",
      description = "How long its answers are kept. Default: ${DEFAULT-VALUE}")
  private int tokenWebhookTtl;

  @Option(
      names = "--authorization-webhook-config-file",
      paramLabel = "FILE",
      description =
          "kubeconfig of a service that is asked what somebody may when no role says so. Default:"
              + " none")
  private @Nullable Path authorizationWebhook;

  @Option(
      names = "--authorization-webhook-cache-authorized-ttl",
      paramLabel = "SECONDS",
      defaultValue = "300",
      description = "How long its yes is kept. Default: ${DEFAULT-VALUE}")
  private int authorizedTtl;

  @Option(
      names = "--authorization-webhook-cache-unauthorized-ttl",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description = "How long its no is kept. Default: ${DEFAULT-VALUE}")
  private int unauthorizedTtl;

  @Option(
      names = "--authentication-config",
      paramLabel = "FILE",
      description =
          "AuthenticationConfiguration (apiserver.config.k8s.io/v1): issuers of tokens, and where"
              + " requests without credentials are let in. Read again when it changes; in place of"
              + " --oidc-*. Default: none")
  private @Nullable Path authenticationConfig;

  @Option(
      names = "--anonymous-auth",
      paramLabel = "BOOLEAN",
      arity = "0..1",
      fallbackValue = "true",
      description =
          "Whether requests without credentials are let in, as system:anonymous. Default: true, or"
              + " as --authentication-config says")
  private @Nullable Boolean anonymousAuth;

  @Option(
      names = "--client-ca-file",
      paramLabel = "FILE",
      description =
          "Further certificate authorities, PEM, whose client certificates are accepted beside"
              + " those of the cluster's own. Read again when it changes. Default: none")
  private @Nullable Path clientCaFile;

  @Option(
      names = "--authorization-config",
      paramLabel = "FILE",
      description =
          "AuthorizationConfiguration (apiserver.config.k8s.io/v1): who decides what somebody may,"
              + " in order. Read again when it changes. Default: Node, RBAC, then the webhook")
  private @Nullable Path authorizationConfig;

  @Option(
      names = "--service-account-signing-endpoint",
      paramLabel = "SOCKET",
      description =
          "UNIX socket of an ExternalJWTSigner (v1), which signs service account tokens and knows"
              + " the keys they are checked by. Default: the cluster's own key")
  private @Nullable Path signingEndpoint;

  @Option(
      names = "--tracing-config-file",
      paramLabel = "FILE",
      description =
          "TracingConfiguration (apiserver.config.k8s.io/v1): the OpenTelemetry collector that"
              + " requests' spans are sent to. Default: no traces")
  private @Nullable Path tracingConfig;

  @Option(
      names = "--enable-admission-plugins",
      paramLabel = "NAME",
      split = ",",
      description =
          "Admission plugins that look at writes beside those that do anyway (docs/admission.md)")
  private List<String> enableAdmissionPlugins = List.of();

  @Option(
      names = "--disable-admission-plugins",
      paramLabel = "NAME",
      split = ",",
      description = "Admission plugins that do not look at writes, though they would.")
  private List<String> disableAdmissionPlugins = List.of();

  @Option(
      names = "--admission-control-config-file",
      paramLabel = "FILE",
      description =
          "AdmissionConfiguration (apiserver.config.k8s.io/v1): what admission plugins are told."
              + " Default: none")
  private @Nullable Path admissionControlConfigFile;

  @Option(
      names = "--default-not-ready-toleration-seconds",
      paramLabel = "SECONDS",
      defaultValue = "300",
      description =
          "How long pods that do not say so stay on a node that is not ready. Default:"
              + " ${DEFAULT-VALUE}")
  private int notReadySeconds;

  @Option(
      names = "--default-unreachable-toleration-seconds",
      paramLabel = "SECONDS",
      defaultValue = "300",
      description =
          "How long pods that do not say so stay on a node that is not reached. Default:"
              + " ${DEFAULT-VALUE}")
  private int unreachableSeconds;

  private @Nullable EncryptionOptions encryption() {
    if (encryptionProviderConfig != null) {
      return new EncryptionOptions(encryptionProviderConfig, encryptionReload);
    }
    if (encryptionReload) {
      throw new UserErrorException(
          "--encryption-provider-config-automatic-reload must be set with"
              + " --encryption-provider-config");
    }
    return null;
  }

  SecurityOptions options() {
    return new SecurityOptions(
        audit.options(),
        encryption(),
        new OidcOptions(
            oidcIssuerUrl,
            oidcClientId,
            oidcUsernameClaim,
            oidcUsernamePrefix,
            oidcGroupsClaim,
            oidcGroupsPrefix,
            oidcRequiredClaims,
            oidcCaFile,
            oidcSigningAlgorithms),
        new WebhookOptions(
            tokenWebhook,
            Duration.ofSeconds(tokenWebhookTtl),
            authorizationWebhook,
            Duration.ofSeconds(authorizedTtl),
            Duration.ofSeconds(unauthorizedTtl)),
        new AuthenticationOptions(authenticationConfig, anonymousAuth, clientCaFile),
        authorizationConfig,
        signingEndpoint,
        tracingConfig,
        new AdmissionOptions(
            Set.copyOf(enableAdmissionPlugins),
            Set.copyOf(disableAdmissionPlugins),
            admissionControlConfigFile,
            notReadySeconds,
            unreachableSeconds),
        tls.options());
  }
}
