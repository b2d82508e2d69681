package dev.coracle.kubelet.internal.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.kubelet.server.stats.KernelCounters;
import dev.coracle.kubelet.server.stats.KernelCounters.Cpu;
import dev.coracle.kubelet.server.stats.KernelCounters.Disk;
import dev.coracle.kubelet.server.stats.KernelCounters.Limits;
import dev.coracle.kubelet.server.stats.KernelCounters.Memory;
import dev.coracle.kubelet.server.stats.KernelCounters.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GroupCountersTest {
  @TempDir Path at;

  private void write(String file, String text) throws IOException {
    Path path = at.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  @BeforeEach
  void processes() throws IOException {
    write("block/8:0/uevent", "MAJOR=8\nMINOR=0\nDEVNAME=sda\n");
    write(
        "proc/7/limits", "Limit  Soft Limit\nMax open files            1024      4096    files\n");
    Files.createDirectories(at.resolve("proc/7/fd"));
    Files.createSymbolicLink(at.resolve("proc/7/fd/0"), Path.of("/dev/null"));
    Files.createSymbolicLink(at.resolve("proc/7/fd/1"), Path.of("socket:[12]"));
  }

  private GroupCounters counters(String... mounts) {
    return new GroupCounters(
        GroupFiles.of(List.of(mounts)), at.resolve("block"), at.resolve("proc"));
  }

  @Test
  void version2CountsInOneHierarchy() throws IOException {
    write(
        "u/p/cpu.stat",
        "usage_usec 9\nuser_usec 5\nsystem_usec 4\nnr_periods 8\nnr_throttled 2\nthrottled_usec 3\n");
    write("u/p/memory.stat", "file 70\nfile_mapped 7\n");
    write("u/p/memory.events", "low 0\nmax 3\noom_kill 1\n");
    write("u/p/memory.peak", "900\n");
    write("u/p/memory.max", "4096\n");
    write("u/p/memory.swap.max", "max\n");
    write("u/p/memory.high", "max\n");
    write("u/p/cpu.weight", "100\n");
    write("u/p/cpu.max", "20000 100000\n");
    write("u/p/io.stat", "8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n9:1 rbytes=5\n");
    write("u/p/cgroup.procs", "7\n8\n");
    write("u/p/pids.current", "5\n");
    write("u/p/pids.max", "max\n");
    GroupCounters counters = counters("cgroup2 " + at.resolve("u") + " cgroup2 rw 0 0");
    assertThat(counters.ofContainer("/p"))
        .contains(
            new KernelCounters(
                new Cpu(5_000L, 4_000L, 8L, 2L, 3_000L),
                new Memory(70L, 7L, 900L, 3L, 1L),
                List.of(new Disk("/dev/sda", 8, 0, 1, 10, 2, 20), new Disk("", 9, 1, 0, 5, 0, 0)),
                new Processes(2, 5L, 0L, 2, 1L, 1024L),
                new Limits(2_597L, 20_000L, 100_000L, 4_096L, null, null)));
    assertThat(counters.ofPod("/p").orElseThrow().processes()).isNull();
    assertThat(counters.processOf("/p")).contains(7L);
    assertThat(counters.ofContainer("/other")).isEmpty();
    assertThat(counters.ofContainer("")).isEmpty();
    assertThat(counters.processOf("/other")).isEmpty();
  }

  @Test
  void version1CountsInTheHierarchyOfEachController() throws IOException {
    write("cpu/p/cpu.stat", "nr_periods 8\nnr_throttled 2\nthrottled_time 300\n");
    write("cpu/p/cpu.shares", "204\n");
    write("cpu/p/cpu.cfs_quota_us", "-1\n");
    write("cpu/p/cpu.cfs_period_us", "100000\n");
    write("cpuacct/p/cpuacct.stat", "user 5\nsystem 4\n");
    write("memory/p/memory.stat", "cache 1\ntotal_cache 70\ntotal_mapped_file 7\n");
    write("memory/p/memory.max_usage_in_bytes", "900\n");
    write("memory/p/memory.failcnt", "3\n");
    write("memory/p/memory.oom_control", "oom_kill_disable 0\noom_kill 1\n");
    write("memory/p/memory.limit_in_bytes", "9223372036854771712\n");
    write("memory/p/memory.memsw.limit_in_bytes", "8192\n");
    write("memory/p/cgroup.procs", "7\n");
    write("pids/p/pids.current", "5\n");
    write("pids/p/pids.max", "64\n");
    write(
        "blkio/p/blkio.throttle.io_service_bytes_recursive",
        "8:0 Read 10\n8:0 Write 20\n8:0 Sync 30\nTotal 30\n");
    write("blkio/p/blkio.throttle.io_serviced_recursive", "8:0 Read 1\n8:0 Write 2\nTotal 3\n");
    GroupCounters counters =
        counters(mount("cpu"), mount("cpuacct"), mount("memory"), mount("pids"), mount("blkio"));
    assertThat(counters.ofContainer("/p"))
        .contains(
            new KernelCounters(
                new Cpu(50_000_000L, 40_000_000L, 8L, 2L, 300L),
                new Memory(70L, 7L, 900L, 3L, 1L),
                List.of(new Disk("/dev/sda", 8, 0, 1, 10, 2, 20)),
                new Processes(1, 5L, 64L, 2, 1L, 1024L),
                new Limits(204L, null, 100_000L, null, 8_192L, null)));
  }

  private String mount(String controller) {
    return "cgroup " + at.resolve(controller) + " cgroup rw," + controller + " 0 0";
  }
}
