package dev.coracle.launcher.cli;

import dev.coracle.apiserver.config.AuditDelivery;
import dev.coracle.apiserver.config.AuditDelivery.Batch;
import dev.coracle.apiserver.config.AuditDelivery.Mode;
import dev.coracle.apiserver.config.AuditDelivery.Truncation;
import dev.coracle.apiserver.config.AuditOptions;
import dev.coracle.launcher.UserErrorException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What is recorded of requests, and where; under kube-apiserver's names. */
final class AuditFlags {

  private static final String VERSION = "audit.k8s.io/v1";

  @Option(
      names = "--audit-policy-file",
      paramLabel = "FILE",
      description = "Audit policy (audit.k8s.io/v1). Default: nothing is recorded")
  private @Nullable Path policyFile;

  @Option(
      names = "--audit-log-path",
      paramLabel = "FILE",
      defaultValue = "",
      description = "Where the audit log is written; '-' for standard output.")
  private String logPath = "";

  @Option(
      names = "--audit-log-maxage",
      paramLabel = "DAYS",
      defaultValue = "0",
      description = "How long old audit logs are kept. Default: for ever")
  private int logMaxAge;

  @Option(
      names = "--audit-log-maxbackup",
      paramLabel = "COUNT",
      defaultValue = "0",
      description = "How many old audit logs are kept. Default: all")
  private int logMaxBackup;

  @Option(
      names = "--audit-log-maxsize",
      paramLabel = "MEGABYTES",
      defaultValue = "100",
      description = "An audit log is rotated before it gets larger. Default: ${DEFAULT-VALUE}")
  private int logMaxSize = 100;

  @Option(
      names = "--audit-webhook-config-file",
      paramLabel = "FILE",
      description = "kubeconfig of a service that is sent audit events. Default: none")
  private @Nullable Path webhookConfig;

  @Option(
      names = "--audit-webhook-initial-backoff",
      paramLabel = "DURATION",
      defaultValue = "10s",
      description =
          "How long after a failure events are sent to it again, at first. Default: ${DEFAULT-VALUE}")
  private String webhookBackoff = "10s";

  @Option(
      names = "--audit-log-mode",
      paramLabel = "MODE",
      defaultValue = "blocking",
      description =
          "How events get to the audit log: blocking has requests wait for theirs, blocking-strict refuses those whose first cannot be kept, batch has nobody wait. Default: ${DEFAULT-VALUE}")
  private String logMode = "blocking";

  @Option(
      names = "--audit-log-batch-buffer-size",
      paramLabel = "COUNT",
      defaultValue = "10000",
      description =
          "How many events may wait in mode batch; more are lost. Default: ${DEFAULT-VALUE}")
  private int logBatchBuffer = 10000;

  @Option(
      names = "--audit-log-batch-max-size",
      paramLabel = "COUNT",
      defaultValue = "1",
      description = "How many events one batch has at most. Default: ${DEFAULT-VALUE}")
  private int logBatchSize = 1;

  @Option(
      names = "--audit-log-batch-max-wait",
      paramLabel = "DURATION",
      defaultValue = "0s",
      description = "How long a batch that is not full waits for more. Default: ${DEFAULT-VALUE}")
  private String logBatchWait = "0s";

  @Option(
      names = "--audit-log-batch-throttle-enable",
      paramLabel = "BOOLEAN",
      defaultValue = "false",
      arity = "0..1",
      fallbackValue = "true",
      description = "Whether only so many batches are sent in a second. Default: ${DEFAULT-VALUE}")
  private boolean logThrottle;

  @Option(
      names = "--audit-log-batch-throttle-qps",
      paramLabel = "COUNT",
      defaultValue = "0",
      description = "How many batches are sent in a second then. Default: ${DEFAULT-VALUE}")
  private double logQps = 0;

  @Option(
      names = "--audit-log-batch-throttle-burst",
      paramLabel = "COUNT",
      defaultValue = "0",
      description = "How many more may be sent at once after a rest. Default: ${DEFAULT-VALUE}")
  private int logBurst = 0;

  @Option(
      names = "--audit-log-truncate-enabled",
      description =
          "Send the audit log large events without their bodies, and large batches in parts.")
  private boolean logTruncate;

  @Option(
      names = "--audit-log-truncate-max-batch-size",
      paramLabel = "BYTES",
      defaultValue = "10485760",
      description = "The most that is sent at once then. Default: ${DEFAULT-VALUE}")
  private long logMaxBatch = 10_485_760;

  @Option(
      names = "--audit-log-truncate-max-event-size",
      paramLabel = "BYTES",
      defaultValue = "102400",
      description =
          "The most that one event has then; what is larger without bodies is lost. Default: ${DEFAULT-VALUE}")
  private long logMaxEvent = 102_400;

  @Option(
      names = "--audit-log-version",
      paramLabel = "VERSION",
      defaultValue = "audit.k8s.io/v1",
      description = "The version of events; there is one. Default: ${DEFAULT-VALUE}")
  private String logVersion = "audit.k8s.io/v1";

