package dev.coracle.kubelet.internal.host;

import dev.coracle.kubelet.config.CgroupOptions;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.pod.QosClass;
import dev.coracle.kubelet.internal.runtime.LinuxResources;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pods' cgroups in the file system, laid out as upstream does: {@code
 * /ROOT/kubepods[/burstable|/besteffort]/podUID}. On a v2 host in the one hierarchy; on v1 and
 * hybrid hosts in the cpu, memory, pids and hugetlb hierarchies, the others being left to the
 * runtime. Needs no systemd. Safe for any thread.
 */
public final class FsCgroups implements Cgroups {
  private static final Logger LOG = LoggerFactory.getLogger(FsCgroups.class);
  private static final Set<String> OURS = Set.of("cpu", "memory", "pids", "hugetlb");

  private final String root;

  /** Whether the root is ours to weigh and to remove. */
  private final boolean own;

  private final CgroupOptions options;

  /** v1: every mounted hierarchy by its mount point, with its controllers. */
  private final Map<Path, List<String>> v1;

  /** v2: the unified hierarchy, where there is one. */
  private final Optional<Path> v2;

  /** The limits of the pods that have a cgroup, by uid. */
  private final Map<String, PodLimits> made = new ConcurrentHashMap<>();

  private FsCgroups(
      String root,
      boolean own,
      CgroupOptions options,
      Map<Path, List<String>> v1,
      Optional<Path> v2) {
    this.root = root;
    this.own = own;
    this.options = options;
    this.v1 = v1;
    this.v2 = v2;
  }

  /** Cgroups below this root, or {@link Cgroups#NONE} with a warning where they cannot be made. */
  public static Cgroups below(String root) {
    return below(root, true, CgroupOptions.DEFAULT);
  }

  /**
   * Likewise.
   *
   * @param own whether the root is this node's to make, weigh and remove; otherwise it has to be
   *     there
   * @throws IllegalArgumentException where it is not
   */
  public static Cgroups below(String root, boolean own, CgroupOptions options) {
    if (root.isEmpty()) {
      return Cgroups.NONE;
    }
    try {
      FsCgroups cgroups =
          detect(root, own, options, Files.readAllLines(Path.of("/proc/self/mounts")));
      if (!own && cgroups.hierarchies().stream().noneMatch(h -> isGroup(h.resolve(root)))) {
        throw new IllegalArgumentException(
            "invalid configuration: cgroup-root \"/" + root + "\" doesn't exist (cgroupRoot)");
      }
      for (String tier : List.of("", "/burstable", "/besteffort")) {
        cgroups.prepare(root + "/kubepods" + tier);
      }
      cgroups.shares(root + "/kubepods/besteffort", LinuxResources.shares(0));
      cgroups.burstableShares();
      return cgroups;
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("why", e.getMessage())
          .log("Cgroups cannot be written here: pods run without a cgroup of their own");
      return Cgroups.NONE;
    }
  }

  /**
   * @param mounts as in {@code /proc/self/mounts}
   */
  static FsCgroups detect(String root, boolean own, CgroupOptions options, List<String> mounts)
      throws IOException {
    Map<Path, List<String>> v1 = new LinkedHashMap<>();
    Optional<Path> v2 = Optional.empty();
    for (String line : mounts) {
      String[] f = line.split(" ");
      if (f[2].equals("cgroup2")) {
        v2 = Optional.of(Path.of(f[1]));
      } else if (f[2].equals("cgroup")) {
        v1.put(Path.of(f[1]), List.of(f[3].split(",")));
      }
    }
    if (v1.isEmpty() && v2.isEmpty()) {
      throw new IOException("no cgroup file system is mounted");
    }
    return new FsCgroups(root, own, options, v1, v2);
  }

  private boolean unified() {
    return v1.isEmpty();
  }

  @Override
  public String parentOf(Pod pod) {
    return "/" + path(pod);
  }

  @Override
  public String podsGroup() {
    return "/" + root + "/kubepods";
  }

  private String path(Pod pod) {
    String middle =
        switch (QosClass.of(pod)) {
          case GUARANTEED -> "";
          case BURSTABLE -> "/burstable";
          case BEST_EFFORT -> "/besteffort";
        };
    return root + "/kubepods" + middle + "/pod" + pod.uid();
  }

