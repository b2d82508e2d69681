package dev.coracle.kubelet.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.coracle.kubelet.internal.host.Mounts;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.host.SafeOpen;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SubPathsTest {

  @TempDir private Path directory;
  private Path volume;
  private Path secret;
  private PodPaths paths;

  @BeforeEach
  void setUp() throws IOException {
    directory = directory.toRealPath();
    volume = Files.createDirectory(directory.resolve("volume"));
    secret = Files.createDirectory(directory.resolve("host"));
    Files.writeString(secret.resolve("shadow"), "of the host");
    paths = new PodPaths(directory.resolve("kubelet"), directory.resolve("logs"));
  }

  @AfterEach
  void detach() throws IOException {
    Mounts.detachBelow(directory);
  }

  private Path part(String sub) throws IOException {
    return new SubPaths(paths).of(new SubPaths.Part("uid", "c", 0, "v", volume, sub), true);
  }

  @Test
  void aMissingDirectoryIsMadeWithTheVolumesPermissions() throws IOException {
    Files.setAttribute(volume, "unix:mode", 0777);
    Path part = part("a/b");
    assertThat(volume.resolve("a/b")).isDirectory();
    assertThat((int) Files.getAttribute(volume.resolve("a/b"), "unix:mode") & 0777).isEqualTo(0777);
    Files.writeString(part.resolve("f"), "x");
    assertThat(volume.resolve("a/b/f")).hasContent("x");
  }

  @Test
  void aLinkOutOfTheVolumeIsRefused() throws IOException {
    Files.createSymbolicLink(volume.resolve("out"), secret);
    assertThatThrownBy(() -> part("out")).hasMessageContaining("leads out of its volume");
    assertThatThrownBy(() -> part("out/new")).isInstanceOf(IOException.class);
    assertThat(secret.resolve("new")).doesNotExist();
  }

  @Test
  void aLinkWithinTheVolumeIsFollowedAsConfigMapsNeed() throws IOException {
    configMap("..2026", "value");
    assertThat(part("key")).hasContent("value");
  }

  @Test
  void aContainerThatStartsAgainGetsWhatThePathLeadsToNow() throws IOException {
    configMap("..one", "old");
    assertThat(part("key")).hasContent("old");
    configMap("..two", "new");
    Files.delete(volume.resolve("..one/key"));
    assertThat(part("key")).hasContent("new");
    assertThat(part("key")).as("what is there already").hasContent("new");
    Files.delete(volume.resolve("..two/key"));
    Files.createDirectory(volume.resolve("..two/key"));
    assertThat(part("key")).isDirectory();
  }

  private void configMap(String version, String value) throws IOException {
    Files.createDirectory(volume.resolve(version));
    Files.writeString(volume.resolve(version).resolve("key"), value);
    Files.deleteIfExists(volume.resolve("..data"));
    Files.createSymbolicLink(volume.resolve("..data"), Path.of(version));
    if (!Files.exists(volume.resolve("key"), LinkOption.NOFOLLOW_LINKS)) {
      Files.createSymbolicLink(volume.resolve("key"), Path.of("..data/key"));
    }
  }

  @Test
  void whatIsExchangedAfterTheCheckDoesNotMatter() throws IOException {
    assumeThat(System.getProperty("user.name")).as("mounting needs root").isEqualTo("root");
    Files.createDirectory(volume.resolve("data"));
    Files.writeString(volume.resolve("data/mine"), "mine");
    Path part = part("data");
    Files.move(volume.resolve("data"), volume.resolve("moved"));
    Files.createSymbolicLink(volume.resolve("data"), secret);
    assertThat(part.resolve("mine")).hasContent("mine");
    assertThat(part.resolve("shadow")).doesNotExist();
  }

  @Test
  void opensNothingThroughALink() throws IOException {
    Files.createSymbolicLink(volume.resolve("l"), secret);
    assertThatThrownBy(() -> SafeOpen.below(volume, Path.of("l"), -1))
        .hasMessageContaining("symbolic link");
    assertThatThrownBy(() -> SafeOpen.below(volume, Path.of("l/shadow"), -1))
        .isInstanceOf(IOException.class);
  }
}
