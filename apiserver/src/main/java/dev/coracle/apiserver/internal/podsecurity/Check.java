package dev.coracle.apiserver.internal.podsecurity;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * One thing that is looked at, in each version in which it changed.
 *
 * @param id upstream's, by which checks are ordered
 * @param versions rising
 * @param overrides the checks of the looser level that it takes the place of
 */
record Check(String id, List<Version> versions, List<String> overrides) {

  /**
   * @param minor from which on this holds
   */
  record Version(int minor, Function<PodView, Optional<Violation>> test) {}

  /** As it is in a version; empty in one that did not have it yet. */
  Optional<Function<PodView, Optional<Violation>>> in(int minor) {
    Function<PodView, Optional<Violation>> found = null;
    for (Version version : versions) {
      if (version.minor <= minor) {
        found = version.test;
      }
    }
    return Optional.ofNullable(found);
  }
}
