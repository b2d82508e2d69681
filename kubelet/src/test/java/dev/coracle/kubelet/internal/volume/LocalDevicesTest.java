package dev.coracle.kubelet.internal.volume;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.Json;
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
}
