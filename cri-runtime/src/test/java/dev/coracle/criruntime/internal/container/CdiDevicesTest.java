package dev.coracle.criruntime.internal.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.cri.v1.CDIDevice;
import dev.coracle.cri.v1.ContainerConfig;
import dev.coracle.criruntime.device.CdiDevices;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CdiDevicesTest {

  @TempDir private Path directory;

  private ContainerConfig with(String... names) throws IOException {
    ContainerConfig.Builder config = ContainerConfig.newBuilder();
    for (String name : names) {
      config.addCDIDevices(CDIDevice.newBuilder().setName(name));
    }
    return new CdiDevices(List.of(directory.resolve("none"), directory)).addTo(config.build());
  }

  @Test
  void aNamedDeviceBringsItsNodesMountsAndVariables() throws IOException {
    Files.writeString(
        directory.resolve("vendor.yaml"),
        """
        cdiVersion: 0.6.0
        kind: vendor.example/gpu
        containerEdits:
          env: [VENDOR=yes]
        devices:
        - name: a
          containerEdits:
            env: [GPU=a]
            deviceNodes: [{path: /dev/gpu0, hostPath: /dev/null, permissions: rw}]
            mounts: [{hostPath: /usr/share, containerPath: /vendor, options: [ro, bind]}]
        - name: b
          containerEdits: {env: [OTHER=b]}
        """);
    ContainerConfig config = with("vendor.example/gpu=a", "vendor.example/gpu=b");
    assertThat(config.getEnvsList())
        .extracting(e -> e.getKey() + "=" + e.getValue())
        .containsExactly("VENDOR=yes", "GPU=a", "OTHER=b");
    assertThat(config.getDevices(0).getContainerPath()).isEqualTo("/dev/gpu0");
    assertThat(config.getDevices(0).getHostPath()).isEqualTo("/dev/null");
    assertThat(config.getMounts(0).getReadonly()).isTrue();
  }

  @Test
  void aDeviceNobodyDescribesIsRefused() throws IOException {
    Files.writeString(directory.resolve("broken.json"), "{\"kind\":");
    Files.writeString(
        directory.resolve("hooked.json"),
        """
        {"kind":"vendor.example/nic","devices":[{"name":"n",
         "containerEdits":{"hooks":[{"hookName":"createContainer","path":"/bin/x"}]}}]}
        """);
    assertThatThrownBy(() -> with("vendor.example/gpu=none"))
        .hasMessageContaining("unresolvable CDI devices vendor.example/gpu=none");
    assertThatThrownBy(() -> with("vendor.example/nic=n")).hasMessageContaining("hooks");
    assertThat(with()).isEqualTo(ContainerConfig.getDefaultInstance());
  }
}
