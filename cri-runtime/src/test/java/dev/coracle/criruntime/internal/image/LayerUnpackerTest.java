package dev.coracle.criruntime.internal.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.criruntime.internal.image.LayerUnpacker.Form;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class LayerUnpackerTest {
  @TempDir Path dir;

  private interface Content {
    void write(TarWriter tar) throws IOException;
  }

  private static byte[] tar(Content content) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (TarWriter tar = new TarWriter(out)) {
      content.write(tar);
    }
    return out.toByteArray();
  }

  private Path unpack(String name, Form form, byte[] tar) throws IOException {
    Path root = Files.createDirectory(dir.resolve(name));
    new LayerUnpacker(root, form, new UnpackLimit(1 << 20, "for the test"))
        .unpack(new ByteArrayInputStream(tar));
    return root;
  }

  private static byte[] text(String text) {
    return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
  }

  @Test
  void unpacksFilesDirectoriesAndLinks() throws IOException {
    String deep = "a/" + "long-directory-name/".repeat(12) + "file";
    Path root =
        unpack(
            "l",
            Form.PLAIN,
            tar(t -> {
              t.directory("etc", 0750);
              t.file("etc/conf", 0640, text("x"));
              t.symlink("etc/link", "/etc/conf");
              t.hardLink("etc/hard", "etc/conf");
              t.file(deep, 0644, text("deep"));
            }));
    assertThat(root.resolve("etc/conf")).hasContent("x");
    assertThat(Files.readSymbolicLink(root.resolve("etc/link"))).hasToString("/etc/conf");
    assertThat(Files.getAttribute(root.resolve("etc/hard"), "unix:nlink")).isEqualTo(2);
    assertThat(root.resolve(deep)).hasContent("deep");
    assertThat((int) Files.getAttribute(root.resolve("etc"), "unix:mode") & 07777).isEqualTo(0750);
  }

  @Test
  void refusesToLeaveItsDirectory() throws IOException {
    for (String name : List.of("../evil", "a/../../evil", "/../evil")) {
      byte[] tar = tar(t -> t.file(name, 0644, text("x")));
      assertThatThrownBy(() -> unpack("r" + name.hashCode(), Form.PLAIN, tar))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("outside of the root");
    }
    assertThat(dir.resolve("evil")).doesNotExist();
  }

  @Test
  void symlinksOfTheLayerStayInside() throws IOException {
    Path outside = Files.createDirectory(dir.resolve("outside"));
    Path root =
        unpack(
            "s",
            Form.PLAIN,
            tar(t -> {
              t.symlink("way-out", outside.toString());
              t.symlink("up", "../../../../../../.." + outside);
              t.file("way-out/a", 0644, text("x"));
              t.file("up/b", 0644, text("x"));
            }));
    assertThat(outside).isEmptyDirectory();
    assertThat(root.resolve(outside.toString().substring(1)).resolve("a")).exists();
  }

  @Test
  void refusesHardLinksToWhatIsNotThere() throws IOException {
    byte[] tar = tar(t -> t.hardLink("shadow", "/etc/shadow"));
    assertThatThrownBy(() -> unpack("h", Form.PLAIN, tar)).isInstanceOf(IOException.class);
  }

  @Test
  void limitsTheSize() throws IOException {
    byte[] tar = tar(t -> t.file("big", 0644, new byte[2 << 20]));
    assertThatThrownBy(() -> unpack("b", Form.PLAIN, tar))
        .hasMessageContaining("unpacks to more than");
  }

  @Test
  void copiesLayersWithTheirWhiteouts() throws IOException {
    Path lower =
        unpack(
            "lower",
            Form.PLAIN,
            tar(t -> {
              t.file("keep", 0644, text("1"));
              t.file("gone", 0644, text("1"));
              t.file("dir/old", 0644, text("1"));
              t.file("replaced/x", 0644, text("1"));
            }));
    Path upper =
        unpack(
            "upper",
            Form.PLAIN,
            tar(t -> {
              t.file(".wh.gone", 0644, new byte[0]);
              t.file("dir/.wh..wh..opq", 0644, new byte[0]);
              t.file("dir/new", 0644, text("2"));
              t.file("replaced", 0644, text("2"));
            }));
    Path target = dir.resolve("target");
    LayerCopier.copy(List.of(lower, upper), target);
    assertThat(target.resolve("keep")).exists();
    assertThat(target.resolve("gone")).doesNotExist();
    assertThat(target.resolve("dir/old")).doesNotExist();
    assertThat(target.resolve("dir/new")).hasContent("2");
    assertThat(target.resolve("replaced")).hasContent("2");
    assertThat(target.resolve(".wh.gone")).doesNotExist();
  }

  @Test
  void writesWhiteoutsForOverlayfs() throws IOException {
    assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs root");
    Path root =
        unpack(
            "o",
            Form.OVERLAY,
            tar(t -> {
              t.file(".wh.gone", 0644, new byte[0]);
              t.file("dir/.wh..wh..opq", 0644, new byte[0]);
            }));
    assertThat(Files.getAttribute(root.resolve("gone"), "unix:rdev", LinkOption.NOFOLLOW_LINKS))
        .isEqualTo(0L);
    assertThat(root.resolve("dir/.wh..wh..opq")).doesNotExist();
  }

  /** To open a FIFO waits for its writer, and to open a device may do something to it. */
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void opensNoFifo() throws IOException {
    assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs root");
    Path root =
        unpack(
            "f",
            Form.OVERLAY,
            tar(t -> {
              t.of(new TarWriter.Owner(7, 8, 1234567890));
              t.fifo("run/queue", 0620);
            }));
    assertThat(Files.readAttributes(root.resolve("run/queue"), "unix:uid,gid,lastModifiedTime"))
        .containsEntry("uid", 7)
        .containsEntry("gid", 8)
        .containsEntry("lastModifiedTime", FileTime.from(Instant.ofEpochSecond(1234567890)));
  }

  @Test
  void takesAnArchiveThatEndsWithoutPaddingButNotWithinAnEntry() throws IOException {
    byte[] whole = tar(t -> t.file("last", 0644, text("content")));
    int content = 512 + "content".length();
    Path root = unpack("unpadded", Form.PLAIN, Arrays.copyOf(whole, content));
    assertThat(root.resolve("last")).hasContent("content");
    assertThatThrownBy(() -> unpack("cut", Form.PLAIN, Arrays.copyOf(whole, content - 1)))
        .hasMessageContaining("truncated tar entry");
  }

  @Test
  void refusesWhatIsNoTar() {
    byte[] noise = "this is no archive".repeat(64).getBytes();
    assertThatThrownBy(() -> unpack("n", Form.PLAIN, noise))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("tar");
  }
}
