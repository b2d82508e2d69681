package dev.coracle.criruntime.internal.cgroup;

import dev.coracle.criruntime.internal.linux.Fd;
import dev.coracle.criruntime.internal.linux.Native;
import dev.coracle.criruntime.internal.linux.Poller;
import dev.coracle.criruntime.internal.linux.Sys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Remembers whether a group ran out of memory, for groups that somebody else removes before they
 * can be asked. Told by the kernel: an event descriptor in version 1 (which also fires, once, when
 * the group is removed), inotify on {@code memory.events} in version 2.
 */
public final class OomWatch implements AutoCloseable {
  private static final int IN_MODIFY = 2;
  private final Poller poller;
  private final Cgroup group;
  private final int event;
  private final int control;
  private static final long SECOND_EVENT_MILLIS = 25;
  private static final long VERDICT_MILLIS = 100;
  private final CompletableFuture<Boolean> verdict = new CompletableFuture<>();
  private long events;
  private boolean closed;

  /** Watches a group that exists. */
  public OomWatch(Poller poller, Cgroup group) throws IOException {
    this.poller = poller;
    this.group = group;
    if (group.host().isV2()) {
      control = -1;
      event = (int) Native.check("inotify", Sys.INOTIFY_INIT1, Fd.O_CLOEXEC | Fd.O_NONBLOCK);
      try (var arena = java.lang.foreign.Arena.ofConfined()) {
        String file = group.directory("unified").resolve("memory.events").toString();
        Native.check(
            "inotify " + file,
            Sys.INOTIFY_ADD_WATCH,
            event,
            Native.cString(arena, file).address(),
            IN_MODIFY);
      }
    } else {
      Path directory = group.directory("memory");
      control = Fd.open(directory.resolve("memory.oom_control"), Fd.O_RDONLY);
      event = (int) Native.check("eventfd", Sys.EVENTFD2, 0, Fd.O_CLOEXEC | Fd.O_NONBLOCK);
      CgroupFiles.write(directory.resolve("cgroup.event_control"), event + " " + control);
    }
    poller.watch(event, Poller.READABLE, e -> fired());
  }

  private void fired() {
    byte[] said = Fd.read(event, 4096);
    if (group.host().isV2()) {
      if (CgroupUsage.oomKills(group) > 0) {
        verdict.complete(true);
      }
      return;
    }
    events += said.length == 8 ? said[0] & 0xff : 1;
    // One event is the removal's, and which one it is only shows while the group is there.
    if (events > 1 || Files.isDirectory(group.directory("memory"))) {
      verdict.complete(true);
    } else {
      poller.after(SECOND_EVENT_MILLIS, () -> verdict.complete(false));
    }
  }

  /**
   * Whether it happened. Call it after a process of the group was killed; it may wait a moment for
   * the kernel's second word.
   */
  public boolean happened() {
    try {
      return verdict.get(VERDICT_MILLIS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public void close() {
    poller.execute(() -> {
      if (!closed) {
        closed = true;
        poller.unwatch(event);
        Fd.close(event);
        Fd.close(control);
      }
    });
  }
}
