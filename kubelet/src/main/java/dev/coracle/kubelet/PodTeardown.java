package dev.coracle.kubelet;

import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.runtime.EndOfPods;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.sync.SyncLoop;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes the pods of a kubelet that ends out of the runtime and off the machine. Blocks. */
final class PodTeardown {
  private static final Logger LOG = LoggerFactory.getLogger(PodTeardown.class);
  private static final Duration WORKER_PATIENCE = Duration.ofMillis(1500);

  private final RuntimeService runtime;
  private final SyncLoop loop;
  private final PodParts parts;
  private final Timers timers;

  /**
   * @param loop stopped when the pods end
   */
  PodTeardown(RuntimeService runtime, SyncLoop loop, PodParts parts, Timers timers) {
    this.runtime = runtime;
    this.loop = loop;
    this.parts = parts;
    this.timers = timers;
  }

  /** Ends their containers and sandboxes. */
  void end() {
    try {
      Set<String> ours = new HashSet<>(loop.pods().stream().map(PodContext::uid).toList());
      ours.addAll(parts.cleaner.leaving());
      EndOfPods end = new EndOfPods(runtime, timers);
      boolean quiet = loop.quiet().isDone();
      end.run(ours::contains);
      if (!quiet) {
        // A worker may have been making something just then.
        loop.quiet()
            .completeOnTimeout(null, WORKER_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
            .join();
        end.run(ours::contains);
      }
    } catch (CriException e) {
      LOG.atWarn().addKeyValue("why", e.describe()).log("The pods could not be ended");
    }
  }

  /** Takes away what is left of them on the machine: mounts and cgroups. */
  void clear() {
    try {
      parts.volumes.detachAll();
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("why", e.getMessage()).log("A volume is still mounted");
    }
    parts.cgroups.removeAll();
  }
}
