package dev.coracle.logs;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.KubeList;
import dev.coracle.api.StatusException;
import dev.coracle.api.fuzz.Fuzzer;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a node answers to a search, and what a node is asked: taken, or refused. */
class NodeLogsFuzz {

  private static final String ANSWER =
      """
      {"kind":"LogEntryList","apiVersion":"logs.coracle.dev/v1","metadata":{"continue":"l1-0.n"},\
      "items":[{"metadata":{"name":"l1-2f.n","namespace":"a"},"time":"2030-01-01T00:00:01.5Z"},\
      {"metadata":{"name":"l2-0.n"},"time":"2030-01-01T00:00:02Z","message":"x"}]}\
      """;

  @FuzzTest(maxDuration = "60s")
  void documents(byte[] input) {
    answer(input);
    question(input);
  }

  @Test
  void answers() throws InterruptedException {
    new Fuzzer()
        .seeds(ANSWER, "{}", "[]", "{\"items\":[1]}")
        .words("\"items\":", "{", "[", "null", "\"name\":", "l0-0.n", "l1-2f.m", "\"time\":7")
        .run(NodeLogsFuzz::answer);
  }

  @Test
  void questions() throws InterruptedException {
    new Fuzzer()
        .seeds("pod=a,since=15m", "message=x,since=2030-01-01T00:00:00Z", "5", "l1-2f.n")
        .words("=", "!=", ",", "since=", "999999d", "+999999999-12-31T23:59:59Z", "-1")
        .run(NodeLogsFuzz::question);
  }

  private static void answer(byte[] input) {
    KubeList list;
    NewestEntries newest = new NewestEntries(2);
    try {
      list = NodeLogs.decode(new String(input, StandardCharsets.UTF_8));
      newest.add("n", list);
    } catch (RuntimeException e) {
      // The node is told of as missing.
      return;
    }
    newest.add("m", new KubeList("1", "", -1, java.util.List.of()));
    assertThat(newest.page().items()).hasSizeLessThanOrEqualTo(2);
  }

  private static void question(byte[] input) {
    String text = new String(input, StandardCharsets.UTF_8);
    try {
      LogQuestions.read("", NodeLogs.options(_ -> text), Optional.empty(), Clock.systemUTC());
    } catch (StatusException e) {
      assertThat(e.status().code()).isEqualTo(400);
    }
    try {
      LogQuestions.read(
          "",
          NodeLogs.options(name -> name.equals("fieldSelector") ? text : ""),
          EntryName.parse(text).map(EntryName::place),
          Clock.systemUTC());
    } catch (StatusException e) {
      assertThat(e.status().code()).isEqualTo(400);
    }
  }
}
