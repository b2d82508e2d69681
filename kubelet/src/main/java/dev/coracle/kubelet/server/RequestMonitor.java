package dev.coracle.kubelet.server;

/** Hears of every request to the kubelet's API, also of those that are not let in. */
@FunctionalInterface
public interface RequestMonitor {
  RequestMonitor NONE = (method, path, longRunning) -> () -> {};

  /**
   * A request has come. Called on event loops; there are few methods and paths.
   *
   * @param method as in HTTP, or {@code other}
   * @param path what is asked for: {@code exec}, {@code metrics/cadvisor}, {@code other}
   * @param longRunning whether it lasts as long as its client likes
   * @return to be run once, when it is over
   */
  Runnable begun(String method, String path, boolean longRunning);
}
