package dev.coracle.apiserver.internal.structured;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.coracle.apiserver.internal.identity.ServerId;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReloadedTest {

  private static final Clock CLOCK = Clock.fixed(Instant.ofEpochMilli(1_234_500), ZoneOffset.UTC);

  @TempDir Path dir;
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final List<String> retired = new CopyOnWriteArrayList<>();

  private Reloaded<String> follow(Path file) {
    return new Reloaded<>(
        file, "Config", ReloadedTest::parse, retired::add, meters, "config", CLOCK);
  }

  private static String parse(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.UTF_8);
    if (text.startsWith("wrong")) {
      throw new IllegalArgumentException("a.b: Required value");
    }
    return text;
  }

  private double count(String status) {
    String server = ServerId.here().hash();
    return meters
        .counter("config_automatic_reloads_total", "status", status, "apiserver_id_hash", server)
        .count();
  }

  /** As editors do, and mounted ConfigMaps: another file takes its place at once. */
  private void replace(Path file, String text) throws Exception {
    Files.move(Files.writeString(dir.resolve("new"), text), file, StandardCopyOption.ATOMIC_MOVE);
  }

  @Test
  void aWrongVersionLeavesTheFormerInPlace() throws Exception {
    Path file = Files.writeString(dir.resolve("file"), "one");
    try (Reloaded<String> reloaded = follow(file)) {
      assertThat(reloaded.now()).isEqualTo("one");
      replace(file, "wrong");
      await().atMost(Duration.ofSeconds(60)).until(() -> count("failure") == 1);
      assertThat(reloaded.now()).isEqualTo("one");
      assertThat(retired).isEmpty();
      assertThat(
              meters
                  .get("config_automatic_reload_last_timestamp_seconds")
                  .tag("status", "failure")
                  .gauge()
                  .value())
          .isEqualTo(1234.5);
      replace(file, "two");
      await().atMost(Duration.ofSeconds(60)).until(() -> reloaded.now().equals("two"));
      await().atMost(Duration.ofSeconds(60)).until(() -> retired.equals(List.of("one")));
    }
    assertThat(retired).containsExactly("one", "two");
  }

  @Test
  void aFileThatIsWrongAtTheStartIsAnErrorThatNamesIt() throws Exception {
    Path file = Files.writeString(dir.resolve("file"), "wrong");
    assertThatThrownBy(() -> follow(file))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the Config " + file + ": a.b: Required value");
    Path none = dir.resolve("none");
    assertThatThrownBy(() -> follow(none))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("cannot read the Config " + none);
  }
}
