package dev.coracle.kubelet.internal.cri;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OomKillsTest {
  private final List<String> looked = new ArrayList<>();
  private final OomKills kills =
      new OomKills(id -> {
        looked.add(id);
        return id.startsWith("hungry");
      });

  @Test
  void theKernelsLogIsReadOnceForEachContainer() {
    for (int i = 0; i < 3; i++) {
      assertThat(kills.isKilled("hungry")).isTrue();
      assertThat(kills.isKilled("other")).isFalse();
    }
    assertThat(looked).containsExactly("hungry", "other");
  }

  @Test
  void whoWasAskedAboutLongAgoIsForgotten() {
    kills.isKilled("first");
    for (int i = 0; i < 2000; i++) {
      kills.isKilled("other-" + i);
    }
    looked.clear();
    kills.isKilled("other-1999");
    kills.isKilled("first");
    assertThat(looked).containsExactly("first");
  }
}
