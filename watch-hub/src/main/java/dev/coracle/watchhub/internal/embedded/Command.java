package dev.coracle.watchhub.internal.embedded;

import dev.coracle.watchhub.StorageException;
import org.jspecify.annotations.Nullable;

/**
 * Something that the writer does. It is applied on the writer thread and answered on the feed
 * thread once its group is durable.
 */
final class Command<T> {

  /** What is done. A StorageException refuses it, and then nothing may have been changed. */
  interface Action<T> {
    T apply(Mutation mutation);
  }

  /** Who waits for the answer. */
  interface Answer<T> {
    void done(T result);

    void failed(StorageException why);
  }

  private final Action<T> action;
  private final Answer<T> answer;
  private @Nullable T result;
  private @Nullable StorageException failure;

  Command(Action<T> action, Answer<T> answer) {
    this.action = action;
    this.answer = answer;
  }

  void apply(Mutation mutation) {
    int mark = mutation.mark();
    try {
      result = action.apply(mutation);
    } catch (StorageException e) {
      mutation.backTo(mark);
      failure = e;
    } catch (RuntimeException e) {
      mutation.backTo(mark);
      failure = new StorageException.Unavailable("the write failed: " + e.getMessage(), e);
    }
  }

  /** Its group could not be made durable. Refusals stay what they are. */
  void fail(StorageException why) {
    if (failure == null) {
      failure = why;
    }
  }

  void answer() {
    if (failure != null) {
      answer.failed(failure);
    } else {
      answer.done(java.util.Objects.requireNonNull(result));
    }
  }
}
