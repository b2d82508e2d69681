package dev.coracle.apiserver.config;

/**
 * What an administrator may turn on beside the defaults.
 *
 * @param audit what is recorded of requests
 */
public record SecurityOptions(AuditOptions audit) {

  public static final SecurityOptions DEFAULT = new SecurityOptions(AuditOptions.NONE);
}
