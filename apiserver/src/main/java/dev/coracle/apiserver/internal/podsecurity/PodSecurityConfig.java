package dev.coracle.apiserver.internal.podsecurity;

import java.util.Set;

/**
 * A PodSecurityConfiguration: what holds where a namespace's labels say nothing, and what is held
 * to nothing (Kubernetes docs, "Configure the Built-in Admission Controller").
 */
public record PodSecurityConfig(
    LevelVersion enforce,
    LevelVersion audit,
    LevelVersion warn,
    Set<String> exemptUsers,
    Set<String> exemptNamespaces,
    Set<String> exemptRuntimeClasses) {

  private static final LevelVersion OPEN = new LevelVersion(Level.PRIVILEGED, LevelVersion.LATEST);

  public static final PodSecurityConfig DEFAULT =
      new PodSecurityConfig(OPEN, OPEN, OPEN, Set.of(), Set.of(), Set.of());

  public PodSecurityConfig {
    exemptUsers = Set.copyOf(exemptUsers);
    exemptNamespaces = Set.copyOf(exemptNamespaces);
    exemptRuntimeClasses = Set.copyOf(exemptRuntimeClasses);
  }
}
