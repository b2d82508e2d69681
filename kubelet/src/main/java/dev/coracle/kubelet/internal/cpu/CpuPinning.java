package dev.coracle.kubelet.internal.cpu;

import dev.coracle.cri.v1.LinuxContainerResources;
import dev.coracle.kubelet.config.CpuSet;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.runtime.ContainerState;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.runtime.PodRuntimeStatus;
import dev.coracle.kubelet.internal.sync.PodSync;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps running containers on the CPUs that {@link CpuManager} says, which change for those that
 * share them whenever somebody gets some alone. Called by the pods' workers.
 */
public final class CpuPinning implements PodSync.Follower {
  private static final Logger LOG = LoggerFactory.getLogger(CpuPinning.class);
  private static final Duration RETRY = Duration.ofSeconds(10);

  private final CpuManager cpus;
  private final RuntimeService runtime;
  private final Timers timers;
  private final Consumer<String> wake;

  /** By the pod's uid and the container's id, where the runtime does not say. */
  private final Map<String, Map<String, CpuSet>> applied = new ConcurrentHashMap<>();

  /**
   * @param wake has the worker of a pod, by its uid, look again
   */
  public CpuPinning(CpuManager cpus, RuntimeService runtime, Timers timers, Consumer<String> wake) {
    this.cpus = cpus;
    this.runtime = runtime;
    this.timers = timers;
    this.wake = wake;
  }

  @Override
  public void follow(PodContext context, PodRuntimeStatus status) {
    for (ContainerState container : status.containers()) {
      CpuSet wanted = cpus.of(context.uid(), container.name());
      if (container.isRunning() && !wanted.isEmpty()) {
        pin(context.uid(), container, wanted);
      }
    }
  }

  private void pin(String uid, ContainerState container, CpuSet wanted) {
    Map<String, CpuSet> known = applied.computeIfAbsent(uid, _ -> new ConcurrentHashMap<>());
    String told = container.resources().map(LinuxContainerResources::getCpusetCpus).orElse("");
    if (told.isEmpty() ? wanted.equals(known.get(container.id())) : isSame(told, wanted)) {
      return;
    }
    try {
      runtime.updateContainerResources(
          container.id(),
          LinuxContainerResources.newBuilder().setCpusetCpus(wanted.toString()).build());
      known.put(container.id(), wanted);
    } catch (CriException e) {
      LOG.atWarn()
          .addKeyValue("podUid", uid)
          .addKeyValue("container", container.name())
          .addKeyValue("cpus", wanted)
          .addKeyValue("why", e.describe())
          .log("A container cannot be given its CPUs");
      timers.after(RETRY, () -> wake.accept(uid));
    }
  }

  private static boolean isSame(String told, CpuSet wanted) {
    try {
      return CpuSet.parse(told).equals(wanted);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  @Override
  public void ending(String uid) {
    // What ends stays where it is.
  }

  @Override
  public void forget(String uid) {
    applied.remove(uid);
  }
}
