package dev.coracle.apiserver.config;

import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which admission plugins look at writes (Kubernetes docs, "Admission Control in Kubernetes").
 *
 * @param enabled names of plugins, beside those that are on anyway
 * @param disabled names of plugins that would be on
 * @param config an AdmissionConfiguration of apiserver.config.k8s.io/v1; null: none
 * @param notReadySeconds how long Pods stay on a node that is not ready, where they do not say
 * @param unreachableSeconds the same of a node that is not reached
 */
public record AdmissionOptions(
    Set<String> enabled,
    Set<String> disabled,
    @Nullable Path config,
    int notReadySeconds,
    int unreachableSeconds) {

  private static final int FIVE_MINUTES = 300;

  public static final AdmissionOptions DEFAULT =
      new AdmissionOptions(Set.of(), Set.of(), null, FIVE_MINUTES, FIVE_MINUTES);

  public AdmissionOptions {
    enabled = Set.copyOf(enabled);
    disabled = Set.copyOf(disabled);
  }
}
