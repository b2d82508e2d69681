package dev.coracle.controllers.internal.leaderelection;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.api.validation.SemanticVersion;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A LeaseCandidate, as an election sees it. */
record Candidate(KubeObject object) {

  static final String OLDEST_EMULATION_VERSION = "OldestEmulationVersion";

  /** Who was not heard of for this long is no candidate any more. */
  static final Duration VALID = Duration.ofMinutes(30);

  private static final SemanticVersion NONE = new SemanticVersion(0, 0, 0, List.of(), "");

  /** The one that is to lead first: of the oldest emulation, of the oldest binary, the oldest. */
  private static final Comparator<Candidate> BY_AGE =
      Comparator.<Candidate, SemanticVersion>comparing(c -> c.version("emulationVersion"))
          .thenComparing(c -> c.version("binaryVersion"))
          .thenComparing(c -> c.object.text("metadata", "creationTimestamp"))
          .thenComparing(Candidate::name);

  String name() {
    return object.name();
  }

  private String text(String field) {
    return object.text("spec", field);
  }

  String lease() {
    return text("leaseName");
  }

  @Nullable Instant renewed() {
    return Timestamps.parse(text("renewTime"));
  }

  @Nullable Instant pinged() {
    return Timestamps.parse(text("pingTime"));
  }

  boolean isExpired(Instant now) {
    Instant renewed = renewed();
    return renewed == null || renewed.plus(VALID).isBefore(now);
  }

  /** Whether it was heard of within this time. */
  boolean isHeardOf(Duration within, Instant now) {
    Instant renewed = renewed();
    return renewed != null && renewed.plus(within).isAfter(now);
  }

  private boolean hasVersions() {
    return SemanticVersion.parse(text("emulationVersion")) != null
        && SemanticVersion.parse(text("binaryVersion")) != null;
  }

  private SemanticVersion version(String field) {
    SemanticVersion version = SemanticVersion.parse(text(field));
    return version == null ? NONE : version;
  }

  /** Who is to lead by {@link #OLDEST_EMULATION_VERSION}. */
  static Optional<Candidate> best(List<Candidate> all) {
    return all.stream().filter(Candidate::hasVersions).min(BY_AGE);
  }

  /**
   * The strategy of those with the newest binary.
   *
   * @return empty where they do not agree
   */
  static Optional<String> strategy(List<Candidate> all) {
    Optional<SemanticVersion> newest =
        all.stream().map(c -> c.version("binaryVersion")).max(Comparator.naturalOrder());
    List<String> strategies =
        all.stream()
            .filter(
                c -> newest.filter(v -> v.compareTo(c.version("binaryVersion")) == 0).isPresent())
            .map(c -> c.text("strategy"))
            .distinct()
            .toList();
    return strategies.size() == 1 ? Optional.of(strategies.getFirst()) : Optional.empty();
  }
}
