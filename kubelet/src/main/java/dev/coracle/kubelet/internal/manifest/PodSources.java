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
 * Where a node's pods come from: the API, and manifests in a directory or of a web server, whose
 * pods the API shows as mirrors. The sync loop is told of every change.
 */
public final class PodSources {
  private static final Logger LOG = LoggerFactory.getLogger(PodSources.class);

  private final Informer pods;
  private final Timers timers;
  private final Consumer<SyncEvent> loop;
  private final MirrorPods mirrors;
  private final StaticPodSet manifests;
  private boolean listed;
  private volatile boolean started;
  private final List<ManifestSource> places = new ArrayList<>();

  /**
   * @param pods of this node
   * @param node the Node, which owns the mirrors
   * @param loop is told of changes from {@link #start} on
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
        new StaticPodSet(pod -> loop.accept(new SyncEvent.PodChanged(pod)), this::manifestRemoved);
    ManifestReader reader = new ManifestReader(options.nodeName());
    options
        .staticPodPath()
        .map(p -> new ManifestDirectory(p, reader, manifests))
        .ifPresent(places::add);
    options
        .configuration()
        .staticPodUrl()
        .map(url ->
            new ManifestUrl(
                url,
                reader,
                manifests,
                timers,
                ManifestUrl.LIMIT,
                () -> loop.accept(new SyncEvent.Housekeeping())))
        .ifPresent(places::add);
    pods.addHandler(
        new Informer.Handler() {
          @Override
          public void added(KubeObject pod) {
            changed(pod);
            orphaned(pod);
          }

          @Override
          public void updated(KubeObject before, KubeObject now) {
            if (!before.uid().equals(now.uid())) {
              removed(before);
              orphaned(now);
            }
            changed(now);
          }

          @Override
          public void deleted(KubeObject last) {
            removed(last);
          }
        });
  }

  /**
   * Tells of the pods that are there, all at once, then of every change. Called when the informer
   * has its first list, and the Node is known by which pods are let in.
   */
  public void start() throws IOException {
    synchronized (this) {
      listed = true;
      loop.accept(new SyncEvent.Listed());
    }
    for (ManifestSource place : places) {
      place.start();
    }
    started = true;
  }

  /**
   * Removes mirrors of manifests that went while no kubelet was there. Blocks.
   *
   * @param known pods that run, or whose manifest went and that are ending: those are shown as long
   */
  public void removeOrphanedMirrors(Collection<Pod> known) {
    Set<NamespacedName> shown =
        staticPods().stream().map(KubeObject::key).collect(Collectors.toSet());
    known.stream().filter(Pod::isStatic).forEach(p -> shown.add(p.object().key()));
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
    places.forEach(ManifestSource::close);
  }

  /** Whether all pods that the API has for this node are known, and those of all manifests. */
  public boolean hasSynced() {
    return started && pods.hasSynced() && places.stream().allMatch(ManifestSource::hasSynced);
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
  private synchronized void changed(KubeObject pod) {
    if (!listed) {
      return;
    }
    if (pod.annotation(Pod.CONFIG_MIRROR).isEmpty()) {
      loop.accept(new SyncEvent.PodChanged(pod));
    } else {
      mirrored(pod);
    }
  }

  private synchronized void removed(KubeObject pod) {
    if (!listed) {
      return;
    }
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

  /** Its manifest may have gone while it was being made. */
  private void orphaned(KubeObject pod) {
    if (pod.annotation(Pod.CONFIG_MIRROR).isPresent()
        && staticPods().stream().noneMatch(p -> p.key().equals(pod.key()))) {
      loop.accept(new SyncEvent.Housekeeping());
    }
  }

  private Collection<KubeObject> staticPods() {
    return manifests.list();
  }

  private void manifestRemoved(KubeObject pod) {
    mirrors.forget(pod.uid());
    loop.accept(new SyncEvent.PodRemoved(pod));
  }

  /**
   * A pod has ended and its source does not have it any more. A static one was shown until now; its
   * mirror is taken away, unless another pod of its name is to be shown.
   */
  public void ended(Pod pod) {
    NamespacedName key = pod.object().key();
    if (pod.isStatic() && staticPods().stream().noneMatch(p -> p.key().equals(key))) {
      pods.lister()
          .get(pod.namespace(), pod.name())
          .filter(m -> m.annotation(Pod.CONFIG_MIRROR).isPresent())
          .ifPresent(m -> timers.execute(() -> removeMirror(m)));
    }
  }
}
