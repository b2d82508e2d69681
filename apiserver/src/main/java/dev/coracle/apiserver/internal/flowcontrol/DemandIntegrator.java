package dev.coracle.apiserver.internal.flowcontrol;

/**
 * Mean, deviation and highest value over time of how many seats are wanted. Guarded by its level's
 * lock.
 */
final class DemandIntegrator {

  /**
   * @param seconds zero: nothing is known
   */
  record Observed(double seconds, double average, double deviation, double highest) {}

  private long since;
  private double value;
  private double seconds;
  private double sum;
  private double squares;
  private double highest;

  DemandIntegrator(long now) {
    this.since = now;
  }

  void set(double newValue, long now) {
    pass(now);
    value = newValue;
    highest = Math.max(highest, newValue);
  }

  private void pass(long now) {
    double passed = Math.max(0, now - since) * 1e-9;
    since = Math.max(now, since);
    seconds += passed;
    sum += value * passed;
    squares += value * value * passed;
  }

  /** What was since the last time. */
  Observed reset(long now) {
    pass(now);
    double average = seconds <= 0 ? 0 : sum / seconds;
    double variance = seconds <= 0 ? 0 : Math.max(0, squares / seconds - average * average);
    Observed observed = new Observed(seconds, average, Math.sqrt(variance), highest);
    seconds = 0;
    sum = 0;
    squares = 0;
    highest = value;
    return observed;
  }
}
