package dev.coracle.kubelet.internal.userns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.KubeObject;
import dev.coracle.api.fuzz.Fuzzer;
import dev.coracle.cri.v1.IDMapping;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ConfigException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A pod's file of ids by an earlier kubelet, or half of one: ids for a pod, or why it has none. */
class UserNamespacesFuzz {

  private static final int IDS = 65_536;

  private static final String GIVEN =
      """
      {"uidMappings":[{"containerId":0,"hostId":131072,"length":65536}],
       "gidMappings":[{"containerId":0,"hostId":131072,"length":65536}]}
      """;

  private static final Pod POD =
      new Pod(
          KubeObject.parse(
              """
              {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"d","uid":"u"},
               "spec":{"hostUsers":false,"containers":[{"name":"c","image":"i"}]}}
              """));

  @TempDir private Path root;

  @FuzzTest(maxDuration = "60s")
  void files(byte[] input) {
    read(input);
  }

  private void read(byte[] input) {
    PodPaths paths = new PodPaths(root, root.resolve("logs"));
    try {
      Files.write(Files.createDirectories(paths.pod("u")).resolve("userns"), input);
      UserNamespaces users = new UserNamespaces(paths, IDS, 110, Optional.empty(), _ -> true);
      users.restore();
      IDMapping ids = users.of(POD, "").getUids(0);
      assertThat(ids.getLength()).isEqualTo(IDS);
      assertThat(Integer.toUnsignedLong(ids.getHostId())).isBetween(65_536L, 0xffff_0000L - IDS);
      users.release("u");
      assertThat(paths.pod("u").resolve("userns")).doesNotExist();
    } catch (ConfigException e) {
      assertThat(e.getMessage()).contains("user namespace");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void nearlyRightOnes() throws InterruptedException {
    new Fuzzer()
        .seeds(GIVEN, "{}", "[]", "null", "", "{\"uidMappings\":")
        .words("\"length\":", "65536", "131072", "1e999", "-1", "4294901760", "null", "{", "[")
        .run(this::read);
  }

  /** It ended the pod's worker, where the pod was to be told. */
  @Test
  void aTornFileIsToldToItsPod() throws IOException {
    PodPaths paths = new PodPaths(root, root.resolve("logs"));
    Files.writeString(
        Files.createDirectories(paths.pod("u")).resolve("userns"), "{\"uidMappings\":");
    UserNamespaces users = new UserNamespaces(paths, IDS, 110, Optional.empty(), _ -> true);
    users.restore();
    assertThatThrownBy(() -> users.of(POD, ""))
        .isInstanceOf(ConfigException.class)
        .hasMessageStartingWith("user namespace: ");
  }
}