  @Override
  public void ensure(Pod pod) throws IOException {
    String path = path(pod);
    PodLimits limits = PodLimits.of(pod, options);
    if (made.putIfAbsent(pod.uid(), limits) != null) {
      return;
    }
    try {
      prepare(path);
      limits(path, limits);
      if (limits.burstable()) {
        burstableShares();
      }
    } catch (IOException e) {
      made.remove(pod.uid());
      throw e;
    }
  }

  private void prepare(String path) throws IOException {
    if (unified()) {
      Path at = v2.orElseThrow();
      for (String part : path.split("/")) {
        delegate(at);
        at = at.resolve(part);
        Files.createDirectories(at);
      }
      delegate(at);
      return;
    }
    for (Map.Entry<Path, List<String>> h : v1.entrySet()) {
      if (h.getValue().stream().anyMatch(OURS::contains)) {
        Files.createDirectories(h.getKey().resolve(path));
      }
    }
  }

  /** Gives the controllers there are to the cgroups below. */
  private static void delegate(Path at) throws IOException {
    for (String controller : Files.readString(at.resolve("cgroup.controllers")).trim().split(" ")) {
      if (!controller.isEmpty()) {
        Files.writeString(at.resolve("cgroup.subtree_control"), "+" + controller);
      }
    }
  }

  @Override
  public void widen(Pod pod) {
    PodLimits before = made.get(pod.uid());
    PodLimits next = PodLimits.of(pod, options);
    change(pod, before == null ? next : before.andAlso(next));
  }

  @Override
  public void narrow(Pod pod) {
    change(pod, PodLimits.of(pod, options));
  }

  private void change(Pod pod, PodLimits limits) {
    try {
      limits(path(pod), limits);
      made.put(pod.uid(), limits);
      burstableShares();
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("pod", pod.key())
          .addKeyValue("why", e.getMessage())
          .log("A pod's cgroup could not be resized");
    }
  }

  private void limits(String path, PodLimits limits) throws IOException {
    if (unified()) {
      Path dir = v2.orElseThrow().resolve(path);
      set(dir, "cpu.weight", Long.toString(1 + (limits.shares() - 2) * 9999 / 262_142));
      set(
          dir,
          "cpu.max",
          (limits.cpuQuota().isPresent() ? limits.cpuQuota().getAsLong() : "max")
              + " "
              + options.cpuPeriodMicros());
      set(
          dir,
          "memory.max",
          limits.memory().isPresent() ? Long.toString(limits.memory().getAsLong()) : "max");
      if (limits.pids() > 0) {
        set(dir, "pids.max", Long.toString(limits.pids()));
      }
      podHugePages(dir, limits.hugePages());
      return;
    }
    for (Map.Entry<Path, List<String>> h : v1.entrySet()) {
      Path dir = h.getKey().resolve(path);
      if (h.getValue().contains("cpu")) {
        set(dir, "cpu.shares", Long.toString(limits.shares()));
        set(dir, "cpu.cfs_period_us", Long.toString(options.cpuPeriodMicros()));
        set(dir, "cpu.cfs_quota_us", Long.toString(limits.cpuQuota().orElse(-1)));
      }
      if (h.getValue().contains("memory")) {
        set(dir, "memory.limit_in_bytes", Long.toString(limits.memory().orElse(-1)));
      }
      if (limits.pids() > 0 && h.getValue().contains("pids")) {
        set(dir, "pids.max", Long.toString(limits.pids()));
      }
      if (h.getValue().contains("hugetlb")) {
        podHugePages(dir, limits.hugePages());
      }
    }
  }

  /**
   * The cluster's own cgroup stands beside the machine's processes, so it weighs what its pods
   * weigh.
   */
  @Override
  public void limitPods(GroupLimits limits) throws IOException {
    if (own && limits.cpuShares().isPresent()) {
      shares(root, limits.cpuShares().getAsLong());
    }
    all(root + "/kubepods", limits);
  }

  @Override
  public void limit(String cgroup, GroupLimits limits) throws IOException {
    String path = cgroup.replaceAll("^/+|/+$", "");
    if (path.isEmpty() || hierarchies().stream().noneMatch(h -> isGroup(h.resolve(path)))) {
      throw new IOException("\"" + cgroup + "\" cgroup does not exist");
    }
    all(path, limits);
  }

