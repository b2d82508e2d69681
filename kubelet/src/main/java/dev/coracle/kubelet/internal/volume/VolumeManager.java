package dev.coracle.kubelet.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.StatusException;
import dev.coracle.kubelet.internal.host.Mounts;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Makes the volumes of pods ready before their containers start, and brings those whose content
 * comes from the API up to date when it changes. Volumes of one pod are worked on by its worker
 * only; what is remembered is safe for any thread.
 */
public final class VolumeManager {
  /** A volume could not be made ready; the message is that of the FailedMount event. */
  public static final class MountException extends Exception {
    private static final long serialVersionUID = 1L;

    MountException(String message) {
      super(message, null, false, false);
    }
  }

  private record Ready(
      String resourceVersion, Map<String, Mounted> volumes, Optional<Instant> until) {}

  private final PodPaths paths;
  private final List<VolumePlugin> plugins;
  private final Tokens tokens;
  private final Clock clock;
  private final Map<String, Ready> ready = new ConcurrentHashMap<>();
  private final Set<String> stale = ConcurrentHashMap.newKeySet();

  public VolumeManager(PodPaths paths, List<VolumePlugin> plugins, Tokens tokens, Clock clock) {
    this.paths = paths;
    this.plugins = List.copyOf(plugins);
    this.tokens = tokens;
    this.clock = clock;
  }

  /** Something the pod's volumes are made of has changed: the next {@link #mount} looks again. */
  public void changed(String podUid) {
    stale.add(podUid);
  }

  /** When the pod's volumes have to be looked at again even if nothing changes. */
  public Optional<Instant> nextRefresh(String podUid) {
    return Optional.ofNullable(ready.get(podUid)).flatMap(Ready::until);
  }

  public Map<String, Mounted> mount(Pod pod) throws MountException {
    Ready before = ready.get(pod.uid());
    boolean changed = stale.remove(pod.uid());
    if (before != null
        && !changed
        && before.resourceVersion.equals(pod.object().resourceVersion())
        && before.until.map(t -> clock.instant().isBefore(t)).orElse(true)) {
      return before.volumes;
    }
    Map<String, Mounted> out = new LinkedHashMap<>();
    for (JsonNode volume : pod.spec().path("volumes")) {
      String name = volume.path("name").asText("");
      try {
        out.put(name, mount(pod, name, volume));
      } catch (IOException | StatusException | IllegalArgumentException e) {
        stale.add(pod.uid());
        throw new MountException(
            "MountVolume.SetUp failed for volume \"" + name + "\" : " + e.getMessage());
      }
    }
    ready.put(
        pod.uid(), new Ready(pod.object().resourceVersion(), out, tokens.nextRefresh(pod.uid())));
    return out;
  }

  private Mounted mount(Pod pod, String name, JsonNode volume) throws IOException {
    for (VolumePlugin plugin : plugins) {
      JsonNode source = volume.path(plugin.field());
      if (source.isMissingNode() || source.isNull()) {
        continue;
      }
      Path dir = paths.volume(pod.uid(), plugin.directoryName(), name);
      Files.createDirectories(java.util.Objects.requireNonNull(dir.getParent()));
      return plugin.mount(new VolumePlugin.Request(pod, name, source, dir));
    }
    if (volume.size() == 1) {
      Path dir = paths.volume(pod.uid(), "kubernetes.io~empty-dir", name);
      Files.createDirectories(java.util.Objects.requireNonNull(dir.getParent()));
      return new EmptyDirVolume()
          .mount(new VolumePlugin.Request(pod, name, dev.coracle.api.Json.object(), dir));
    }
    throw new IllegalArgumentException("no volume plugin matched");
  }

  /** Gives back what the pod's volumes hold of the host: mounts, then files. */
  public void unmount(String podUid) throws IOException {
    Path volumes = paths.volumes(podUid);
    Mounts.detachBelow(volumes);
    PodPaths.deleteTree(volumes);
    forget(podUid);
  }

  public void forget(String podUid) {
    ready.remove(podUid);
    stale.remove(podUid);
    tokens.forget(podUid);
  }

  /** Detaches every mount below the pods' directories: the kubelet ends and keeps no pod. */
  public void detachAll() throws IOException {
    Mounts.detachBelow(paths.pods());
  }
}
