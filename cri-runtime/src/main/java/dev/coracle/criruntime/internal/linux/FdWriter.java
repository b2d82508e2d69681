package dev.coracle.criruntime.internal.linux;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Writes to a descriptor without blocking; what it does not take waits in a queue. The owner
 * watches {@link #isFull} and {@code onDrain} to keep the queue short. All work happens on the
 * poller's thread; the methods may be called from anywhere.
 */
public final class FdWriter {
  private static final int FULL = 256 * 1024;
  private final Poller poller;
  private final int fd;
  private final Runnable close;
  private final ArrayDeque<byte[]> queue = new ArrayDeque<>();
  private volatile Runnable onDrain = () -> {};
  private final AtomicInteger queued = new AtomicInteger();
  private boolean watching;
  private boolean ending;
  private boolean closed;

  /**
   * @param close closes the descriptor, when everything is written or nobody reads any more
   */
  public FdWriter(Poller poller, int fd, Runnable close) {
    this.poller = poller;
    this.fd = fd;
    this.close = close;
  }

  public boolean isFull() {
    return queued.get() > FULL;
  }

  public void onDrain(Runnable task) {
    onDrain = task;
  }

  public void write(byte[] bytes) {
    poller.execute(() -> {
      if (!closed && !ending && bytes.length > 0) {
        queue.add(bytes);
        queued.addAndGet(bytes.length);
        flush();
      }
    });
  }

  /** Closes when everything is written. */
  public void end() {
    poller.execute(() -> {
      ending = true;
      flush();
    });
  }

  /** Closes now. */
  public void abort() {
    poller.execute(this::shut);
  }

  private void flush() {
    while (!closed && !queue.isEmpty()) {
      byte[] head = queue.peek();
      long n = Fd.write(fd, head);
      if (n == -Errno.EAGAIN) {
        watch();
        return;
      }
      if (n < 0) {
        shut();
        return;
      }
      queue.poll();
      queued.addAndGet((int) -n);
      if (n < head.length) {
        queue.addFirst(Arrays.copyOfRange(head, (int) n, head.length));
      }
    }
    unwatch();
    onDrain.run();
    if (ending) {
      shut();
    }
  }

  private void watch() {
    if (!watching) {
      watching = true;
      try {
        // A duplicate, since the descriptor itself may be watched for reading.
        poller.watchWritable(fd, this::flush);
      } catch (PosixException e) {
        shut();
      }
    }
  }

  private void unwatch() {
    if (watching) {
      watching = false;
      poller.unwatchWritable(fd);
    }
  }

  private void shut() {
    if (!closed) {
      closed = true;
      unwatch();
      queue.clear();
      queued.set(0);
      close.run();
      onDrain.run();
    }
  }
}
