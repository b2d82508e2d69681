package dev.coracle.criruntime.internal.linux;

import java.util.concurrent.CompletableFuture;

/** Waits for children of this process by their handles, without a thread for each. */
public final class Reaper {
  private final Poller poller;

  public Reaper(Poller poller) {
    this.poller = poller;
  }

  /**
   * The exit code of a child, as a shell tells it, once it has ended. Completed on the poller's
   * thread.
   */
  public CompletableFuture<Integer> await(int pid) {
    CompletableFuture<Integer> code = new CompletableFuture<>();
    int handle = Processes.pidfd(pid);
    if (handle < 0) {
      code.complete(Math.max(0, Processes.reap(pid)));
      return code;
    }
    try {
      poller.watch(
          handle,
          Poller.READABLE,
          events -> {
            int result = Processes.reap(pid);
            if (result != -1) {
              poller.unwatch(handle);
              Fd.close(handle);
              code.complete(result < 0 ? 255 : result);
            }
          });
    } catch (PosixException e) {
      Fd.close(handle);
      code.completeExceptionally(e);
    }
    return code;
  }
}
