package dev.coracle.apiserver.internal.podsecurity;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The checks of each level and version. Restricted has those of baseline, but for the ones that it
 * says more about itself, and its own behind them.
 */
public final class PodSecurityStandards {

  private static final List<Check> BASELINE = BaselineChecks.all();
  private static final List<Check> RESTRICTED = RestrictedChecks.all();

  /** The newest version in which any of them changed: later ones are as this one. */
  private static final int NEWEST =
      Stream.concat(BASELINE.stream(), RESTRICTED.stream())
          .mapToInt(check -> check.versions().getLast().minor())
          .max()
          .orElse(0);

  /** What was put together once, of at most two levels and {@link #NEWEST} versions. */
  private static final Map<LevelVersion, List<Function<PodView, Optional<Violation>>>> TESTS =
      new ConcurrentHashMap<>();

  private PodSecurityStandards() {}

  /**
   * What a pod does that its level forbids, in the order of the checks.
   *
   * @param pod a Pod or the template of one
   */
  public static List<Violation> check(LevelVersion policy, JsonNode pod) {
    List<Violation> out = new ArrayList<>();
    if (policy.level() == Level.PRIVILEGED) {
      return out;
    }
    PodView view = new PodView(pod);
    LevelVersion known = policy.withMinor(Math.min(policy.minor(), NEWEST));
    for (Function<PodView, Optional<Violation>> test :
        TESTS.computeIfAbsent(known, PodSecurityStandards::tests)) {
      test.apply(view).ifPresent(out::add);
    }
    return out;
  }

  private static List<Function<PodView, Optional<Violation>>> tests(LevelVersion policy) {
    List<Function<PodView, Optional<Violation>>> own = new ArrayList<>();
    Set<String> overridden = new HashSet<>();
    if (policy.level() == Level.RESTRICTED) {
      for (Check check : RESTRICTED) {
        check
            .in(policy.minor())
            .ifPresent(test -> {
              own.add(test);
              overridden.addAll(check.overrides());
            });
      }
    }
    List<Function<PodView, Optional<Violation>>> out = new ArrayList<>();
    for (Check check : BASELINE) {
      if (!overridden.contains(check.id())) {
        check.in(policy.minor()).ifPresent(out::add);
      }
    }
    out.addAll(own);
    return out;
  }
}
