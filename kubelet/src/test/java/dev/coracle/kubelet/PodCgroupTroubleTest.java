package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A pod whose cgroup the kernel does not make as it is to be, in the kernel's own hierarchy. */
class PodCgroupTroubleTest {
  private static final String ROOT = "coracle-trouble-" + ProcessHandle.current().pid();

  private KubeletHarness k;

  @BeforeEach
  void start() throws Exception {
    k = new KubeletHarness(o -> o.withCgroupRoot(ROOT));
  }

  @AfterEach
  void stop() throws Exception {
    k.close();
  }

  /** The file by which the class of Burstable pods is narrowed. */
  private static Path narrowing() throws IOException {
    List<String[]> mounts =
        Files.readAllLines(Path.of("/proc/self/mounts")).stream().map(l -> l.split(" ")).toList();
    String below = ROOT + "/kubepods/burstable";
    return mounts.stream()
        .filter(f -> f[2].equals("cgroup") && List.of(f[3].split(",")).contains("cpu"))
        .map(f -> Path.of(f[1]).resolve(below).resolve("cpu.cfs_quota_us"))
        .findFirst()
        .or(() ->
            mounts.stream()
                .filter(f -> f[2].equals("cgroup2"))
                .map(f -> Path.of(f[1]).resolve(below).resolve("cgroup.max.descendants"))
                .findFirst())
        .orElse(Path.of("/nowhere"));
  }

  @Test
  void itIsToldAndThePodBeginsOnceTheKernelTakesItsLimits() throws Exception {
    Path narrowing = narrowing();
    assumeThat(narrowing).as("pods' cgroups need root and a cgroup file system").isWritable();
    boolean first = narrowing.endsWith("cpu.cfs_quota_us");
    // Of version 1 no group has a larger share of a CPU than the one above; of 2, no group below.
    Files.writeString(narrowing, first ? "1000" : "0");
    k.simple(
        "held", ",\"resources\":{\"requests\":{\"cpu\":\"10m\"},\"limits\":{\"cpu\":\"500m\"}}");
    k.eventually(() ->
        assertThat(k.events())
            .anyMatch(e ->
                e.startsWith("FailedCreatePodContainer: unable to ensure pod container exists: ")));
    assertThat(k.runtime.calls()).noneMatch(c -> c.startsWith("runPodSandbox"));
    Files.writeString(narrowing, first ? "-1" : "max");
    k.awaitPhase("held", "Running");
  }
}
