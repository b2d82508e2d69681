package dev.coracle.apiserver.internal.flowcontrol;

/**
 * Between what a level's seats may be.
 *
 * @param nominal by its share
 * @param least what it never lends
 * @param most with all that it may borrow
 * @param mostOfOne how many one request may be thought to take; zero: as many as any
 */
record LevelLimits(int nominal, int least, int most, int mostOfOne) {

  static final LevelLimits NONE = new LevelLimits(0, 0, 0, 0);

  private static final double MOST_OF_ONE = 0.15;

  /**
   * @param seats by its share
   * @param allSeats of the server
   */
  static LevelLimits of(LevelConfig config, int seats, int allSeats) {
    int lendable = (int) Math.round(seats * config.lendablePercent() / 100.0);
    int borrowable =
        config.borrowingPercent() < 0
            ? allSeats
            : (int) Math.round(seats * config.borrowingPercent() / 100.0);
    int part = (int) Math.ceil(seats * MOST_OF_ONE);
    int mostOfOne =
        config.queues() == 0 ? 0 : Math.max(1, Math.min(part, seats / config.handSize()));
    return new LevelLimits(seats, seats - lendable, seats + borrowable, mostOfOne);
  }
}
