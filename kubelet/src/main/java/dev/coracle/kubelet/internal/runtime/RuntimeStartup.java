package dev.coracle.kubelet.internal.runtime;

import dev.coracle.cri.v1.VersionResponse;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;

/**
 * Waits for a runtime that may be starting together with the kubelet; its first answer also warms
 * the connection. Blocks.
 */
public final class RuntimeStartup {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private RuntimeStartup() {}

  /**
   * @param endpoint of the runtime, for the message
   * @param stopped whether there is nothing to wait for any more
   * @throws IllegalStateException the runtime cannot be used, and what to do about it
   */
  public static VersionResponse await(
      RuntimeService runtime, String endpoint, Timers timers, BooleanSupplier stopped) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        return runtime.version();
      } catch (CriException e) {
        if (!e.isUnavailable() || System.nanoTime() > deadline || stopped.getAsBoolean()) {
          throw new IllegalStateException(
              "the container runtime at "
                  + endpoint
                  + " cannot be used: "
                  + e.getMessage()
                  + "; start it, or name another one with --container-runtime-endpoint",
              e);
        }
      }
      CompletableFuture<Void> pause = new CompletableFuture<>();
      timers.after(Duration.ofMillis(100), () -> pause.complete(null));
      pause.join();
    }
  }
}
