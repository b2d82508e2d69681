package dev.coracle.kubelet.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.kubelet.internal.host.Mounts;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.metrics.VolumeOperations;
import dev.coracle.kubelet.internal.objects.Renewals;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import dev.coracle.kubelet.spi.CriException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;

/**
 * Makes the volumes of pods ready before their containers start, and brings those whose content
 * comes from the API up to date when it changes. What no container of a pod uses is left alone.
 * Volumes of one pod are worked on by its worker only; what is remembered is safe for any thread.
 */
public final class VolumeManager {
  /** Volumes could not be made ready, or not be brought up to date. */
  public static final class MountException extends Exception {
    private static final long serialVersionUID = 1L;

    /** An event's reason and message. */
    public record Failure(String reason, String message) {}

    private final transient List<Failure> failures;
    private final transient Optional<Map<String, Mounted>> standing;
    private final transient Optional<String> refused;

    MountException(
        List<Failure> failures, Optional<Map<String, Mounted>> standing, Optional<String> refused) {
      super(
          failures.stream().map(Failure::message).collect(Collectors.joining("; ")),
          null,
          false,
          false);
      this.failures = List.copyOf(failures);
      this.standing = standing;
      this.refused = refused;
    }

    /** What is to be told. */
    public List<Failure> failures() {
      return failures;
    }

    /** All of the pod's volumes, where each stands with what it had before; the pod goes on. */
    public Optional<Map<String, Mounted>> standing() {
      return standing;
    }

    /** Why the pod is not for this node, which cannot have as many volumes (KEP-4876). */
    public Optional<String> refused() {
      return refused;
    }
  }

  private record Ready(
      String resourceVersion, Map<String, Mounted> volumes, Optional<Instant> until) {}

  /** A volume's kind and its part of the spec. */
  private record Kind(VolumePlugin plugin, JsonNode source) {}

  /** Where containers name the volumes that they use. */
  private static final List<String> USES = List.of("volumeMounts", "volumeDevices");

  /** How long a pod's volumes may take before it is told which of them are missing. */
  private static final Duration PATIENCE = Duration.ofSeconds(123);

  private final PodPaths paths;
  private final List<VolumePlugin> plugins;
  private final List<Renewals> renewals;
  private final Clock clock;

  /**
   * Volumes of one pod.
   *
   * @param plugins by name, of all that are known, what metrics call their kind
   * @param since when those that do not stand were first tried, in nanoseconds
   * @param standing those that stand, also while others do not yet
   */
  private record Held(
      Map<String, String> plugins, Map<String, Long> since, Map<String, Mounted> standing) {
    Held() {
      this(new HashMap<>(2), new HashMap<>(2), new LinkedHashMap<>());
    }
  }

  private final VolumeOperations metrics;

  /** By pod. */
  private final Map<String, Held> held = new ConcurrentHashMap<>();

  private final Map<String, Ready> ready = new ConcurrentHashMap<>();

  /** By pod, since when something of its volumes has failed, or was last told to be late. */
  private final Map<String, Instant> failing = new ConcurrentHashMap<>();

  private final Set<String> stale = ConcurrentHashMap.newKeySet();

  /**
   * @param plugins in order; the first is that of a volume that names no kind
   * @param renewals what their files are made of
   */
  public VolumeManager(
      PodPaths paths,
      List<VolumePlugin> plugins,
      List<Renewals> renewals,
      Clock clock,
      VolumeOperations metrics) {
    this.paths = paths;
    this.plugins = List.copyOf(plugins);
    this.renewals = List.copyOf(renewals);
    this.clock = clock;
    this.metrics = metrics;
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
    Held own = held.computeIfAbsent(pod.uid(), _ -> new Held());
    Map<String, Mounted> known = own.standing;
    MountFailures failures = new MountFailures();
    Optional<Instant> until = Optional.empty();
    List<JsonNode> used = used(pod);
    for (JsonNode volume : used) {
      String name = volume.path("name").asText("");
      try {
        Kind kind = kind(volume);
        known.put(name, mount(pod, name, kind, own));
        until = earlier(until, kind.plugin.refreshAfter(request(pod, name, kind)).map(this::in));
      } catch (IOException | StatusException | IllegalArgumentException | CriException e) {
        failures.add(name, e);
      }
    }
    if (!failures.isEmpty()) {
      stale.add(pod.uid());
      throw failed(pod, failures, missing(used, known.keySet()), known);
    }
    failing.remove(pod.uid());
    Map<String, Mounted> out = new LinkedHashMap<>(known);
    for (Renewals renewal : renewals) {
      until = earlier(until, renewal.nextRefresh(pod.uid()));
    }
    ready.put(pod.uid(), new Ready(pod.object().resourceVersion(), out, until));
    return out;
  }