  private static boolean isGroup(Path dir) {
    return Files.isDirectory(dir, LinkOption.NOFOLLOW_LINKS);
  }

  private List<Path> hierarchies() {
    if (unified()) {
      return List.of(v2.orElseThrow());
    }
    return v1.entrySet().stream()
        .filter(h -> h.getValue().stream().anyMatch(OURS::contains))
        .map(Map.Entry::getKey)
        .toList();
  }

  private void all(String path, GroupLimits limits) throws IOException {
    if (limits.cpuShares().isPresent()) {
      shares(path, limits.cpuShares().getAsLong());
    }
    for (Path h : hierarchies()) {
      Path dir = h.resolve(path);
      if (limits.memory().isPresent()) {
        String bytes = Long.toString(limits.memory().getAsLong());
        set(dir, unified() ? "memory.max" : "memory.limit_in_bytes", bytes);
      }
      if (limits.pids().isPresent()) {
        set(dir, "pids.max", Long.toString(limits.pids().getAsLong()));
      }
      hugePages(dir, limits.hugePages());
    }
  }

  /** A pod has no huge pages of a size that it does not ask for. */
  private void podHugePages(Path dir, Map<String, Long> bySize) throws IOException {
    Map<String, Long> all = new TreeMap<>(bySize);
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(dir, unified() ? "hugetlb.*B.max" : "hugetlb.*B.limit_in_bytes")) {
      files.forEach(f -> all.putIfAbsent(f.getFileName().toString().split("\\.")[1], 0L));
    }
    hugePages(dir, all);
  }

  /** What is used and, in newer kernels, what is reserved is limited alike. */
  private void hugePages(Path dir, Map<String, Long> bySize) throws IOException {
    for (Map.Entry<String, Long> e : bySize.entrySet()) {
      for (String what : List.of("", "rsvd.")) {
        set(
            dir,
            "hugetlb." + e.getKey() + "." + what + (unified() ? "max" : "limit_in_bytes"),
            Long.toString(e.getValue()));
      }
    }
  }

  /** What all Burstable pods ask for together counts against the other classes. */
  private void burstableShares() throws IOException {
    long millis =
        made.values().stream().filter(PodLimits::burstable).mapToLong(PodLimits::cpuMillis).sum();
    shares(root + "/kubepods/burstable", LinuxResources.shares(millis));
  }

  private void shares(String path, long shares) throws IOException {
    if (unified()) {
      set(
          v2.orElseThrow().resolve(path),
          "cpu.weight",
          Long.toString(1 + (shares - 2) * 9999 / 262_142));
      return;
    }
    for (Map.Entry<Path, List<String>> h : v1.entrySet()) {
      if (h.getValue().contains("cpu")) {
        set(h.getKey().resolve(path), "cpu.shares", Long.toString(shares));
      }
    }
  }

  private static void set(Path dir, String file, String value) throws IOException {
    Path path = dir.resolve(file);
    if (Files.exists(path)) {
      Files.writeString(path, value);
    }
  }

  @Override
  public void remove(Pod pod) {
    PodLimits had = made.remove(pod.uid());
    removeTree(path(pod));
    if (had != null && had.burstable()) {
      try {
        burstableShares();
      } catch (IOException e) {
        LOG.atDebug().addKeyValue("why", e.getMessage()).log("Shares could not be set");
      }
    }
  }

  @Override
  public void removeAll() {
    removeTree(own ? root : root + "/kubepods");
  }

  private void removeTree(String path) {
    List<Path> everywhere = new ArrayList<>(v1.keySet());
    v2.ifPresent(everywhere::add);
    for (Path h : everywhere) {
      Path tree = h.resolve(path);
      if (!Files.isDirectory(tree, LinkOption.NOFOLLOW_LINKS)) {
        continue;
      }
      try (var walk = Files.walk(tree)) {
        walk.filter(Files::isDirectory)
            .sorted(Comparator.reverseOrder())
            .forEach(d -> {
              if (!d.toFile().delete()) {
                LOG.atDebug().addKeyValue("cgroup", d).log("A cgroup is still in use");
              }
            });
      } catch (IOException | java.io.UncheckedIOException e) {
        LOG.atDebug().addKeyValue("cgroup", tree).log("A cgroup could not be listed");
      }
    }
  }
}
