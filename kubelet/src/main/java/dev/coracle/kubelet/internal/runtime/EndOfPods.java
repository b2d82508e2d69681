package dev.coracle.kubelet.internal.runtime;

import dev.coracle.cri.v1.Container;
import dev.coracle.cri.v1.ContainerFilter;
import dev.coracle.cri.v1.ContainerState;
import dev.coracle.cri.v1.PodSandbox;
import dev.coracle.cri.v1.PodSandboxFilter;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes everything of this kubelet's pods out of the runtime when the kubelet itself ends and does
 * not leave them running. All pods end side by side: each container gets its stop signal, a second,
 * then SIGKILL. The API's objects stay as they are; whoever starts next runs the pods anew. Blocks.
 */
public final class EndOfPods {
  private static final Logger LOG = LoggerFactory.getLogger(EndOfPods.class);
  private static final long GRACE_SECONDS = 1;

  /** A worker cut short may just have started something, so it is looked again. */
  private static final int ROUNDS = 3;

  private final RuntimeService runtime;
  private final Executor executor;

  /**
   * @param executor of virtual threads
   */
  public EndOfPods(RuntimeService runtime, Executor executor) {
    this.runtime = runtime;
    this.executor = executor;
  }

  /**
   * @param ours whether a pod of this uid is this kubelet's; others may share the runtime
   */
  public void run(Predicate<String> ours) {
    for (int round = 0; round < ROUNDS; round++) {
      List<PodSandbox> sandboxes =
          runtime.listPodSandboxes(PodSandboxFilter.getDefaultInstance()).stream()
              .filter(s -> ours.test(s.getLabelsMap().getOrDefault(Labels.POD_UID, "")))
              .toList();
      if (sandboxes.isEmpty()) {
        return;
      }
      Map<String, List<Container>> containers =
          runtime.listContainers(ContainerFilter.getDefaultInstance()).stream()
              .collect(Collectors.groupingBy(Container::getPodSandboxId));
      all(
          sandboxes.stream()
              .map(s -> (Runnable) () -> end(s, containers.getOrDefault(s.getId(), List.of())))
              .toList());
    }
  }

  private void end(PodSandbox sandbox, List<Container> containers) {
    try {
      all(
          containers.stream()
              .filter(c -> c.getState() == ContainerState.CONTAINER_RUNNING)
              .map(c -> (Runnable) () -> stop(c.getId()))
              .toList());
      runtime.stopPodSandbox(sandbox.getId());
      runtime.removePodSandbox(sandbox.getId());
    } catch (CriException e) {
      if (!e.isNotFound()) {
        LOG.atWarn()
            .addKeyValue("sandbox", sandbox.getId())
            .addKeyValue("pod", sandbox.getMetadata().getName())
            .addKeyValue("why", e.describe())
            .log("A pod could not be ended");
      }
    }
  }

  /** What fails here is tried again, with force, by stopping the sandbox. */
  private void stop(String container) {
    try {
      runtime.stopContainer(container, GRACE_SECONDS);
    } catch (CriException e) {
      LOG.atDebug().addKeyValue("container", container).log("Not stopped: {}", e.describe());
    }
  }

  private void all(List<Runnable> work) {
    List<CompletableFuture<Void>> running = new ArrayList<>();
    work.forEach(w -> running.add(CompletableFuture.runAsync(w, executor)));
    CompletableFuture.allOf(running.toArray(CompletableFuture[]::new)).join();
  }
}
