package dev.coracle.kubelet.internal.host;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/** One lock for each name while somebody works on it: pods that share a thing must not cross. */
public final class KeyedLocks {

  /** What is done meanwhile. */
  @FunctionalInterface
  public interface Work<T, E extends Exception> {
    T run() throws E;
  }

  private static final class Entry {
    final ReentrantLock lock = new ReentrantLock();
    int users;
  }

  private final Map<String, Entry> entries = new HashMap<>();

  public <T, E extends Exception> T with(String name, Work<T, E> work) throws E {
    Entry entry;
    synchronized (entries) {
      entry = entries.computeIfAbsent(name, _ -> new Entry());
      entry.users++;
    }
    entry.lock.lock();
    try {
      return work.run();
    } finally {
      entry.lock.unlock();
      synchronized (entries) {
        if (--entry.users == 0) {
          entries.remove(name);
        }
      }
    }
  }
}
