package dev.coracle.cridocker.internal.pod;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EngineFactsTest {
  private static EngineFacts facts(String info) throws Exception {
    ObjectMapper json = new ObjectMapper();
    return EngineFacts.of(json.readTree("{\"Version\":\"20.10.24\"}"), json.readTree(info));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "/c-1/kubepods/burstable/pod1-2 | c_1-kubepods-burstable-pod1_2.slice",
        "/c-1/kubepods/pod1-2 | c_1-kubepods-pod1_2.slice",
        "kubepods/besteffort/pod1/ | kubepods-besteffort-pod1.slice",
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice |"
            + " kubepods-burstable-pod1_2.slice",
        "kubepods-pod1.slice | kubepods-pod1.slice",
        "/ | ''",
        "'' | ''",
      })
  void systemdMakesSlices(String parent, String slice) throws Exception {
    EngineFacts systemd = facts("{\"CgroupDriver\":\"systemd\"}");
    assertThat(systemd.systemdCgroups()).isTrue();
    assertThat(systemd.cgroupParent(parent)).isEqualTo(slice);
    assertThat(systemd.cgroupParent(slice)).as("what the sandbox has").isEqualTo(slice);
    EngineFacts files = facts("{\"CgroupDriver\":\"cgroupfs\"}");
    assertThat(files.cgroupParent(parent)).isEqualTo(parent);
  }

  @Test
  void whatTheDaemonSaysIsKept() throws Exception {
    EngineFacts facts =
        facts(
            """
            {"CgroupDriver":"cgroupfs","DockerRootDir":"/d","SecurityOptions":["name=apparmor"],
             "Runtimes":{"runc":{},"crun":{}}}
            """);
    assertThat(facts)
        .isEqualTo(
            new EngineFacts("20.10.24", "", "/d", false, true, java.util.Set.of("crun", "runc")));
  }
}
