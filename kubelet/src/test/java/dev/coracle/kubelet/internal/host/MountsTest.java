package dev.coracle.kubelet.internal.host;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class MountsTest {

  private static final String TABLE =
      """
      20 1 0:20 / / rw - ext4 /dev/vda1 rw
      21 20 0:21 / /var/lib/kubelet/pods rw - tmpfs tmpfs rw
      22 20 0:22 /vol/\377\376 /var/lib/kubelet/pods/u/sub\\040paths/0 rw - ext4 /dev/vda1 rw
      23 20 0:23 / /mnt/\377 rw - tmpfs tmpfs rw
      24 20 0:24 / /var/lib/kubelet/podsmore rw - tmpfs tmpfs rw
      """;

  /**
   * A directory of a volume may be called anything, and stands in the table once a part of the
   * volume is mounted: no volume of any pod could be taken down while it did.
   */
  @Test
  void namesThatAreNoTextHideNothing() {
    byte[] table = TABLE.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
    assertThat(Mounts.below(Path.of("/var/lib/kubelet/pods"), table))
        .containsExactly(
            Path.of("/var/lib/kubelet/pods/u/sub paths/0"), Path.of("/var/lib/kubelet/pods"));
  }
}
