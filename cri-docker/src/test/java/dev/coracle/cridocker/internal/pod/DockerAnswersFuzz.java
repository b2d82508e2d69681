package dev.coracle.cridocker.internal.pod;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.coracle.api.fuzz.Fuzzer;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What Docker says of itself, of containers and in lists: all of it has a form in CRI. */
class DockerAnswersFuzz {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String CONTAINER =
      """
      {"Id":"0123456789ab","Created":"2026-01-02T03:04:05.123456789Z","Name":"/k8s_a_p_ns_u-1_2",\
      "Image":"sha256:ab","State":{"Status":"exited","Running":false,"Pid":7,"ExitCode":1,\
      "OOMKilled":true,"Error":"no","StartedAt":"2026-01-02T03:04:06Z",\
      "FinishedAt":"0001-01-01T00:00:00Z"},"Config":{"StopSignal":"SIGRTMIN+3","User":"1:2",\
      "Labels":{"docker.coracle.dev/created-at":"1700000000000000000","annotation.a":"b","c":"d",\
      "io.kubernetes.docker.type":"container"}},"HostConfig":{"CpuShares":2,"CpuQuota":1,\
      "Memory":4096,"CpusetCpus":"0-1","OomScoreAdj":-998,"NetworkMode":"host","IpcMode":"host"},\
      "Mounts":[{"Source":"/x","Destination":"/y","RW":false,"Propagation":"rslave"}]}\
      """;
  private static final String LISTED =
      """
      {"Id":"0123456789ab","Names":["/k8s_POD_p_ns_u-1_0"],"State":"running","ImageID":"sha256:ab",\
      "Labels":{"docker.coracle.dev/created-at":"17","io.kubernetes.sandbox.id":"s","c":"d"}}\
      """;
  private static final String ABOUT =
      """
      {"Version":"27.0","Arch":"amd64","Runtimes":{"runc":{}},"SecurityOptions":["name=apparmor"],\
      "DockerRootDir":"/var/lib/docker","CgroupDriver":"systemd"}\
      """;

  @FuzzTest(maxDuration = "60s")
  void answers(byte[] input) {
    translate(input);
  }

  @Test
  void descriptions() throws InterruptedException {
    new Fuzzer()
        .seeds(CONTAINER, LISTED, ABOUT, "[]", "null", "7")
        .words(
            "\"Labels\":",
            "\"State\":",
            "\"created\"",
            "\"removing\"",
            "[",
            "{",
            "null",
            "\"\"",
            "k8s_",
            "_POD_",
            "-9223372036854775808",
            "1e400",
            "99999999999999999999",
            "+1000000000")
        .run(DockerAnswersFuzz::translate);
  }

  private static void translate(byte[] input) {
    JsonNode said;
    try {
      said = JSON.readTree(input);
    } catch (IOException e) {
      return;
    }
    Statuses.container(said);
    Statuses.sandbox(said, List.of("10.1.0.5", "fd00::5"));
    Statuses.summary(said);
    Statuses.summary(said, Statuses.listedState(said));
    Statuses.attributes(said);
    Statuses.sandboxAttributes(said);
    EngineFacts.of(said, said).cgroupParent("a.slice");
  }

  /** A label that somebody wrote otherwise made every list of containers fail. */
  @Test
  void aTimeThatIsNoneIsPassedOver() throws IOException {
    for (String label : new String[] {"soon", "", "99999999999999999999"}) {
      JsonNode container = JSON.readTree(CONTAINER.replace("1700000000000000000", label));
      assertThat(Statuses.container(container).getCreatedAt())
          .as(label)
          .isEqualTo(1_767_323_045_123_456_789L);
    }
  }
}