  /** Those that some container has, also one that was added for debugging. */
  private static List<JsonNode> used(Pod pod) {
    Set<String> names = new HashSet<>();
    for (ContainerSpec container : pod.allContainers()) {
      for (String uses : USES) {
        container.node().path(uses).forEach(u -> names.add(u.path("name").asText("")));
      }
    }
    List<JsonNode> used = new ArrayList<>();
    for (JsonNode volume : pod.spec().path("volumes")) {
      if (names.contains(volume.path("name").asText(""))) {
        used.add(volume);
      }
    }
    return used;
  }

  private MountException failed(
      Pod pod, MountFailures failures, List<String> missing, Map<String, Mounted> known) {
    if (missing.isEmpty()) {
      failing.remove(pod.uid());
      return new MountException(
          failures.told(missing, false), Optional.of(new LinkedHashMap<>(known)), Optional.empty());
    }
    Instant now = clock.instant();
    Instant since = failing.computeIfAbsent(pod.uid(), _ -> now);
    boolean late = !now.isBefore(since.plus(PATIENCE));
    if (late) {
      failing.put(pod.uid(), now);
    }
    return new MountException(
        failures.told(missing, late), Optional.empty(), failures.refused(missing, late));
  }

  private static List<String> missing(List<JsonNode> volumes, Set<String> mounted) {
    List<String> names = new ArrayList<>();
    volumes.forEach(v -> names.add(v.path("name").asText("")));
    names.removeAll(mounted);
    Collections.sort(names);
    return names;
  }

  private Instant in(Duration wait) {
    return clock.instant().plus(wait);
  }

  private static Optional<Instant> earlier(Optional<Instant> a, Optional<Instant> b) {
    if (a.isEmpty() || b.isEmpty()) {
      return a.or(() -> b);
    }
    return a.get().isBefore(b.get()) ? a : b;
  }

  private VolumePlugin.Request request(Pod pod, String name, Kind kind) {
    return new VolumePlugin.Request(
        pod, name, kind.source, paths.volume(pod.uid(), kind.plugin.directoryName(), name));
  }

  private Kind kind(JsonNode volume) {
    for (VolumePlugin plugin : plugins) {
      JsonNode source = volume.path(plugin.field());
      if (!source.isMissingNode() && !source.isNull()) {
        return new Kind(plugin, source);
      }
    }
    if (volume.size() == 1) {
      return new Kind(plugins.getFirst(), Json.object()); // A volume without a kind is an emptyDir.
    }
    throw new IllegalArgumentException("no volume plugin matched");
  }

  private Mounted mount(Pod pod, String name, Kind kind, Held own) throws IOException {
    VolumePlugin.Request request = request(pod, name, kind);
    Mounted standing = own.standing.get(name);
    if (standing != null) {
      return kind.plugin.refresh(request, standing);
    }
    String plugin = own.plugins.get(name);
    if (plugin == null) {
      plugin = kind.plugin.qualifiedName(request);
      own.plugins.put(name, plugin);
      metrics.desired(plugin);
    }
    long since = own.since.computeIfAbsent(name, _ -> System.nanoTime());
    paths.make(Objects.requireNonNull(request.directory().getParent()));
    Mounted mounted = measured(plugin, kind.plugin, request);
    own.since.remove(name);
    if (!mounted.device()) {
      metrics.overall(plugin, Duration.ofNanos(System.nanoTime() - since));
    }
    return mounted;
  }

