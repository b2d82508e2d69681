package dev.coracle.apiserver.internal.flowcontrol;

/** Whoever waits for a seat: told once, on any thread, with no lock held. */
public interface Guest {

  /** There is a seat. */
  void go();

  /**
   * There will be none.
   *
   * @param reason {@code queue-full}, {@code concurrency-limit} or {@code time-out}
   * @param retryAfterSeconds when it may be worth another try
   */
  void refused(String reason, int retryAfterSeconds);
}
