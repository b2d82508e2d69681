package dev.coracle.apiserver.internal.flowcontrol;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * Moves seats from levels that do not need them to those that do (KEP-1040, "Borrowing"): so that
 * every level has at least what it needed lately or owns, whichever is less, and the rest goes
 * around in proportion to the demand.
 */
final class Borrowing {

  /** Where nothing was wanted, so that proportions can be told. */
  private static final double LEAST_TARGET = 0.001;

  /** What one level asks for: {@code 0 <= low <= target} and {@code low <= high}. */
  record Wish(double target, double low, double high) {
    double at(double share) {
      return Math.clamp(share * Math.max(target, LEAST_TARGET), low, high);
    }
  }

  private Borrowing() {}

  /**
   * Gives every level its seats until the next time.
   *
   * @return what of its target a level gets, where no bound keeps it from that; zero where there is
   *     not enough for that
   */
  static double adjust(Collection<PriorityLevel> levels) {
    List<PriorityLevel> limited = new ArrayList<>();
    List<Wish> wishes = new ArrayList<>();
    int sum = 0;
    int least = 0;
    int needed = 0;
    for (PriorityLevel level : levels) {
      sum += level.limits().nominal();
    }
    for (PriorityLevel level : levels) {
      SeatDemand demand = level.demand();
      if (level.config().exempt()) {
        int own = Math.max(level.limits().least(), (int) Math.ceil(demand.highest()));
        level.grant(own, demand.withTarget(own));
        sum -= own;
        continue;
      }
      int low =
          Math.max(
              level.limits().least(),
              Math.min(level.limits().nominal(), (int) Math.ceil(demand.highest())));
      limited.add(level);
      wishes.add(new Wish(Math.max(low, demand.smoothed()), low, level.limits().most()));
      least += level.limits().least();
      needed += low;
    }
    double share = sum <= needed ? 0 : share(sum, wishes);
    for (int i = 0; i < limited.size(); i++) {
      PriorityLevel level = limited.get(i);
      Wish wish = wishes.get(i);
      double seats;
      if (sum <= least) {
        seats = level.limits().least();
      } else if (sum <= needed) {
        double part = (double) (sum - least) / (needed - least);
        seats = level.limits().least() + (wish.low() - level.limits().least()) * part;
      } else {
        seats = wish.at(share);
      }
      level.grant((int) Math.round(seats), level.demand().withTarget(wish.target()));
    }
    return share;
  }

  /**
   * The share of its target that each gets, kept within its bounds, so that all together get {@code
   * sum}; as near as the bounds allow.
   */
  static double share(double sum, List<Wish> wishes) {
    double[] bends =
        wishes.stream()
            .flatMapToDouble(w -> {
              double target = Math.max(w.target(), LEAST_TARGET);
              return Arrays.stream(new double[] {w.low() / target, w.high() / target});
            })
            .sorted()
            .toArray();
    double before = 0;
    for (double bend : bends) {
      double here = total(bend, wishes);
      if (here >= sum) {
        double there = total(before, wishes);
        return here - there <= 0 ? bend : before + (bend - before) * (sum - there) / (here - there);
      }
      before = bend;
    }
    return before;
  }

  private static double total(double share, List<Wish> wishes) {
    double total = 0;
    for (Wish wish : wishes) {
      total += wish.at(share);
    }
    return total;
  }
}
