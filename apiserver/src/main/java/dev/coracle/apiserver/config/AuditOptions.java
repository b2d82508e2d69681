package dev.coracle.apiserver.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The audit log (Kubernetes docs, "Auditing"). Without a policy file or a log nothing is recorded.
 *
 * @param policyFile an audit.k8s.io/v1 Policy
 * @param logPath the file to write to; {@code -} for standard output
 * @param maxAgeDays how long old files are kept; 0: for ever
 * @param maxBackups how many old files are kept; 0: all
 * @param maxSizeMegabytes a file is rotated before it gets larger; 0: 100
 */
public record AuditOptions(
    @Nullable Path policyFile,
    String logPath,
    int maxAgeDays,
    int maxBackups,
    int maxSizeMegabytes) {

  public static final AuditOptions NONE = new AuditOptions(null, "", 0, 0, 0);

  public boolean enabled() {
    return policyFile != null && !logPath.isEmpty();
  }
}
