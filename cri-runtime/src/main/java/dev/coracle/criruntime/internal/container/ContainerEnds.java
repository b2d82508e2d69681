package dev.coracle.criruntime.internal.container;

import dev.coracle.cri.v1.ContainerEventType;
import dev.coracle.cri.v1.ContainerState;
import dev.coracle.criruntime.internal.cgroup.Cgroup;
import dev.coracle.criruntime.internal.cgroup.CgroupUsage;
import dev.coracle.criruntime.internal.linux.Processes;
import dev.coracle.criruntime.server.Events;
import dev.coracle.criruntime.server.Times;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * How containers end: by themselves, by order, or before they began. An end arrives on the poller's
 * thread and is written down on a virtual thread, under the container's lock.
 */
final class ContainerEnds {
  private static final int START_ERROR_CODE = 128;
  private static final int KILLED = 128 + Processes.SIGKILL;
  private static final long KILL_WAIT_SECONDS = 10;

  private final ContainerKind kind;
  private final Events events;

  ContainerEnds(ContainerKind kind, Events events) {
    this.kind = kind;
    this.events = events;
  }

  /** Its start has failed. The caller holds its lock. */
  void beforeItBegan(Container c, Shim shim, Exception e) {
    c.updateEnded(
        c.record()
            .exited(Times.now(), START_ERROR_CODE, "StartError", String.valueOf(e.getMessage())));
    shim.release();
    c.launch().ifPresent(l -> l.cgroup().kill());
    c.shim(null);
    c.ended().complete(null);
  }

  /** Its first process has ended. */
  void exited(Container c, int code) {
    c.lock().lock();
    try {
      if (c.record().state() == ContainerState.CONTAINER_EXITED) {
        return;
      }
      Optional<Launch> launch = c.launch();
      boolean oom =
          launch.map(l -> CgroupUsage.oomKills(l.cgroup()) > 0).orElse(false)
              || (code == KILLED && c.shim().map(Shim::ranOutOfMemory).orElse(false));
      String reason = oom ? "OOMKilled" : code == 0 ? "Completed" : "Error";
      c.updateEnded(c.record().exited(Times.now(), code, reason, ""));
      events.publish(c.sandbox().id(), c.id(), ContainerEventType.CONTAINER_STOPPED_EVENT);
      leftovers(c);
      c.shim().ifPresent(Shim::release);
      c.shim(null);
    } finally {
      c.lock().unlock();
      c.ended().complete(null);
    }
  }

  /** What the first process started may outlive it where they share a PID namespace. */
  private void leftovers(Container c) {
    c.launch().map(Launch::cgroup).filter(Cgroup::exists).ifPresent(Cgroup::kill);
    if (!kind.isolates()) {
      Processes.killSession(c.record().waiterPid(), Set.of(c.record().waiterPid()));
    }
  }

  /** Its stop signal, then SIGKILL. Returns when it has ended. Idempotent. */
  void stop(Container c, long graceSeconds) throws IOException {
    if (!c.isRunning()) {
      return;
    }
    int pid = c.record().pid();
    if (graceSeconds > 0) {
      Processes.kill(pid, c.made().stopSignal());
      if (await(c, graceSeconds)) {
        return;
      }
    }
    kill(c);
    if (!await(c, KILL_WAIT_SECONDS)) {
      throw new IOException("container " + c.id() + " does not end");
    }
  }

  private void kill(Container c) {
    Processes.kill(c.record().pid(), Processes.SIGKILL);
    if (kind.isolates()) {
      c.launch().map(Launch::cgroup).filter(Cgroup::exists).ifPresent(Cgroup::kill);
    } else {
      Processes.killSession(c.record().waiterPid(), Set.of(c.record().waiterPid()));
    }
  }

  private static boolean await(Container c, long seconds) throws IOException {
    try {
      c.ended().get(seconds, TimeUnit.SECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
