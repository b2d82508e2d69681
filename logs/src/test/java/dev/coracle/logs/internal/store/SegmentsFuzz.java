package dev.coracle.logs.internal.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.fuzz.Fuzzer;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.logs.LogEntry;
import dev.coracle.logs.LogStream;
import dev.coracle.logs.internal.store.LogQuery.Hit;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Segments and their indexes as a power failure may have left them: what is whole is found. */
class SegmentsFuzz {

  private static final LogStream STREAM =
      new LogStream("shop", "cart", "u1", "web", "node-1", Map.of("app", "cart"));
  private static final String TIME = "2030-01-01T00:00:01.500000000Z";

  @TempDir Path directory;

  private static String segment() {
    return SegmentFormat.stream(0, STREAM)
        + SegmentFormat.entry(0, TIME, "stdout", "a\tb")
        + SegmentFormat.entry(0, TIME, "stderr", "");
  }

  private byte[] index() throws IOException {
    SegmentIndex index = new SegmentIndex();
    index.add(SegmentFormat.path(STREAM), TIME, "hello");
    Path file = directory.resolve("right");
    index.write(file);
    return Files.readAllBytes(file);
  }

  @FuzzTest(maxDuration = "60s")
  void files(byte[] input) throws IOException {
    segments(input);
    indexes(input);
  }

  @Test
  void changedSegments() throws InterruptedException {
    new Fuzzer()
        .seeds(segment(), "S\t0\n", "")
        .words("\n", "\t", "S\t0\t", "R\t0\t", "{", "}", "\0\0\0\0", "e", TIME)
        .percent(50)
        .run(this::segments);
  }

  @Test
  void changedIndexes() throws InterruptedException, IOException {
    new Fuzzer()
        .seed(index())
        .words("\0\0\0\0", "\0\1/", "\377\377\377\377", "\177\377\377\377", "/a/b")
        .percent(50)
        .run(this::indexes);
  }

  private void segments(byte[] input) throws IOException {
    Path file = directory.resolve("segment");
    Files.write(file, input);
    SegmentReader.read(
        file,
        7,
        query("shop"),
        hit -> {
          assertThat(hit.place().offset()).isLessThan(input.length);
          // What an object of the API is made of.
          assertThat(hit.entry().time().substring(0, 19)).hasSize(19);
          assertThat(hit.entry().stream().namespace()).isEqualTo("shop");
        });
  }

  private void indexes(byte[] input) throws IOException {
    Path file = directory.resolve("index");
    Files.write(file, input);
    SegmentIndex index;
    try {
      index = SegmentIndex.read(file);
    } catch (IOException e) {
      return;
    }
    index.mayHave(query("shop"));
    index.mayHave(query(""));
  }

  private static LogQuery query(String namespace) {
    return new LogQuery(
        namespace, "", "", "", LabelSelector.EVERYTHING, "", List.of(), 5, Optional.empty());
  }

  /** Every search failed as long as the segment was kept. */
  @Test
  void whatIsDamagedIsPassedOver() throws IOException {
    Path store = directory.resolve("store");
    try (LogStore first = new LogStore(store, 1 << 20, 100)) {
      first.add(new LogEntry(STREAM, TIME, "stdout", "one"));
      first.flush();
    }
    Path log = store.resolve("000000000001.log");
    Files.writeString(store.resolve("000000000001.index"), "\0\5");
    Files.writeString(
        log, "S\t0\t{\n\0\0\0\nR\t0\tsoon\to\tx\n" + segment() + "R\t0\t", StandardCharsets.UTF_8);
    Files.writeString(store.resolve("notes.log"), "not ours");
    try (LogStore second = new LogStore(store, 1 << 20, 100)) {
      List<Hit> hits = second.search(query("shop"));
      assertThat(hits).extracting(h -> h.entry().message()).containsExactly("a\tb", "");
    }
  }
}
