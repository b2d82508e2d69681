package dev.coracle.apiserver.internal.flowcontrol;

/**
 * The demand for a level's seats as borrowing sees it.
 *
 * @param highest in the last period
 * @param smoothed rises at once and falls slowly
 * @param target what the level was to get
 */
record SeatDemand(
    double highest, double average, double deviation, double smoothed, double target) {

  static final SeatDemand NONE = new SeatDemand(0, 0, 0, 0, 0);

  /** Of what was known, so much stays after a period. */
  private static final double KEPT = 0.977;

  SeatDemand after(DemandIntegrator.Observed seen) {
    if (seen.seconds() <= 0) {
      return new SeatDemand(seen.highest(), average, deviation, smoothed, target);
    }
    double envelope = seen.average() + seen.deviation();
    return new SeatDemand(
        seen.highest(),
        seen.average(),
        seen.deviation(),
        Math.max(envelope, KEPT * smoothed + (1 - KEPT) * envelope),
        target);
  }

  /** After periods in which nothing was asked. */
  SeatDemand afterRest(double periods) {
    return new SeatDemand(0, 0, 0, smoothed * Math.pow(KEPT, periods), target);
  }

  SeatDemand withTarget(double wanted) {
    return new SeatDemand(highest, average, deviation, smoothed, wanted);
  }
}
