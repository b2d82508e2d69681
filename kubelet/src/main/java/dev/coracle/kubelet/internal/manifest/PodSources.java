package dev.coracle.kubelet.internal.manifest;

import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.client.Client;
import dev.coracle.client.Informer;
import dev.coracle.kubelet.config.KubeletOptions;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.sync.SyncEvent;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a node's pods come from: the API, and manifests in a directory, whose pods the API shows as
 * mirrors. The sync loop is told of every change.
 */
public final class PodSources {
  private static final Logger LOG = LoggerFactory.getLogger(PodSources.class);

  private final Informer pods;
  private final Timers timers;
  private final Consumer<SyncEvent> loop;
  private final MirrorPods mirrors;
  private volatile boolean manifestsRead;
  private final Optional<StaticPods> manifests;

  /**
   * @param pods of this node
   * @param node the Node, which owns the mirrors
   * @param loop is told of changes, once the informer runs and {@link #startManifests} was called
   */
  public PodSources(
      Client client,
      Informer pods,
      Timers timers,
      KubeletOptions options,
      Supplier<Optional<KubeObject>> node,
      Consumer<SyncEvent> loop) {
    this.pods = pods;
    this.timers = timers;
    this.loop = loop;
    this.mirrors =
        new MirrorPods(
            client, pods.lister(), timers, node, uid -> loop.accept(new SyncEvent.PodTouched(uid)));
    this.manifests =
        options
            .staticPodPath()
            .map(dir ->
                new StaticPods(
                    dir,
                    options.nodeName(),
                    pod -> loop.accept(new SyncEvent.PodChanged(pod)),
                    this::manifestRemoved));
    pods.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject pod) {
            changed(pod);
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (!before.uid().equals(now.uid())) {
              removed(before);
            }
            changed(now);
          }

          @Override
          public void deleted(KubeObject last) {
            removed(last);
          }
        });
  }

  public void startManifests() throws IOException {
    if (manifests.isPresent()) {
      manifests.get().start();
    }
    manifestsRead = true;
  }

  /** Removes mirrors of manifests that went while no kubelet was there. Blocks. */
  public void removeOrphanedMirrors() {
    if (!manifestsRead) {
      return;
    }
    Set<NamespacedName> shown =
        staticPods().stream().map(KubeObject::key).collect(Collectors.toSet());
    pods.lister().list().stream()
        .filter(p -> p.annotation(Pod.CONFIG_MIRROR).isPresent() && !shown.contains(p.key()))
        .forEach(this::removeMirror);
  }

  private void removeMirror(KubeObject mirror) {
    try {
      mirrors.delete(mirror);
    } catch (RuntimeException e) {
      LOG.atWarn()
          .addKeyValue("pod", mirror.key())
          .addKeyValue("why", e.getMessage())
          .log("A mirror without a manifest could not be removed, housekeeping tries again");
    }
  }

  public void close() {
    manifests.ifPresent(StaticPods::close);
  }

  /** Whether all pods that the API has for this node are known. */
  public boolean hasSynced() {
    return pods.hasSynced();
  }

  /** Every pod to run, by either way. */
  public Collection<KubeObject> all() {
    List<KubeObject> all = new ArrayList<>(staticPods());
    pods.lister().list().stream()
        .filter(p -> p.annotation(Pod.CONFIG_MIRROR).isEmpty())
        .forEach(all::add);
    return all;
  }

  /** Where a pod's status goes: its own object, or its mirror, which is made when there is none. */
  public Optional<Pod> inApi(Pod pod) {
    if (!pod.isStatic()) {
      return Optional.of(pod);
    }
    Optional<Pod> mirror = mirrors.of(pod);
    if (mirror.isEmpty() && staticPods().stream().anyMatch(p -> p.uid().equals(pod.uid()))) {
      mirrors.ensure(pod);
    }
    return mirror;
  }

  /** Mirrors are shown, not run: they only lead to their static pod. */
  private void changed(KubeObject pod) {
    if (pod.annotation(Pod.CONFIG_MIRROR).isEmpty()) {
      loop.accept(new SyncEvent.PodChanged(pod));
    } else {
      mirrored(pod);
    }
  }

  private void removed(KubeObject pod) {
    if (pod.annotation(Pod.CONFIG_MIRROR).isEmpty()) {
      loop.accept(new SyncEvent.PodRemoved(pod));
    } else {
      mirrored(pod);
    }
  }

  private void mirrored(KubeObject mirror) {
    staticPods().stream()
        .filter(p -> p.key().equals(mirror.key()))
        .forEach(p -> loop.accept(new SyncEvent.PodTouched(p.uid())));
  }

  private Collection<KubeObject> staticPods() {
    return manifests.map(StaticPods::list).orElse(List.of());
  }

  private void manifestRemoved(KubeObject pod) {
    mirrors.forget(pod.uid());
    loop.accept(new SyncEvent.PodRemoved(pod));
    pods.lister()
        .get(pod.namespace(), pod.name())
        .filter(m -> m.annotation(Pod.CONFIG_MIRROR).isPresent())
        .ifPresent(m -> timers.execute(() -> mirrors.delete(m)));
  }
}
