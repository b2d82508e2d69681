package dev.coracle.kubelet.internal.runtime;

import dev.coracle.cri.v1.ContainerFilter;
import dev.coracle.cri.v1.PodSandboxFilter;
import dev.coracle.kubelet.internal.event.NodeEvents;
import dev.coracle.kubelet.internal.event.SeldomEvents;
import dev.coracle.kubelet.internal.host.LogLinks;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes ended containers: of a living pod all but the newest two of each name (the one shown and
 * its predecessor, for {@code logs --previous}), of a pod that is gone everything. Runs off the
 * pods' path.
 */
public final class ContainerGc {
  private static final Logger LOG = LoggerFactory.getLogger(ContainerGc.class);
  private static final int KEEP = 2;

  /** As often as upstream looks for containers to remove. */
  private static final Duration APART = Duration.ofMinutes(1);

  private final RuntimeService runtime;
  private final PodPaths paths;
  private final LogLinks links;
  private final Executor executor;
  private final NodeEvents events;

  public ContainerGc(RuntimeService runtime, PodPaths paths, Executor executor, NodeEvents events) {
    this.runtime = runtime;
    this.paths = paths;
    this.links = new LogLinks(paths);
    this.executor = executor;
    this.events = new SeldomEvents(events, APART, System::nanoTime);
  }

  /** Called after each sync that found nothing to do. */
  public void afterSync(Pod pod, PodRuntimeStatus status) {
    Map<String, Integer> seen = new HashMap<>();
    Set<String> usedSandboxes = new HashSet<>();
    for (ContainerState c : status.containers()) {
      boolean keep = seen.merge(c.name(), 1, Integer::sum) <= KEEP || !c.isExited();
      if (keep) {
        usedSandboxes.add(c.sandboxId());
      } else {
        executor.execute(() -> remove(pod, c));
      }
    }
    for (SandboxState s : status.sandboxes().stream().skip(1).toList()) {
      if (!s.ready() && !usedSandboxes.contains(s.id())) {
        executor.execute(() -> quietly(() -> runtime.removePodSandbox(s.id())));
      }
    }
  }

  private void remove(Pod pod, ContainerState c) {
    quietly(() -> runtime.removeContainer(c.id()));
    if (!paths.real()) {
      return;
    }
    Path dir = paths.podLogs(pod).resolve(c.name());
    try (var list = Files.list(dir)) {
      for (Path log : list.toList()) {
        if (log.getFileName().toString().startsWith(c.restartCount() + ".log")) {
          Files.deleteIfExists(log);
        }
      }
      links.remove(pod, c.name(), c.id(), c.restartCount());
      Files.deleteIfExists(paths.terminationLog(pod.uid(), c.name(), c.restartCount()));
    } catch (IOException e) {
      LOG.atDebug()
          .addKeyValue("pod", pod.key())
          .log("A log could not be removed: {}", e.toString());
    }
  }

  /**
   * Removes all containers that have ended, of pods that are over, for the disk's sake: not even
   * the newest stay.
   *
   * @param over whether all of a pod's containers have ended for good, by its uid
   */
  public void removeAllEnded(Predicate<String> over) {
    for (var c : listed(() -> runtime.listContainers(ContainerFilter.getDefaultInstance()))) {
      if (c.getState() == dev.coracle.cri.v1.ContainerState.CONTAINER_EXITED
          && over.test(c.getLabelsOrDefault(Labels.POD_UID, ""))) {
        quietly(() -> runtime.removeContainer(c.getId()));
      }
    }
  }

  /**
   * Ends and removes everything of a pod that nobody wants any more. Blocks as long as its
   * containers take to end, side by side.
   */
  public void removePod(String uid, long graceSeconds) {
    var containers =
        listed(() ->
            runtime.listContainers(
                ContainerFilter.newBuilder().putLabelSelector(Labels.POD_UID, uid).build()));
    CompletableFuture.allOf(
            containers.stream()
                .filter(c -> c.getState() != dev.coracle.cri.v1.ContainerState.CONTAINER_EXITED)
                .map(c ->
                    CompletableFuture.runAsync(
                        () -> quietly(() -> runtime.stopContainer(c.getId(), graceSeconds)),
                        executor))
                .toArray(CompletableFuture[]::new))
        .join();
    containers.forEach(c -> quietly(() -> runtime.removeContainer(c.getId())));
    for (var s :
        listed(() ->
            runtime.listPodSandboxes(
                PodSandboxFilter.newBuilder().putLabelSelector(Labels.POD_UID, uid).build()))) {
      quietly(() -> runtime.stopPodSandbox(s.getId()));
      quietly(() -> runtime.removePodSandbox(s.getId()));
    }
  }

  private <T> List<T> listed(Supplier<List<T>> list) {
    try {
      return list.get();
    } catch (CriException e) {
      events.warning("ContainerGCFailed", e.describe());
      throw e;
    }
  }

  private static void quietly(Runnable call) {
    try {
      call.run();
    } catch (CriException e) {
      if (!e.isNotFound()) {
        LOG.atDebug().log(
            "The runtime refused a removal, it will be tried again: {}", e.describe());
      }
    }
  }
}