  @Option(
      names = "--audit-webhook-mode",
      paramLabel = "MODE",
      defaultValue = "batch",
      description =
          "How events get to the audit webhook: blocking has requests wait for theirs, blocking-strict refuses those whose first cannot be kept, batch has nobody wait. Default: ${DEFAULT-VALUE}")
  private String webhookMode = "batch";

  @Option(
      names = "--audit-webhook-batch-buffer-size",
      paramLabel = "COUNT",
      defaultValue = "10000",
      description =
          "How many events may wait in mode batch; more are lost. Default: ${DEFAULT-VALUE}")
  private int webhookBatchBuffer = 10000;

  @Option(
      names = "--audit-webhook-batch-max-size",
      paramLabel = "COUNT",
      defaultValue = "400",
      description = "How many events one batch has at most. Default: ${DEFAULT-VALUE}")
  private int webhookBatchSize = 400;

  @Option(
      names = "--audit-webhook-batch-max-wait",
      paramLabel = "DURATION",
      defaultValue = "30s",
      description = "How long a batch that is not full waits for more. Default: ${DEFAULT-VALUE}")
  private String webhookBatchWait = "30s";

  @Option(
      names = "--audit-webhook-batch-throttle-enable",
      paramLabel = "BOOLEAN",
      defaultValue = "true",
      arity = "0..1",
      fallbackValue = "true",
      description = "Whether only so many batches are sent in a second. Default: ${DEFAULT-VALUE}")
  private boolean webhookThrottle = true;

  @Option(
      names = "--audit-webhook-batch-throttle-qps",
      paramLabel = "COUNT",
      defaultValue = "10",
      description = "How many batches are sent in a second then. Default: ${DEFAULT-VALUE}")
  private double webhookQps = 10;

  @Option(
      names = "--audit-webhook-batch-throttle-burst",
      paramLabel = "COUNT",
      defaultValue = "15",
      description = "How many more may be sent at once after a rest. Default: ${DEFAULT-VALUE}")
  private int webhookBurst = 15;

  @Option(
      names = "--audit-webhook-truncate-enabled",
      description =
          "Send the audit webhook large events without their bodies, and large batches in parts.")
  private boolean webhookTruncate;

  @Option(
      names = "--audit-webhook-truncate-max-batch-size",
      paramLabel = "BYTES",
      defaultValue = "10485760",
      description = "The most that is sent at once then. Default: ${DEFAULT-VALUE}")
  private long webhookMaxBatch = 10_485_760;

  @Option(
      names = "--audit-webhook-truncate-max-event-size",
      paramLabel = "BYTES",
      defaultValue = "102400",
      description =
          "The most that one event has then; what is larger without bodies is lost. Default: ${DEFAULT-VALUE}")
  private long webhookMaxEvent = 102_400;

  @Option(
      names = "--audit-webhook-version",
      paramLabel = "VERSION",
      defaultValue = "audit.k8s.io/v1",
      description = "The version of events; there is one. Default: ${DEFAULT-VALUE}")
  private String webhookVersion = "audit.k8s.io/v1";

  AuditOptions options() {
    version(logVersion);
    version(webhookVersion);
    return new AuditOptions(
        policyFile,
        new AuditOptions.Log(
            logPath,
            logMaxAge,
            logMaxBackup,
            logMaxSize,
            delivery(
                "log",
                logMode,
                new Batch(
                    logBatchBuffer,
                    logBatchSize,
                    ServingFlags.time("--audit-log-batch-max-wait", logBatchWait),
                    logThrottle,
                    logQps,
                    logBurst),
                new Truncation(logTruncate, logMaxBatch, logMaxEvent))),
        new AuditOptions.Webhook(
            webhookConfig,
            ServingFlags.time("--audit-webhook-initial-backoff", webhookBackoff),
            delivery(
                "webhook",
                webhookMode,
                new Batch(
                    webhookBatchBuffer,
                    webhookBatchSize,
                    ServingFlags.time("--audit-webhook-batch-max-wait", webhookBatchWait),
                    webhookThrottle,
                    webhookQps,
                    webhookBurst),
                new Truncation(webhookTruncate, webhookMaxBatch, webhookMaxEvent))));
  }

  private static AuditDelivery delivery(
      String plugin, String mode, Batch batch, Truncation truncation) {
    AuditDelivery out = new AuditDelivery(mode(plugin, mode), batch, truncation);
    try {
      out.check(plugin);
    } catch (IllegalStateException e) {
      throw new UserErrorException(String.valueOf(e.getMessage()));
    }
    return out;
  }

  private static Mode mode(String plugin, String text) {
    return switch (text) {
      case "batch" -> Mode.BATCH;
      case "blocking" -> Mode.BLOCKING;
      case "blocking-strict" -> Mode.BLOCKING_STRICT;
      default ->
          throw new UserErrorException(
              "invalid audit "
                  + plugin
                  + " mode "
                  + text
                  + ", allowed modes are \"batch,blocking,blocking-strict\"");
    };
  }

  private static void version(String text) {
    if (!text.equals(VERSION)) {
      throw new UserErrorException(
          "invalid group version, allowed versions are [\"" + VERSION + "\"]");
    }
  }
}
