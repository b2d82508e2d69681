package dev.coracle.scheduler.spi;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The table against a map that does the same. */
class SlotCountsTest {

  @ParameterizedTest(name = "seed {0}")
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void saysWhatAMapSays(long seed) {
    Random random = new Random(seed);
    int slots = 1 + random.nextInt(300);
    int step = 1 + random.nextInt(70); // Slots that lie apart meet in the table all the same.
    SlotCounts counts = new SlotCounts();
    Map<Integer, Integer> model = new HashMap<>();
    for (int i = 0; i < 5_000; i++) {
      int slot = random.nextInt(slots) * step;
      boolean less = model.containsKey(slot) && random.nextInt(100) < 48;
      counts.add(slot, less ? -1 : 1);
      model.merge(slot, less ? -1 : 1, (a, b) -> a + b == 0 ? null : a + b);
      assertThat(counts.isEmpty()).isEqualTo(model.isEmpty());
    }
    for (int slot = 0; slot < slots * step; slot++) {
      assertThat(counts.get(slot)).as("slot %d", slot).isEqualTo(model.getOrDefault(slot, 0));
    }
  }
}
