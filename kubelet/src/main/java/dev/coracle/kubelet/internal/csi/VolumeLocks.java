package dev.coracle.kubelet.internal.csi;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/** One lock for each volume while somebody works on it: pods that share it must not cross. */
final class VolumeLocks {

  /** What is done meanwhile. */
  @FunctionalInterface
  interface Work<T> {
    T run() throws IOException;
  }

  private static final class Entry {
    final ReentrantLock lock = new ReentrantLock();
    int users;
  }

  private final Map<String, Entry> entries = new HashMap<>();

  <T> T with(String volume, Work<T> work) throws IOException {
    Entry entry;
    synchronized (entries) {
      entry = entries.computeIfAbsent(volume, _ -> new Entry());
      entry.users++;
    }
    entry.lock.lock();
    try {
      return work.run();
    } finally {
      entry.lock.unlock();
      synchronized (entries) {
        if (--entry.users == 0) {
          entries.remove(volume);
        }
      }
    }
  }
}
