package dev.coracle.criruntime.internal.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.cri.v1.Int64Value;
import dev.coracle.cri.v1.LinuxContainerSecurityContext;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RootViewTest {
  @TempDir Path dir;
  private RootView view;

  @BeforeEach
  void makeLayers() throws IOException {
    Path lower = Files.createDirectories(dir.resolve("lower/etc")).getParent();
    Path upper = Files.createDirectories(dir.resolve("upper/usr/lib")).getParent().getParent();
    Files.writeString(lower.resolve("etc/passwd"), "bob:x:7:8::/home/bob:/bin/sh\n");
    Files.writeString(lower.resolve("etc/group"), "crew:x:9:bob\nown:x:8:\n");
    Files.createSymbolicLink(lower.resolve("lib"), Path.of("usr/lib"));
    Files.createSymbolicLink(lower.resolve("escape"), Path.of("../../../../etc"));
    Files.createSymbolicLink(lower.resolve("loop"), Path.of("loop"));
    Files.writeString(upper.resolve("usr/lib/x"), "upper");
    view = new RootView(List.of(upper, lower));
  }

  @Test
  void looksThroughLayersAndLinks() throws IOException {
    assertThat(view.resolve("/lib/x")).isEqualTo("/usr/lib/x");
    assertThat(view.find("/lib/x")).contains(dir.resolve("upper/usr/lib/x"));
    assertThat(view.find("/nothing/here")).isEmpty();
    assertThat(view.resolve("/a/../b//./c")).isEqualTo("/b/c");
  }

  @Test
  void aDirectoryIsWhatEachLayerHasOfIt() throws IOException {
    Files.createDirectories(dir.resolve("lower/usr/lib/more"));
    Files.createDirectories(dir.resolve("upper/etc"));
    Files.writeString(dir.resolve("upper/etc/group"), "");
    assertThat(view.parts("/lib"))
        .containsExactly(dir.resolve("upper/usr/lib"), dir.resolve("lower/usr/lib"));
    assertThat(view.parts("lib/more")).containsExactly(dir.resolve("lower/usr/lib/more"));
    assertThat(view.parts("/etc/group")).containsExactly(dir.resolve("upper/etc/group"));
    assertThat(view.parts("/etc/group/x")).isEmpty();
    assertThat(view.parts("/nothing")).isEmpty();
    assertThat(view.parts("")).hasSize(2);
  }

  @Test
  void linksCannotEscape() throws IOException {
    assertThat(view.resolve("/escape/passwd")).isEqualTo("/etc/passwd");
    assertThatThrownBy(() -> view.resolve("/loop")).isInstanceOf(IOException.class);
  }

  @Test
  void findsUsers() throws IOException {
    Users users = new Users(view);
    LinuxContainerSecurityContext none = LinuxContainerSecurityContext.getDefaultInstance();
    assertThat(users.resolve(none, "bob")).isEqualTo(new Users.User(7, 8, List.of(8, 9)));
    assertThat(users.resolve(none, "7:crew")).isEqualTo(new Users.User(7, 9, List.of(9)));
    assertThat(users.resolve(none, "")).isEqualTo(new Users.User(0, 0, List.of(0)));
    assertThat(
            users.resolve(
                none.toBuilder().setRunAsUser(Int64Value.newBuilder().setValue(5)).build(), "bob"))
        .isEqualTo(new Users.User(5, 0, List.of(0)));
    assertThatThrownBy(() -> users.resolve(none, "nobody-here"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
