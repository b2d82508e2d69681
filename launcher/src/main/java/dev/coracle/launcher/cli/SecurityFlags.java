package dev.coracle.launcher.cli;

import dev.coracle.apiserver.config.AuditOptions;
import dev.coracle.apiserver.config.SecurityOptions;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What may be turned on in the API server, under kube-apiserver's names. */
final class SecurityFlags {

  @Option(
      names = "--audit-policy-file",
      paramLabel = "FILE",
      description = "Audit policy (audit.k8s.io/v1). Default: nothing is recorded")
  private @Nullable Path auditPolicyFile;

  @Option(
      names = "--audit-log-path",
      paramLabel = "FILE",
      defaultValue = "",
      description = "Where the audit log is written; '-' for standard output.")
  private String auditLogPath = "";

  @Option(
      names = "--audit-log-maxage",
      paramLabel = "DAYS",
      defaultValue = "0",
      description = "How long old audit logs are kept. Default: for ever")
  private int auditLogMaxAge;

  @Option(
      names = "--audit-log-maxbackup",
      paramLabel = "COUNT",
      defaultValue = "0",
      description = "How many old audit logs are kept. Default: all")
  private int auditLogMaxBackup;

  @Option(
      names = "--audit-log-maxsize",
      paramLabel = "MEGABYTES",
      defaultValue = "100",
      description = "An audit log is rotated before it gets larger. Default: ${DEFAULT-VALUE}")
  private int auditLogMaxSize;

  @Option(
      names = "--encryption-provider-config",
      paramLabel = "FILE",
      description =
          "EncryptionConfiguration (apiserver.config.k8s.io/v1): which resources are encrypted in"
              + " the store, and how. Default: none")
  private @Nullable Path encryptionProviderConfig;

  SecurityOptions options() {
    return new SecurityOptions(
        new AuditOptions(
            auditPolicyFile, auditLogPath, auditLogMaxAge, auditLogMaxBackup, auditLogMaxSize),
        encryptionProviderConfig);
  }
}
