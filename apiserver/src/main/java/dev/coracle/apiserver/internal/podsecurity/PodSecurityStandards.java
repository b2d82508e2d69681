package dev.coracle.apiserver.internal.podsecurity;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * The checks of each level and version. Restricted has those of baseline, but for the ones that it
 * says more about itself, and its own behind them.
 */
public final class PodSecurityStandards {

  private static final List<Check> BASELINE = BaselineChecks.all();
  private static final List<Check> RESTRICTED = RestrictedChecks.all();

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
    for (Function<PodView, Optional<Violation>> test : tests(policy)) {
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