  private Mounted measured(String name, VolumePlugin plugin, VolumePlugin.Request request)
      throws IOException {
    long begun = System.nanoTime();
    Mounted mounted = null;
    String operation = "volume_mount";
    try {
      mounted = plugin.mount(request);
      operation = mounted.device() ? "map_volume" : operation;
      metrics.mounted(name);
      return mounted;
    } catch (VolumePlugin.NotAttachedException e) {
      operation = "verify_controller_attached_volume";
      throw e;
    } finally {
      metrics.done(name, operation, mounted != null, Duration.ofNanos(System.nanoTime() - begun));
    }
  }

  /** The pod's volumes that stand, by name; none while something of them is missing. */
  public Map<String, Mounted> standing(String podUid) {
    Ready known = ready.get(podUid);
    return known == null ? Map.of() : known.volumes;
  }

  /** Gives back what the pod's volumes hold of the host: mounts, then files. */
  public void unmount(String podUid) throws IOException {
    if (paths.real()) {
      detachAndDelete(podUid);
    }
    forget(podUid);
  }

  private void detachAndDelete(String podUid) throws IOException {
    Path volumes = paths.volumes(podUid);
    Path parts = paths.subPaths(podUid);
    Mounts.detachBelow(parts);
    PodPaths.deleteTree(parts);
    for (VolumePlugin plugin : plugins) {
      Path all = volumes.resolve(plugin.directoryName());
      if (Files.isDirectory(all)) {
        try (var directories = Files.list(all)) {
          for (Path directory : directories.toList()) {
            undone(podUid, plugin, directory, "volume_unmount", () -> plugin.unmount(directory));
          }
        }
      }
    }
    Mounts.detachBelow(volumes);
    PodPaths.deleteTree(volumes);
    unmap(podUid);
  }

  private void unmap(String podUid) throws IOException {
    Path devices = paths.volumeDevices(podUid);
    for (VolumePlugin plugin : plugins) {
      Path all = devices.resolve(plugin.directoryName());
      if (Files.isDirectory(all)) {
        try (var links = Files.list(all)) {
          for (Path link : links.toList()) {
            undone(podUid, plugin, link, "unmap_volume", () -> plugin.unmap(podUid, link));
          }
        }
      }
    }
    PodPaths.deleteTree(devices);
  }

  private interface Undoing {
    void run() throws IOException;
  }

  private void undone(
      String podUid, VolumePlugin plugin, Path at, String operation, Undoing undoing)
      throws IOException {
    String name = nameOf(podUid, plugin, at.getFileName().toString());
    long begun = System.nanoTime();
    boolean succeeded = false;
    try {
      undoing.run();
      succeeded = true;
    } finally {
      metrics.done(name, operation, succeeded, Duration.ofNanos(System.nanoTime() - begun));
    }
  }

  /** After a restart nobody knows of what driver a volume is, but of what kind. */
  private String nameOf(String podUid, VolumePlugin plugin, String directory) {
    String kind = plugin.directoryName().replace('~', '/');
    Held own = held.get(podUid);
    if (own == null) {
      return kind;
    }
    // A claim's is called like its PersistentVolume.
    List<String> like =
        own.plugins.values().stream().filter(p -> p.startsWith(kind)).distinct().toList();
    return like.size() == 1 ? like.getFirst() : own.plugins.getOrDefault(directory, kind);
  }

  public void forget(String podUid) {
    ready.remove(podUid);
    Held own = held.remove(podUid);
    if (own != null) {
      own.plugins.forEach((name, plugin) -> metrics.gone(plugin, own.standing.containsKey(name)));
    }
    stale.remove(podUid);
    failing.remove(podUid);
    renewals.forEach(r -> r.forget(podUid));
  }

  /** Detaches every mount below the pods' directories: the kubelet ends and keeps no pod. */
  public void detachAll() throws IOException {
    Mounts.detachBelow(paths.pods());
    Mounts.detachBelow(paths.root().resolve("plugins").resolve("kubernetes.io"));
  }
}
