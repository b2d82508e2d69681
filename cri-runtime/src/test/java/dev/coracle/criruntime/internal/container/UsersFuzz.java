package dev.coracle.criruntime.internal.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.fuzz.Fuzzer;
import dev.coracle.cri.v1.Image;
import dev.coracle.cri.v1.LinuxContainerSecurityContext;
import dev.coracle.criruntime.server.ImageUser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An image's files of users and groups, and who it says it runs as: somebody, or it is refused. */
class UsersFuzz {

  private static final String PASSWD = "root:x:0:0:root:/root:/bin/sh\nwww:x:33:34::/var/www:\n";
  private static final String GROUP = "root:x:0:\nwww:x:34:\nextra:x:77:www,root\n";

  @TempDir Path root;

  @FuzzTest(maxDuration = "60s")
  void files(byte[] input) throws IOException {
    resolve(input);
  }

  @Test
  void changedFiles() throws InterruptedException {
    new Fuzzer()
        .seeds(PASSWD, GROUP, "www:33:34", "\n:\n::\n:::\n")
        .words(":", "\n", "x:", "www:", "2147483648", "99999999999999999999", "-1", "+7")
        .percent(30)
        .run(this::resolve);
  }

  private void resolve(byte[] input) throws IOException {
    Path etc = Files.createDirectories(root.resolve("etc"));
    Files.write(etc.resolve("passwd"), input);
    Files.write(etc.resolve("group"), input);
    Users users = new Users(new RootView(List.of(root)));
    String said = new String(input, 0, Math.min(input.length, 40), StandardCharsets.ISO_8859_1);
    for (String user : new String[] {"www", "www:www", "33", "0:extra", said}) {
      ImageUser.set(Image.newBuilder(), user);
      try {
        Users.User found = users.resolve(LinuxContainerSecurityContext.getDefaultInstance(), user);
        assertThat(found.uid()).isNotNegative();
        assertThat(found.groups()).allMatch(g -> g >= 0);
      } catch (IllegalArgumentException e) {
        assertThat(e.getMessage())
            .matches("(?s)unable to find .*|uids and gids must be in range .*");
      }
    }
  }

  /** With one such image on the machine no list of images was answered. */
  @Test
  void aUserOfTooManyDigitsIsAName() {
    Image.Builder image = Image.newBuilder();
    ImageUser.set(image, "99999999999999999999:0");
    assertThat(image.hasUid()).isFalse();
    assertThat(image.getUsername()).isEqualTo("99999999999999999999");
    ImageUser.set(image, "65534:0");
    assertThat(image.getUid().getValue()).isEqualTo(65534);
  }

  @Test
  void anAccountOutOfRangeIsPassedOver() throws IOException {
    Path etc = Files.createDirectories(root.resolve("etc"));
    Files.writeString(etc.resolve("passwd"), "www:x:99999999999:1::/:\n" + PASSWD);
    Users users = new Users(new RootView(List.of(root)));
    LinuxContainerSecurityContext none = LinuxContainerSecurityContext.getDefaultInstance();
    assertThat(users.resolve(none, "www").uid()).isEqualTo(33);
    assertThatThrownBy(() -> users.resolve(none, "99999999999"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("uids and gids must be in range 0-2147483647");
  }
}
