package dev.coracle.criruntime.internal.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.fuzz.Fuzzer;
import dev.coracle.cri.v1.SecurityProfile;
import dev.coracle.cri.v1.SecurityProfile.ProfileType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Seccomp profiles of the node: rules, or an error that names the file. */
class SeccompFuzz {

  private static final String PROFILE =
      """
      {"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X86_64"],"flags":[],"syscalls":\
      [{"names":["mkdir"],"action":"SCMP_ACT_ERRNO","errnoRet":1,"args":[{"index":0,"value":1,"op":\
      "SCMP_CMP_EQ"}],"comment":"x","includes":{}}]}\
      """;

  @FuzzTest(maxDuration = "30s")
  void profiles(byte[] input) {
    read(input);
  }

  private static void read(byte[] input) {
    try {
      ObjectNode rules = SeccompProfiles.parse(input);
      assertThat(rules.path("defaultAction").isTextual()).isTrue();
      assertThat(rules.path("syscalls").isArray()).isTrue();
    } catch (IOException e) {
      return; // CreateContainerError
    }
  }

  @Test
  void nearlyRightOnes() throws InterruptedException {
    new Fuzzer()
        .seeds(PROFILE, "{}", "[]", "", "null")
        .words("\"syscalls\":{}", "\"syscalls\":", "\"names\":", "null", "[", "{", "1e999")
        .run(SeccompFuzz::read);
  }

  @Test
  void aProfileIsTakenAndWhatIsNoneNamesItsFile(@TempDir Path dir) throws IOException {
    Path file = dir.resolve("p.json");
    SecurityProfile profile =
        SecurityProfile.newBuilder()
            .setProfileType(ProfileType.Localhost)
            .setLocalhostRef(file.toString())
            .build();
    Files.writeString(file, PROFILE);
    ObjectNode rules = SeccompProfiles.of(profile, true, Set.of()).orElseThrow();
    assertThat(rules.at("/syscalls/0/names/0").asText()).isEqualTo("mkdir");
    assertThat(rules.at("/syscalls/0").has("comment")).as("no word of OCI's").isFalse();
    for (String none : new String[] {"", "[]", "{\"syscalls\":[]}", "{", "x".repeat(2 << 20)}) {
      Files.writeString(file, none);
      assertThatThrownBy(() -> SeccompProfiles.of(profile, true, Set.of()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("the seccomp profile " + file);
    }
  }
}
