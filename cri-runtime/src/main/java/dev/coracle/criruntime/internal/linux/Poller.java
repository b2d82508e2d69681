package dev.coracle.criruntime.internal.linux;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that waits for any number of descriptors (pipes, terminals, process handles) with
 * epoll and calls their handlers. It sleeps in the kernel while nothing happens.
 *
 * <p>Handlers run on the poller's thread, must not block, and may watch and unwatch. All other
 * methods may be called from anywhere.
 */
public final class Poller implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Poller.class);
  public static final int READABLE = 0x1;
  public static final int WRITABLE = 0x4;
  public static final int HANG_UP = 0x10 | 0x8;
  private static final int F_DUPFD_CLOEXEC = 1030;
  private static final int CTL_ADD = 1;
  private static final int CTL_DEL = 2;
  private static final int CTL_MOD = 3;
  private static final int EPOLL_CLOEXEC = 0x80000;
  private static final int MAX_EVENTS = 64;
  // A chunk with its channel number must fit into what WebSocket peers take as one frame (64 KiB).
  private static final int BUFFER_SIZE = 32 * 1024;
  // struct epoll_event is packed on x86_64 only.
  private static final int EVENT_SIZE = Sys.X86_64 ? 12 : 16;
  private static final int DATA_OFFSET = Sys.X86_64 ? 4 : 8;

  /** Called with the ready bits ({@link #READABLE}, {@link #WRITABLE}, {@link #HANG_UP}). */
  @FunctionalInterface
  public interface Handler {
    void ready(int events);
  }

  private record Delayed(long atNanos, Runnable task) {}

  private final int epoll;
  private final int wakeUp;
  private final Map<Integer, Handler> handlers = new ConcurrentHashMap<>();
  private final Map<Integer, Integer> duplicates = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final PriorityQueue<Delayed> delayed =
      new PriorityQueue<>((a, b) -> Long.compare(a.atNanos - b.atNanos, 0));
  private final MemorySegment buffer = Arena.ofAuto().allocate(BUFFER_SIZE);
  private final Thread thread;
  private volatile boolean closed;

  public Poller(String name) throws PosixException {
    epoll = (int) Native.check("epoll_create", Sys.EPOLL_CREATE1, EPOLL_CLOEXEC);
    wakeUp = (int) Native.check("eventfd", Sys.EVENTFD2, 0, Fd.O_NONBLOCK | Fd.O_CLOEXEC);
    control(CTL_ADD, wakeUp, READABLE);
    thread = Thread.ofPlatform().name(name).daemon(true).start(this::loop);
  }

  /** Watches a descriptor, level-triggered. The descriptor should not block. */
  public void watch(int fd, int events, Handler handler) throws PosixException {
    handlers.put(fd, handler);
    try {
      control(CTL_ADD, fd, events);
    } catch (PosixException e) {
      handlers.remove(fd);
      throw e;
    }
  }

  /** Changes what a watched descriptor is watched for; 0 leaves only hang-ups. */
  public void interest(int fd, int events) {
    if (handlers.containsKey(fd)) {
      try {
        control(CTL_MOD, fd, events);
      } catch (PosixException e) {
        LOG.atDebug().addKeyValue("fd", fd).setCause(e).log("descriptor already gone");
      }
    }
  }

  /** Stops watching; the caller closes the descriptor afterwards. */
  public void unwatch(int fd) {
    if (handlers.remove(fd) != null) {
      Native.call(Sys.EPOLL_CTL, epoll, CTL_DEL, fd, 0);
    }
  }

  /**
   * Calls the task whenever the descriptor takes more, also if it is watched for reading. Uses a
   * duplicate of the descriptor. Call it on the poller's thread only.
   */
  void watchWritable(int fd, Runnable task) throws PosixException {
    int copy = (int) Native.check("dup", Sys.FCNTL, fd, F_DUPFD_CLOEXEC, 0);
    duplicates.put(fd, copy);
    watch(copy, WRITABLE, events -> task.run());
  }

  void unwatchWritable(int fd) {
    Integer copy = duplicates.remove(fd);
    if (copy != null) {
      unwatch(copy);
      Fd.close(copy);
    }
  }

  /** Runs a task on the poller's thread. */
  public void execute(Runnable task) {
    tasks.add(task);
    Fd.write(wakeUp, new byte[] {1, 0, 0, 0, 0, 0, 0, 0});
  }

  /** Runs a task on the poller's thread after a while. Call it on the poller's thread only. */
  public void after(long millis, Runnable task) {
    delayed.add(new Delayed(System.nanoTime() + millis * 1_000_000, task));
  }

  /**
   * Reads what is there, at most 32 KiB, into a buffer that the next call overwrites. Call it on
   * the poller's thread only.
   *
   * @return empty when there is nothing now; null at the end or after an error
   */
  public @Nullable ByteBuffer read(int fd) {
    long n = Native.call(Sys.READ, fd, buffer.address(), BUFFER_SIZE);
    if (n == -Errno.EAGAIN || n == -Errno.EINTR) {
      return ByteBuffer.allocate(0);
    }
    return n <= 0 ? null : buffer.asSlice(0, n).asByteBuffer();
  }

  private void control(int operation, int fd, int events) throws PosixException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment event = arena.allocate(16);
      event.set(JAVA_INT_UNALIGNED, 0, events);
      event.set(JAVA_LONG_UNALIGNED, DATA_OFFSET, fd);
      Native.check("epoll_ctl", Sys.EPOLL_CTL, epoll, operation, fd, event.address());
    }
  }

  private void loop() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment state = Native.state(arena);
      MemorySegment events = arena.allocate((long) EVENT_SIZE * MAX_EVENTS);
      while (!closed) {
        int n =
            (int)
                Native.raw(
                    state,
                    Sys.EPOLL_PWAIT,
                    epoll,
                    events.address(),
                    MAX_EVENTS,
                    timeoutMillis(),
                    0,
                    8);
        for (int i = 0; i < n; i++) {
          long at = (long) i * EVENT_SIZE;
          int bits = events.get(JAVA_INT_UNALIGNED, at);
          dispatch((int) events.get(JAVA_LONG_UNALIGNED, at + DATA_OFFSET), bits);
        }
        runTasks();
      }
      runTasks(); // What was asked for before the end, such as letting go of a waiter.
    }
    Fd.close(wakeUp);
    Fd.close(epoll);
  }

  private int timeoutMillis() {
    Delayed next = delayed.peek();
    if (next == null) {
      return -1;
    }
    long nanos = next.atNanos - System.nanoTime();
    return nanos <= 0 ? 0 : (int) Math.min(Integer.MAX_VALUE, nanos / 1_000_000 + 1);
  }

  private void dispatch(int fd, int bits) {
    if (fd == wakeUp) {
      Fd.read(wakeUp, 8);
      return;
    }
    Handler handler = handlers.get(fd);
    if (handler != null) {
      guarded(() -> handler.ready(bits));
    }
  }

  private void runTasks() {
    ArrayDeque<Runnable> now = new ArrayDeque<>();
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      now.add(task);
    }
    for (Delayed next = delayed.peek();
        next != null && next.atNanos - System.nanoTime() <= 0;
        next = delayed.peek()) {
      now.add(delayed.remove().task);
    }
    now.forEach(Poller::guarded);
  }

  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      LOG.atError().setCause(e).log("handler failed");
    }
  }

  /** Ends the thread and forgets all descriptors without closing them. */
  @Override
  public void close() {
    closed = true;
    execute(() -> {});
    if (Thread.currentThread() != thread) {
      try {
        thread.join(1000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
