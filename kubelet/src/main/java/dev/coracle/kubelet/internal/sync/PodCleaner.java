package dev.coracle.kubelet.internal.sync;

import dev.coracle.api.KubeObject;
import dev.coracle.kubelet.internal.host.LogLinks;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.image.provider.PodAccounts;
import dev.coracle.kubelet.internal.metrics.PodMetrics;
import dev.coracle.kubelet.internal.objects.ObjectCache;
import dev.coracle.kubelet.internal.runtime.ContainerGc;
import dev.coracle.kubelet.internal.runtime.RuntimeCache;
import dev.coracle.kubelet.internal.status.StatusManager;
import dev.coracle.kubelet.internal.userns.UserNamespaces;
import dev.coracle.kubelet.internal.volume.VolumeManager;
import dev.coracle.kubelet.spi.CriException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what pods leave behind, in the runtime and on disk, once they have ended. What cannot be
 * removed at once is tried again with each sweep.
 */
public final class PodCleaner {
  /** What the containers of a pod that nobody knows get to end, as in upstream. */
  private static final long UNKNOWN_SECONDS = 2;

  private static final Logger LOG = LoggerFactory.getLogger(PodCleaner.class);

  private final RuntimeCache cache;
  private final StatusManager statuses;
  private final VolumeManager volumes;
  private final ObjectCache objects;
  private final PodAccounts accounts;
  private final ContainerGc gc;
  private final PodPaths paths;
  private final LogLinks links;
  private final Timers timers;
  private final UserNamespaces users;
  private final PodMetrics metrics;

  /** Pods that nobody knows and that are being ended, by uid. */
  private final Set<String> unknown = ConcurrentHashMap.newKeySet();

  /** Pods that have ended and whose remains are being removed, by uid. */
  private final Set<String> leaving = ConcurrentHashMap.newKeySet();

  public PodCleaner(
      RuntimeCache cache,
      StatusManager statuses,
      VolumeManager volumes,
      ObjectCache objects,
      PodAccounts accounts,
      ContainerGc gc,
      PodPaths paths,
      Timers timers,
      UserNamespaces users,
      PodMetrics metrics) {
    this.cache = cache;
    this.statuses = statuses;
    this.volumes = volumes;
    this.objects = objects;
    this.accounts = accounts;
    this.gc = gc;
    this.paths = paths;
    this.links = new LogLinks(paths);
    this.timers = timers;
    this.users = users;
    this.metrics = metrics;
  }

  /** The uids of pods whose remains are being removed. */
  public Set<String> leaving() {
    return Set.copyOf(leaving);
  }

  /**
   * A pod is gone from the API and has ended: nothing of it may stay.
   *
   * @param comesBack the same pod is to run again; what the runtime has of it, and its logs, are
   *     what it restarts from
   * @return done when its remains are removed, or could not be
   */
  public CompletionStage<Void> forget(String uid, boolean comesBack) {
    statuses.forget(uid);
    volumes.forget(uid);
    objects.forget(uid);
    accounts.forget(uid);
    if (comesBack) {
      return CompletableFuture.completedFuture(null);
    }
    cache.forget(uid);
    leaving.add(uid);
    return CompletableFuture.runAsync(() -> clean(uid, 0), timers);
  }

  /**
   * Ends what runs of pods nobody knows, and removes directories of pods that are gone.
   *
   * @param source every pod to run, as it is when asked
   * @param inRuntime uids of pods of which the runtime has something
   */
  public void sweep(
      SyncLoop loop, Supplier<Collection<KubeObject>> source, Collection<String> inRuntime) {
    Set<String> remains = new TreeSet<>(inRuntime);
    Set<String> onDisk;
    try {
      onDisk = Set.copyOf(paths.known());
      remains.addAll(onDisk);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    PodMetrics.Sweep counts = metrics.sweeping();
    for (String uid : remains) {
      if (loop.pod(uid).isEmpty()
          && source.get().stream().noneMatch(p -> p.uid().equals(uid))
          && unknown.add(uid)) {
        LOG.atInfo().addKeyValue("uid", uid).log("Cleaning up a pod that is not in the API");
        if (inRuntime.contains(uid) && !leaving.contains(uid)) {
          metrics.orphaned();
        }
        timers.execute(() -> {
          try {
            boolean cleaned = clean(uid, UNKNOWN_SECONDS);
            if (onDisk.contains(uid)) {
              counts.swept(cleaned);
            }
          } finally {
            unknown.remove(uid);
          }
        });
      }
    }
  }

  /** Whether nothing of it is left. */
  private boolean clean(String uid, long graceSeconds) {
    try {
      gc.removePod(uid, graceSeconds);
      volumes.unmount(uid);
      if (paths.real()) {
        removeFiles(uid);
      }
      users.release(uid);
      leaving.remove(uid);
      return true;
    } catch (IOException | CriException e) {
      LOG.atWarn()
          .addKeyValue("uid", uid)
          .addKeyValue("why", e.getMessage())
          .log("A pod's remains could not be removed, housekeeping tries again");
      return false;
    }
  }

  private void removeFiles(String uid) throws IOException {
    PodPaths.deleteTree(paths.pod(uid));
    try (var dirs = Files.list(paths.logs())) {
      for (Path dir : dirs.filter(d -> d.getFileName().toString().endsWith("_" + uid)).toList()) {
        PodPaths.deleteTree(dir);
      }
    }
    links.sweep();
  }
}
