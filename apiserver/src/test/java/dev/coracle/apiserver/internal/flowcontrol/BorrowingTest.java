package dev.coracle.apiserver.internal.flowcontrol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.coracle.apiserver.internal.flowcontrol.Borrowing.Wish;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BorrowingTest {

  @Test
  void whatIsLeftGoesAroundInProportionToWhatIsWanted() {
    List<Wish> wishes = List.of(new Wish(10, 0, 100), new Wish(30, 0, 100));
    double share = Borrowing.share(80, wishes);
    assertThat(share).isCloseTo(2, within(1e-9));
    assertThat(wishes.getFirst().at(share)).isCloseTo(20, within(1e-9));
  }

  @Test
  void nobodyGetsLessThanItsLowerOrMoreThanItsUpperBound() {
    List<Wish> wishes = List.of(new Wish(100, 0, 15), new Wish(10, 10, 100), new Wish(10, 0, 100));
    double share = Borrowing.share(30, wishes);
    assertThat(share).isCloseTo(0.5, within(1e-9));
    assertThat(wishes.stream().mapToDouble(w -> w.at(share)).toArray())
        .containsExactly(new double[] {15, 10, 5}, within(1e-9));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void allIsGivenOutAsFarAsTheBoundsAllow(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 500; round++) {
      List<Wish> wishes = new ArrayList<>();
      double low = 0;
      double high = 0;
      for (int i = 0; i < 1 + random.nextInt(10); i++) {
        double lower = random.nextInt(4) == 0 ? 0 : random.nextInt(50);
        double upper = lower + random.nextInt(100);
        wishes.add(new Wish(lower + random.nextInt(80), lower, upper));
        low += lower;
        high += upper;
      }
      double sum = random.nextInt(600);
      double share = Borrowing.share(sum, wishes);
      double given = wishes.stream().mapToDouble(w -> w.at(share)).sum();
      assertThat(given)
          .as("seed %d, round %d: %s of %s", seed, round, wishes, sum)
          .isCloseTo(Math.clamp(sum, low, high), within(1e-6));
    }
  }
}
