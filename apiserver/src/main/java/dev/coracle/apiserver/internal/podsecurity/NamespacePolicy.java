package dev.coracle.apiserver.internal.podsecurity;

import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What a namespace's labels ask for. What is wrong among them is told, and holds pods back most
 * ({@code restricted}, {@code latest}) where it is to be enforced; where it would only be told, it
 * is left out.
 *
 * @param errors what is wrong with the labels
 */
public record NamespacePolicy(
    LevelVersion enforce, LevelVersion audit, LevelVersion warn, FieldErrors errors) {

  /** Of the labels and of what is noted in the audit log. */
  public static final String PREFIX = "pod-security.kubernetes.io/";

  private static final FieldPath LABELS = FieldPath.METADATA.child("labels");

  /**
   * @param config what holds where the labels say nothing
   */
  public static NamespacePolicy of(Map<String, String> labels, PodSecurityConfig config) {
    FieldErrors errors = new FieldErrors();
    return new NamespacePolicy(
        mode(labels, "enforce", config.enforce(), Level.RESTRICTED, errors),
        mode(labels, "audit", config.audit(), Level.PRIVILEGED, errors),
        mode(labels, "warn", config.warn(), Level.PRIVILEGED, errors),
        errors);
  }

  private static LevelVersion mode(
      Map<String, String> labels,
      String mode,
      LevelVersion unsaid,
      Level otherwise,
      FieldErrors errors) {
    LevelVersion out = unsaid;
    String level = labels.get(PREFIX + mode);
    if (level != null) {
      out =
          out.withLevel(
              Level.of(level)
                  .orElseGet(
                      wrong(
                          errors,
                          mode,
                          level,
                          "must be one of privileged, baseline, restricted",
                          otherwise)));
    }
    String version = labels.get(PREFIX + mode + "-version");
    if (version != null) {
      out =
          out.withMinor(
              LevelVersion.minor(version)
                  .orElseGet(
                      wrong(
                          errors,
                          mode + "-version",
                          version,
                          "must be \"latest\" or \"v1.x\"",
                          LevelVersion.LATEST)));
    }
    return out;
  }

  private static <T> Supplier<T> wrong(
      FieldErrors errors, String label, String value, String must, T otherwise) {
    return () -> {
      errors.invalid(LABELS.key(PREFIX + label), "", value, must);
      return otherwise;
    };
  }

  /** Whether pods may do anything and nobody is told. */
  public boolean isOpen() {
    return errors.isEmpty()
        && enforce.level() == Level.PRIVILEGED
        && audit.level() == Level.PRIVILEGED
        && warn.level() == Level.PRIVILEGED;
  }
}
