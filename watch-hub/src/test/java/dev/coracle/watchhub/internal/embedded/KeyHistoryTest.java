package dev.coracle.watchhub.internal.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A key's history beside a plain list that is searched from its end. */
class KeyHistoryTest {

  @TempDir Path directory;

  private static @Nullable Version last(List<Version> model, long revision) {
    for (int i = model.size() - 1; i >= 0; i--) {
      if (model.get(i).modRevision <= revision) {
        return model.get(i);
      }
    }
    return null;
  }

  private static void check(KeyHistory history, List<Version> model, long upTo) {
    assertThat(history.isEmpty()).isEqualTo(model.isEmpty());
    for (long revision = 0; revision <= upTo + 1; revision++) {
      Version v = last(model, revision);
      assertThat(history.at(revision)).isSameAs(v == null || v.isDeletion() ? null : v);
      assertThat(history.exactly(revision))
          .isSameAs(v != null && v.modRevision == revision ? v : null);
    }
    Version newest = last(model, Long.MAX_VALUE);
    assertThat(history.newest()).isSameAs(newest == null || newest.isDeletion() ? null : newest);
  }

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void isAsTheList(long seed) throws Exception {
    SplittableRandom random = new SplittableRandom(seed);
    Path path = Files.createFile(directory.resolve("values"));
    try (DataFile file = new DataFile(path);
        DataFile other = new DataFile(path)) {
      KeyHistory history = new KeyHistory("k");
      List<Version> model = new ArrayList<>();
      long revision = 1;
      long compacted = 0;
      for (int step = 0; step < 400; step++) {
        int what = random.nextInt(20);
        if (what < 14) {
          revision += 1 + random.nextInt(3);
          Version next =
              random.nextInt(4) == 0
                  ? Version.deletion(revision)
                  : new Version(revision, 1, 1, 0, file, step, 1);
          history.append(next);
          model.add(next);
        } else if (what < 16) {
          long from = Math.max(compacted + 1, revision - random.nextInt(4));
          history.undo(from);
          model.removeIf(v -> v.modRevision >= from);
        } else if (what < 18) {
          compacted = Math.max(compacted, revision - random.nextInt(40));
          long to = compacted;
          Version kept = last(model, to);
          model.removeIf(v -> v.modRevision <= to && (v != kept || v.isDeletion()));
          assertThat(history.compact(to)).isEqualTo(model.isEmpty());
        } else if (!model.isEmpty()) {
          int at = random.nextInt(model.size());
          Version v = model.get(at);
          if (!v.isDeletion()) {
            history.move(v.modRevision, other, 1000 + step);
            Version moved = history.exactly(v.modRevision);
            assertThat(moved).isNotNull();
            assertThat(moved.file).isSameAs(other);
            assertThat(moved.offset).isEqualTo(1000 + step);
            model.set(at, moved);
          }
        }
        check(history, model, revision);
      }
    }
  }

  /** Every version used to copy all that were there. */
  @Test
  void aKeyWrittenVeryOftenIsNotCopiedAsOften() {
    KeyHistory history = new KeyHistory("k");
    var threads =
        (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
    int versions = 20_000;
    long before = threads.getCurrentThreadAllocatedBytes();
    for (int i = 1; i <= versions; i++) {
      history.append(Version.deletion(i));
    }
    long each = (threads.getCurrentThreadAllocatedBytes() - before) / versions;
    assertThat(each).isLessThan(500);
  }
}
