package dev.coracle.kubelet.server.internal.nodelogs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeLogQueryTest {
  @TempDir Path logs;

  @BeforeEach
  void file() throws Exception {
    Files.createDirectory(logs.resolve("a"));
    Files.writeString(logs.resolve("a/b.log"), "b");
  }

  private static Optional<NodeLogQuery> parse(String query) throws NodeLogQuery.Invalid {
    var parameters = new QueryStringDecoder("/?" + query).parameters();
    return NodeLogQuery.parse(name -> parameters.getOrDefault(name, List.of()));
  }

  @Test
  void allOptionsAreRead() throws Exception {
    assertThat(
            parse(
                "query=kubelet&query=foo&sinceTime=2026-01-02T03:04:05%2B01:00"
                    + "&untilTime=2026-01-02T03:04:05Z&tailLines=7&boot=-1&pattern=a.b"))
        .hasValueSatisfying(q -> {
          assertThat(q.services()).containsExactly("kubelet", "foo");
          assertThat(q.since()).contains(Instant.parse("2026-01-02T02:04:05Z"));
          assertThat(q.until()).contains(Instant.parse("2026-01-02T03:04:05Z"));
          assertThat(q.tailLines()).hasValue(7);
          assertThat(q.boot()).hasValue(-1);
          assertThat(q.pattern()).isEqualTo("a.b");
        });
    assertThat(parse("query=a%5Cb.log").orElseThrow().file()).contains("a/b.log");
    assertThat(parse("")).isEmpty();
    assertThat(parse("other=1")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          query=%20             | query: Invalid value: [" "]: query cannot be empty
          query=a&sinceTime=now | sinceTime: Invalid value: "now": invalid time format
          query=a&untilTime=1   | untilTime: Invalid value: "1": invalid time format
          query=a&boot=x        | boot: Invalid value: "x": strconv.Atoi: parsing "x": invalid syntax
          query=a&tailLines=1.5 | tailLines: Invalid value: "1.5": strconv.Atoi: parsing "1.5": invalid syntax
          query=a&boot=x&sinceTime=y | [sinceTime: Invalid value: "y": invalid time format, boot: Invalid value: "x": strconv.Atoi: parsing "x": invalid syntax]
          """)
  void whatCannotBeReadIsSaid(String query, String words) {
    assertThatThrownBy(() -> parse(query))
        .isInstanceOf(NodeLogQuery.Invalid.class)
        .hasMessage(words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          query=kubelet            |
          query=a/b.log            |
          query=/../a/./b.log      |
          tailLines=5              | query: Required value: cannot be empty with options
          query=a/b.log&query=kubelet | query: Invalid value: "[a/b.log], [kubelet]": cannot specify a file and service
          query=a/b.log&query=/c   | query: Invalid value: ["a/b.log","/c"]: cannot specify more than one file
          query=a/b.log&tailLines=1 | query: Invalid value: ["a/b.log"]: cannot specify file with options
          query=/none              | query: Invalid value: ["/none"]: no such file or directory
          query=a;b                | query: Invalid value: "a;b": input contains unsupported characters
          query=a.service          | query: Invalid value: "a.service": input contains unsupported characters
          query=a&query=b&query=c&query=d&query=e | query: Too many: 5: must have at most 4 items
          query=a&boot=1           | boot: Invalid value: 1: must be less than 1
          query=a&tailLines=100001 | tailLines: Invalid value: 100001: must be between 0 and 100000, inclusive
          query=a&tailLines=-1     | tailLines: Invalid value: -1: must be between 0 and 100000, inclusive
          query=a&pattern=(        | pattern: Invalid value: "(": error parsing regexp: Unclosed group
          query=a&sinceTime=2026-01-02T00:00:00Z&untilTime=2026-01-01T00:00:00Z | untilTime: Invalid value: "2026-01-01T00:00:00Z": must be after `sinceTime`
          """)
  void whatMakesNoSenseIsSaid(String query, String words) throws Exception {
    NodeLogQuery asked = parse(query.replace(";", "%3B")).orElseThrow();
    NodeLogFiles files = new NodeLogFiles(logs);
    if (words == null) {
      asked.validate(files);
    } else {
      assertThatThrownBy(() -> asked.validate(files)).hasMessage(words);
    }
  }

  @Test
  void namesAreBounded() throws Exception {
    NodeLogQuery asked = parse("query=" + "a".repeat(257)).orElseThrow();
    assertThatThrownBy(() -> asked.validate(new NodeLogFiles(logs)))
        .hasMessageEndingWith("length must be less than 100");
    parse("query=" + "a".repeat(256)).orElseThrow().validate(new NodeLogFiles(logs));
  }
}
