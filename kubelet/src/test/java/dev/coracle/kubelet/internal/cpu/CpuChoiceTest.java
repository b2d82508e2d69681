package dev.coracle.kubelet.internal.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.kubelet.config.CpuSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which CPUs a container gets: those that share most, and leave most whole. */
class CpuChoiceTest {
  /**
   * Two sockets of four cores of two threads, which are numbered as Intel's: 0 and 8 are a core.
   */
  static final CpuTopology TWO_SOCKETS =
      new CpuTopology(
          IntStream.range(0, 16)
              .mapToObj(id -> new CpuTopology.Cpu(id, id % 8, id % 8 / 4, id % 8 / 4, id % 8 / 2))
              .toList());

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a whole core                        | 0-15        | 2  | 0,8",
        "a whole socket                      | 0-15        | 8  | 0-3,8-11",
        "a socket and a core                 | 0-15        | 10 | 0-4,8-12",
        "cores of the fuller socket          | 1-15        | 2  | 1,9",
        "and not the whole one               | 3-15        | 2  | 3,11",
        "one thread beside one in use        | 1-15        | 1  | 8",
        "the socket that is whole            | 1-15        | 8  | 4-7,12-15",
        "cores first, then a thread of theirs| 0-15        | 3  | 0-1,8",
        "what is left, core by core          | 0-2,12      | 3  | 0-2",
        "all there are                       | 0,5,9       | 3  | 0,5,9",
      })
  void whatSharesMostIsChosen(String why, String free, int count, String chosen) {
    assertThat(CpuChoice.of(TWO_SOCKETS, CpuSet.parse(free), count))
        .as(why)
        .hasValue(CpuSet.parse(chosen));
  }

  @Test
  void thereIsNotMoreThanThereIs() {
    assertThat(CpuChoice.of(TWO_SOCKETS, CpuSet.parse("0-3"), 5)).isEmpty();
    assertThat(CpuChoice.of(TWO_SOCKETS, CpuSet.NONE, 0)).hasValue(CpuSet.NONE);
  }

  /** Caches are of two cores each: 0-1 with 8-9, 2-3 with 10-11, and so on. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a whole cache                       | 0-15        | 4  | 0-1,8-9",
        "a whole cache though cores are near | 1-15        | 4  | 2-3,10-11",
        "one that is enough, not two halves  | 1-2,9-10,6-7,14-15 | 4 | 6-7,14-15",
        "the fullest that is enough          | 1-15        | 2  | 1,9",
        "a cache, and the rest from one      | 0-15        | 6  | 0-2,8-10",
        "a socket, then a cache              | 0-15        | 12 | 0-5,8-13",
        "cores where no cache is enough      | 1-2,9-10    | 4  | 1-2,9-10",
        "threads as ever                     | 0,2,4       | 2  | 0,2",
        "none                                | 0-15        | 0  | ''",
      })
  void cachesAreSharedWhereTheyCanBe(String why, String free, int count, String chosen) {
    assertThat(CpuChoice.byCache(TWO_SOCKETS, CpuSet.parse(free), count))
        .as(why)
        .hasValue(CpuSet.parse(chosen));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "one node where that is enough       | 0-15        | 4  | 1 | 0-1,8-9",
        "the one that has more left then     | 1-15        | 4  | 1 | 4-5,12-13",
        "both in equal parts                 | 0-15        | 10 | 1 | 0-2,4-6,8-9,12-13",
        "and by cores                        | 0-15        | 12 | 2 | 0-2,4-6,8-10,12-14",
        "the rest from where there is more   | 1-15        | 9  | 1 | ''",
        "not more than one has               | 0-3,4,12    | 6  | 1 | 0-3,4,12",
      })
  void whatTakesSeveralNodesComesInEqualParts(
      String why, String free, int count, int together, String chosen) {
    CpuSet spread = CpuSpread.of(TWO_SOCKETS, CpuSet.parse(free), count, together).orElseThrow();
    assertThat(spread.size()).as(why).isEqualTo(count);
    if (!chosen.isEmpty()) {
      assertThat(spread).as(why).isEqualTo(CpuSet.parse(chosen));
    } else {
      assertThat(spread.inBoth(CpuSet.parse("0-3,8-11")).size()).as(why).isEqualTo(4);
    }
  }

  @Test
  void thereIsNotMoreThanThereIsInEqualPartsEither() {
    assertThat(CpuSpread.of(TWO_SOCKETS, CpuSet.parse("0-3"), 5, 1)).isEmpty();
    assertThat(CpuChoice.byCache(TWO_SOCKETS, CpuSet.parse("0-3"), 5)).isEmpty();
  }
}
