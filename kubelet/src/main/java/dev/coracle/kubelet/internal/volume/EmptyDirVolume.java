package dev.coracle.kubelet.internal.volume;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Quantity;
import dev.coracle.kubelet.internal.host.Mounts;
import dev.coracle.kubelet.internal.host.Native;
import dev.coracle.kubelet.internal.host.TmpfsNoswap;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.DownwardApi;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import dev.coracle.kubelet.internal.runtime.LinuxResources;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A fresh directory that lives as long as the pod, in memory (tmpfs) when asked for. */
final class EmptyDirVolume implements VolumePlugin {
  private static final String HUGE = "HugePages";
  private static final Logger LOG = LoggerFactory.getLogger(EmptyDirVolume.class);

  private final Function<Pod, DownwardApi.Facts> facts;
  private final BooleanSupplier noswap;
  private final GroupAccess access;

  /**
   * @param noswap whether what is in memory is to be kept out of swap, which the kernel can
   */
  EmptyDirVolume(
      Function<Pod, DownwardApi.Facts> facts, BooleanSupplier noswap, GroupAccess access) {
    this.facts = facts;
    this.noswap = noswap;
    this.access = access;
  }

  @Override
  public String field() {
    return "emptyDir";
  }

  @Override
  public String directoryName() {
    return "kubernetes.io~empty-dir";
  }

  @Override
  public Mounted mount(Request request) throws IOException {
    String medium = request.source().path("medium").asText("");
    boolean huge = medium.equals(HUGE) || medium.startsWith(HUGE + "-");
    if (!medium.isEmpty() && !medium.equals("Memory") && !huge) {
      throw new IllegalArgumentException("unknown storage medium \"" + medium + "\"");
    }
    Path dir = request.directory();
    boolean fresh = !Files.exists(dir);
    Files.createDirectories(dir);
    if (medium.equals("Memory") && !mounted(dir)) {
      try {
        Native.mount("tmpfs", dir, "tmpfs", options(request));
        fresh = true;
      } catch (IOException e) {
        LOG.atWarn()
            .addKeyValue("pod", request.pod().key())
            .addKeyValue("volume", request.name())
            .addKeyValue("why", e.getMessage())
            .log("A memory volume is made on disk, since tmpfs cannot be mounted here");
      }
    }
    if (huge && !mounted(dir)) {
      Native.mount("nodev", dir, "hugetlbfs", "pagesize=" + pageSize(request.pod(), medium));
      fresh = true;
    }
    if (fresh) {
      open(dir);
      access.giveNew(this, dir, request.pod(), false);
    }
    return Mounted.at(dir);
  }

  /**
   * The bytes of the huge pages that are asked for, for the pod as a whole or by its containers; of
   * several sizes, the medium says which one is meant.
   *
   * @throws IllegalArgumentException that says what is wrong
   */
  static long pageSize(Pod pod, String medium) {
    Set<String> sizes = new TreeSet<>();
    addSizes(pod.spec().path("resources").path("requests"), sizes);
    pod.allContainers().forEach(c -> addSizes(c.requests(), sizes));
    if (sizes.isEmpty()) {
      throw new IllegalArgumentException(
          "hugePages storage requested, but there is no resource request for huge pages.");
    }
    if (medium.equals(HUGE) && sizes.size() > 1) {
      throw new IllegalArgumentException(
          "medium \"HugePages\" can't be used if container(s) request multiple huge page sizes");
    }
    String wanted =
        medium.equals(HUGE) ? sizes.iterator().next() : medium.substring(HUGE.length() + 1);
    if (!sizes.contains(wanted)) {
      throw new IllegalArgumentException(
          "the pod requests no huge pages of the size that medium \"" + medium + "\" names");
    }
    return Quantity.parse(wanted).longValue();
  }

  private static void addSizes(JsonNode requests, Set<String> sizes) {
    requests
        .fieldNames()
        .forEachRemaining(r -> {
          if (r.startsWith(LinuxResources.HUGE_PAGES)) {
            sizes.add(r.substring(LinuxResources.HUGE_PAGES.length()));
          }
        });
  }

  String options(Request request) {
    return "size="
        + size(
            facts.apply(request.pod()).allocatableMemory(),
            request.pod(),
            request.source().path("sizeLimit").asText(""))
        + (noswap.getAsBoolean() ? "," + TmpfsNoswap.OPTION : "");
  }

  /** No more than the volume asks for, the pod may use, and the node can give to pods. */
  static long size(Quantity allocatable, Pod pod, String sizeLimit) {
    long size = allocatable.longValue();
    long podLimit = memoryLimit(pod);
    if (podLimit > 0) {
      size = Math.min(size, podLimit);
    }
    Quantity asked = Quantity.tryParse(sizeLimit);
    return asked == null || asked.signum() <= 0 ? size : Math.min(size, asked.longValue());
  }

  /** What all the pod's containers may use together; zero where one of them has no limit. */
  private static long memoryLimit(Pod pod) {
    long sum = 0;
    for (ContainerSpec c : pod.containers()) {
      Quantity limit = Quantity.tryParse(c.limits().path("memory").asText(""));
      if (limit == null || limit.signum() <= 0) {
        return 0;
      }
      sum += limit.longValue();
    }
    long peak = 0;
    for (ContainerSpec c : pod.initContainers()) {
      Quantity limit = Quantity.tryParse(c.limits().path("memory").asText(""));
      if (limit == null || limit.signum() <= 0) {
        return 0;
      }
      if (c.isSidecar()) {
        sum += limit.longValue();
      } else {
        peak = Math.max(peak, limit.longValue());
      }
    }
    return Math.max(sum, peak);
  }

  /** For everyone to write; what a tmpfs has besides, the sticky bit, it keeps. */
  private static void open(Path dir) throws IOException {
    int mode = (int) Files.getAttribute(dir, "unix:mode") & 07777;
    if ((mode & 0777) != 0777) {
      Files.setAttribute(dir, "unix:mode", mode | 0777);
    }
  }

  private static boolean mounted(Path dir) throws IOException {
    return Mounts.below(dir).contains(dir);
  }
}
