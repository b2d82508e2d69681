package dev.coracle.kubelet.internal.volume;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LocalDevicesTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"path\":\"/dev/sdb\"}|ext4",
        "{\"path\":\"/dev/sdb\",\"fsType\":\"\"}|ext4",
        "{\"path\":\"/dev/sdb\",\"fsType\":null}|ext4",
        "{\"path\":\"/dev/sdb\",\"fsType\":\"xfs\"}|xfs",
      })
  void aDeviceWithoutAFileSystemsNameGetsExt4(String local, String type) {
    assertThat(LocalDevices.type(Json.parseObject(local))).isEqualTo(type);
  }

  @ParameterizedTest
  @CsvSource({
    "ext4, resize2fs /dev/sdb",
    "xfs, xfs_growfs -d /mnt/b",
    "btrfs, btrfs filesystem resize max /mnt/b",
  })
  void aFileSystemIsGrownByItsOwnProgram(String type, String command) throws Exception {
    assertThat(DiskTools.growing(type, "/dev/sdb", "/mnt/b")).containsExactly(command.split(" "));
  }

  @Test
  void aFileSystemThatNothingGrowsIsTold() {
    assertThatThrownBy(() -> DiskTools.growing("vfat", "/dev/sdb", "/mnt/b"))
        .hasMessage(
            "ResizeFS.Resize - resize of format vfat is not supported for device /dev/sdb mounted at"
                + " /mnt/b");
  }
}
