package dev.coracle.criruntime.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.fuzz.Fuzzer;
import org.junit.jupiter.api.Test;

/** Sizes of terminals, from whoever attaches: one that a terminal can have, or none. */
class TerminalSizeFuzz {

  @FuzzTest(maxDuration = "30s")
  void sizes(byte[] input) {
    read(input);
  }

  private static void read(byte[] input) {
    TerminalSize.of(input)
        .ifPresent(size -> {
          assertThat(size.width()).isBetween(1, 65_535);
          assertThat(size.height()).isBetween(1, 65_535);
        });
  }

  @Test
  void nearlyRightOnes() throws InterruptedException {
    new Fuzzer()
        .seeds("{\"Width\":80,\"Height\":24}", "{\"width\":80,\"height\":24}", "", "[]", "null")
        .words("1e999", "-1", "65536", "4294967297", "\"80\"", "null", "[", "{", "NaN")
        .run(TerminalSizeFuzz::read);
  }

  @Test
  void bothSpellingsAreKnownAndNothingElseChangesATerminal() {
    assertThat(TerminalSize.of("{\"Width\":80,\"Height\":24}".getBytes()))
        .contains(new TerminalSize(80, 24));
    assertThat(TerminalSize.of("{\"width\":80,\"height\":24}".getBytes()))
        .contains(new TerminalSize(80, 24));
    for (String none :
        new String[] {
          "", "{}", "{\"Width\":0,\"Height\":1}", "{\"Width\":65536,\"Height\":1}", "x"
        }) {
      assertThat(TerminalSize.of(none.getBytes())).as(none).isEmpty();
    }
  }
}
