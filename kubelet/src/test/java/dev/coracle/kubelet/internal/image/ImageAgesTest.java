package dev.coracle.kubelet.internal.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.cri.v1.Image;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Since when images are here, and unused. */
class ImageAgesTest {
  private static final Instant BEGAN = Instant.parse("2026-01-01T00:00:00Z");

  private final ImageAges ages = new ImageAges();

  private static List<Image> images(String... ids) {
    return Stream.of(ids).map(id -> Image.newBuilder().setId(id).build()).toList();
  }

  @Test
  void whatWasHereBeforeHasAlwaysBeenAndIsUnusedSinceSomebodyLooks() {
    ages.retain(images("old"), BEGAN);
    ages.retain(images("old", "new"), BEGAN.plusSeconds(10));
    assertThat(ages.since("old")).isEqualTo(Instant.EPOCH);
    assertThat(ages.lastUsed("old")).isEqualTo(BEGAN);
    assertThat(ages.since("new")).isEqualTo(BEGAN.plusSeconds(10));
    assertThat(ages.lastUsed("new")).isEqualTo(BEGAN.plusSeconds(10));
  }

  @Test
  void anImageThatCameAgainIsYoungAgain() {
    ages.retain(images(), BEGAN);
    ages.retain(images("a"), BEGAN.plusSeconds(10));
    ages.use("a", BEGAN.plusSeconds(20));
    ages.retain(images(), BEGAN.plusSeconds(30));
    ages.retain(images("a"), BEGAN.plusSeconds(40));
    assertThat(ages.since("a")).isEqualTo(BEGAN.plusSeconds(40));
    assertThat(ages.lastUsed("a")).isEqualTo(BEGAN.plusSeconds(40));
  }

  @Test
  void whatCameWhileTheRuntimeWasAskedStays() {
    ages.retain(images(), BEGAN);
    ages.use("a", BEGAN.plusSeconds(11));
    ages.retain(images(), BEGAN.plusSeconds(10));
    assertThat(ages.lastUsed("a")).isEqualTo(BEGAN.plusSeconds(11));
  }
}
