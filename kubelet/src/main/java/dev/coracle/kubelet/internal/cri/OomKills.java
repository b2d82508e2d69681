package dev.coracle.kubelet.internal.cri;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which containers the kernel killed for want of memory. Looks once for each, after its end: later
 * nothing can be added, and the kernel may have forgotten. Safe for any thread.
 */
final class OomKills {
  private static final int MOST = 1024;

  private final Predicate<String> look;
  private final Map<String, Boolean> known =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > MOST;
        }
      };

  /**
   * @param look reads the kernel's log for a container's id
   */
  OomKills(Predicate<String> look) {
    this.look = look;
  }

  /** Of a container that has ended. */
  boolean isKilled(String id) {
    @Nullable Boolean answer;
    synchronized (known) {
      answer = known.get(id);
    }
    if (answer == null) {
      answer = look.test(id);
      synchronized (known) {
        known.put(id, answer);
      }
    }
    return answer;
  }
}
