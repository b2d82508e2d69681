package dev.coracle.apiserver.internal.flowcontrol;

/**
 * What a request is thought to cost (KEP-1040, "Width of requests").
 *
 * @param initialSeats taken while it runs
 * @param finalSeats taken after it was answered, while watchers are told what it changed
 * @param additionalNanos how long those are kept; whoever asked does not wait for it
 */
public record WorkEstimate(int initialSeats, int finalSeats, long additionalNanos) {

  static final WorkEstimate ONE = new WorkEstimate(1, 0, 0);

  static WorkEstimate seats(int seats) {
    return seats == 1 ? ONE : new WorkEstimate(seats, 0, 0);
  }

  int maxSeats() {
    return Math.max(initialSeats, finalSeats);
  }

  /** Seats times seconds of what comes after the answer. */
  double finalWork() {
    return finalSeats * additionalNanos * 1e-9;
  }

  /** The same final work by at most so many seats. */
  WorkEstimate within(int seats) {
    return finalSeats <= seats || seats < 1
        ? this
        : new WorkEstimate(initialSeats, seats, additionalNanos * finalSeats / seats);
  }
}
