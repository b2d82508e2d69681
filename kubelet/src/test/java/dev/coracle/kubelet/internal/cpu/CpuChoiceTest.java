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
              .mapToObj(id -> new CpuTopology.Cpu(id, id % 8, id % 8 / 4, id % 8 / 4))
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
}
