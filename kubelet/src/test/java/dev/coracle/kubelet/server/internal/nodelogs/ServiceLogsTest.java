package dev.coracle.kubelet.server.internal.nodelogs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.ProgramFile;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A journal of two services, of which a script tells as journalctl would. */
class ServiceLogsTest {
  @TempDir Path logs;
  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

  @AfterEach
  void stop() {
    timer.shutdownNow();
  }

  private static NodeLogQuery query(OptionalInt tail, String... services) {
    return new NodeLogQuery(
        List.of(services),
        List.of(),
        Optional.empty(),
        Optional.empty(),
        tail,
        OptionalInt.empty(),
        "");
  }

  private String ask(Duration longest, String script, NodeLogQuery query) throws Exception {
    Path program = ProgramFile.write(logs.resolve(".journalctl"), "#!/bin/sh\n" + script);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new ServiceLogs(new NodeLogFiles(logs), List.of(program.toString()), longest, timer)
        .write(query, out::write);
    return out.toString(StandardCharsets.UTF_8);
  }

  private static final String JOURNAL =
      """
      if [ "$1" = --field ]; then printf 'kubelet.service\\ncontainerd.service\\n'; exit; fi
      echo "$@"
      """;

  @Test
  void theJournalAnswersForWhatItKnows() throws Exception {
    assertThat(
            ask(Duration.ofSeconds(20), JOURNAL, query(OptionalInt.of(3), "kubelet", "containerd")))
        .isEqualTo(
            "--utc --no-pager --output=short-precise --pager-end --lines=3"
                + " --unit=kubelet --unit=containerd\n");
  }

  @Test
  void ofOthersTheirFileIsShown() throws Exception {
    Files.writeString(logs.resolve("one"), "of one\n");
    Files.writeString(logs.resolve("two.log"), "of two\n");
    Files.createDirectory(logs.resolve("three"));
    Files.writeString(logs.resolve("three/three.log"), "of three\n");
    assertThat(
            ask(
                Duration.ofSeconds(20),
                JOURNAL,
                query(OptionalInt.empty(), "one", "two", "three", "let")))
        .isEqualTo("of one\nof two\nof three\n\nlog not found for let\n");
    assertThat(ask(Duration.ofSeconds(20), "exit 1", query(OptionalInt.empty(), "kubelet")))
        .isEqualTo("\nlog not found for kubelet\n");
  }

  @Test
  void filesKnowNoOptions() throws Exception {
    assertThat(ask(Duration.ofSeconds(20), JOURNAL, query(OptionalInt.of(1), "one", "two")))
        .isEqualTo(
            "\noptions present and query resolved to log files for [one two]\n"
                + "try without specifying options\n");
  }

  @Test
  void optionsAreGivenAsTheJournalReadsThem() {
    NodeLogQuery all =
        new NodeLogQuery(
            List.of(),
            List.of(),
            Optional.of(java.time.Instant.ofEpochSecond(10)),
            Optional.of(java.time.Instant.ofEpochSecond(20)),
            OptionalInt.empty(),
            OptionalInt.of(-1),
            "a b; c");
    assertThat(
            new ServiceLogs(new NodeLogFiles(logs), List.of(), Duration.ZERO, timer)
                .arguments(all, List.of("u")))
        .containsExactly(
            "--utc",
            "--no-pager",
            "--output=short-precise",
            "--since=@10",
            "--until=@20",
            "--unit=u",
            "--grep=a b; c",
            "--boot=-1");
  }

  @Test
  void aJournalThatHangsIsEnded() throws Exception {
    assertThat(
            ask(
                Duration.ofSeconds(1),
                """
                if [ "$1" = --field ]; then echo kubelet.service; exit; fi
                echo begun
                exec sleep 600
                """,
                query(OptionalInt.empty(), "kubelet")))
        .isEqualTo("begun\n");
  }
}
