package dev.coracle.criruntime.internal.cgroup;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.fuzz.Fuzzer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The kernel's table of mounts, in which names stand that containers have chosen. */
class CgroupTablesFuzz {

  private static final String MOUNTS =
      """
      24 1 0:22 / /sys/fs/cgroup/memory rw,nosuid shared:9 - cgroup cgroup rw,memory
      25 1 0:23 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate
      26 1 0:24 /a\\040b /mnt/x\\040y rw - ext4 /dev/vda1 rw
      """;

  @FuzzTest(maxDuration = "30s")
  void tables(byte[] input) {
    parse(input);
  }

  @Test
  void mounts() throws InterruptedException {
    new Fuzzer()
        .seeds(MOUNTS, "", " - \n - - -\n")
        .words(" - ", " ", "\n", "cgroup", "cgroup2", "name=", ",", "\\040", "\377")
        .run(CgroupTablesFuzz::parse);
  }

  private static void parse(byte[] input) {
    if (new String(input, StandardCharsets.ISO_8859_1).indexOf('\0') >= 0) {
      return; // The kernel's names end there.
    }
    CgroupHost host = CgroupHost.parse(new String(input, StandardCharsets.UTF_8).lines().toList());
    host.kind();
    host.isV2();
  }
}
