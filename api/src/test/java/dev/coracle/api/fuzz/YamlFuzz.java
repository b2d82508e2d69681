package dev.coracle.api.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.DuplicateKeys;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.Yaml;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** YAML documents: refused with 400, or written and read again as what they were. */
class YamlFuzz {

  @FuzzTest(maxDuration = "120s")
  void yaml(byte[] input) {
    read(input);
  }

  @Test
  void documents() throws InterruptedException {
    new Fuzzer()
        .seeds(
            """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: a, labels: {"x": 'y'}}
            data:
              text: |
                one
                two
              folded: >-
                three
            list: [1, 0x10, 0o7, -2.5e3, .inf, .nan, true, ~, 2026-01-02]
            """,
            "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: [*c, *c]\n",
            "<<: {a: 1}\n? [complex, key]\n: value\n",
            "--- !!map\na: !!str 1\n...\n--- second\n")
        .words(
            "&a ", "*a", "- ", "? ", ": ", "[", "{", "}", "]", "|", ">", "!!binary ", "!<x>", "%")
        .words("---\n", "...\n", "#", "\t", "  ", "\n", "\"\\x", "'", "[[", "{a: ", "- - - ")
        .run(YamlFuzz::read);
  }

  @Test
  void deepDocumentsAreRefusedBeforeTheStackEnds() throws InterruptedException {
    new Fuzzer()
        .seeds("a: ".concat("[".repeat(60_000)), "{a: ".repeat(30_000), "- ".repeat(60_000) + "x")
        .percent(0)
        .run(input ->
            assertThatThrownBy(() -> Yaml.parse(input, 3 << 20))
                .isInstanceOf(StatusException.class)
                .hasMessageContaining("depth"));
  }

  /** Whatever is JSON can be looked through. */
  @Test
  void keysThatStandTwiceInJson() throws InterruptedException {
    new Fuzzer()
        .seeds(
            "{\"a\": 1, \"b\": [{\"a\": 1, \"a\": {\"c\": 1}}], \"a\": {\"a\": []}}", "[1]", "{}")
        .words("\"a\": ", ",", "{", "}", "[", "]", "\"b\"", "null", "\n", "\"\\u0061\"")
        .run(input -> {
          try {
            Json.parse(input);
          } catch (StatusException e) {
            return;
          }
          List<String> found = DuplicateKeys.ofJson(input);
          assertThat(found).hasSizeLessThanOrEqualTo(100);
        });
  }

  @Test
  void aDocumentWithoutEndOfKeysTellsAHundred() {
    String yaml = "a: 1\n".repeat(1000);
    DuplicateKeys twice = new DuplicateKeys();
    Yaml.parse(yaml.getBytes(StandardCharsets.UTF_8), 1 << 20, twice);
    assertThat(twice.found())
        .hasSize(100)
        .first()
        .isEqualTo("line 2: key \"a\" already set in map");
    assertThat(DuplicateKeys.ofJson("{\"a\":1,\n\"a\":2}".getBytes(StandardCharsets.UTF_8)))
        .containsExactly("line 2: key \"a\" already set in map");
  }

  @Test
  void aTagThatIsNoneIsRefused() {
    byte[] yaml = "a: !!str%00 x\n".getBytes(StandardCharsets.UTF_8);
    assertThatThrownBy(() -> Yaml.parse(yaml, 1000))
        .isInstanceOf(StatusException.class)
        .hasMessageStartingWith("error converting YAML to JSON: yaml: ");
  }

  private static void read(byte[] input) {
    try {
      DuplicateKeys twice = new DuplicateKeys();
      JsonNode tree = Yaml.parse(input, 3 << 20, twice);
      assertThat(twice.found()).hasSizeLessThanOrEqualTo(100);
      if (tree.size() < 1000) {
        byte[] once = Yaml.bytes(tree);
        byte[] again = Yaml.bytes(Yaml.parse(once, 64 << 20));
        if (!java.util.Arrays.equals(once, again)) {
          throw new AssertionError(tree + " is not read as it was written: " + new String(once));
        }
      }
    } catch (StatusException e) {
      if (e.status().code() != 400) {
        throw new AssertionError(e);
      }
    }
  }
}
