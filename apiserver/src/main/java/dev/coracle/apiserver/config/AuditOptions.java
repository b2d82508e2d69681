package dev.coracle.apiserver.config;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The audit (Kubernetes docs, "Auditing"). Without a policy, or with nowhere to send events,
 * nothing is recorded.
 *
 * @param policyFile an audit.k8s.io/v1 Policy
 */
public record AuditOptions(@Nullable Path policyFile, Log log, Webhook webhook) {

  public static final AuditOptions NONE = new AuditOptions(null, Log.NONE, Webhook.NONE);

  /**
   * @param path the file to write to; {@code -} for standard output, empty for none
   * @param maxAgeDays how long old files are kept; 0: for ever
   * @param maxBackups how many old files are kept; 0: all
   * @param maxSizeMegabytes a file is rotated before it gets larger; 0: 100
   */
  public record Log(
      String path, int maxAgeDays, int maxBackups, int maxSizeMegabytes, AuditDelivery delivery) {

    public static final Log NONE = to("");

    public static Log to(String path) {
      return new Log(path, 0, 0, 0, AuditDelivery.LOG);
    }
  }

  /**
   * @param config a kubeconfig of who is sent events; null for nobody
   * @param initialBackoff before what could not be sent is sent for the second time
   */
  public record Webhook(@Nullable Path config, Duration initialBackoff, AuditDelivery delivery) {

    public static final Duration BACKOFF = Duration.ofSeconds(10);

    public static final Webhook NONE = new Webhook(null, BACKOFF, AuditDelivery.WEBHOOK);
  }

  /** Events in a file. */
  public static AuditOptions logging(Path policyFile, Path log) {
    return new AuditOptions(policyFile, Log.to(log.toString()), Webhook.NONE);
  }
}
