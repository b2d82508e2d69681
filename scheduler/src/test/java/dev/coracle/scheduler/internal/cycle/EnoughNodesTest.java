package dev.coracle.scheduler.internal.cycle;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How many nodes are compared, by upstream's figures. */
class EnoughNodesTest {

  @ParameterizedTest
  @CsvSource({"1,1", "99,99", "100,100", "150,100", "1000,420", "5000,500", "10000,500"})
  void aShareThatShrinksAsTheClusterGrows(int nodes, int enough) {
    assertThat(Framework.enough(nodes, 0)).isEqualTo(enough);
  }
}
