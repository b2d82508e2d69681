package dev.coracle.client;

import dev.coracle.api.NamespacedName;
import io.smallrye.mutiny.Uni;
import java.time.Duration;

/**
 * Brings one thing to what is wanted. Level-based: it gets a name and reads what is so now; it may
 * be called at any time, any number of times, but never twice at once for the same name.
 */
@FunctionalInterface
public interface Reconciler {

  /** What to do with the name next. A failed Uni is retried with back-off. */
  sealed interface Result {
    /** Nothing until something changes. */
    record Done() implements Result {}

    /** Again after this time, whatever happens. */
    record RequeueAfter(Duration delay) implements Result {}

    Result DONE = new Done();

    static Result requeueAfter(Duration delay) {
      return new RequeueAfter(delay);
    }
  }

  /** A failure that no retry will mend: it is logged, and the name is left until it changes. */
  final class TerminalException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public TerminalException(String message) {
      super(message);
    }
  }

  Uni<Result> reconcile(NamespacedName name);
}
