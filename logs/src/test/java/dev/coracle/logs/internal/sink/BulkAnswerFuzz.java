package dev.coracle.logs.internal.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.StatusException;
import dev.coracle.api.fuzz.Fuzzer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a log sink answers: which of the batch it wants again, or no answer of the bulk API. */
class BulkAnswerFuzz {

  private static final int BATCH = 3;

  @FuzzTest(maxDuration = "30s")
  void answers(byte[] input) {
    read(input);
  }

  @Test
  void bulkAnswers() throws InterruptedException {
    new Fuzzer()
        .seeds(
            """
            {"errors":true,"items":[{"create":{"status":201}},{"create":{"status":429}},\
            {"create":{"status":503,"error":{"type":"x"}}}]}\
            """,
            "{\"error\":{\"reason\":\"no\"},\"status\":400}",
            "[]",
            "")
        .words("{\"create\":", "\"status\":", "\"items\":", "[", "null", "429", "1e400", ",{}")
        .run(BulkAnswerFuzz::read);
  }

  private static void read(byte[] input) {
    try {
      assertThat(BulkAnswer.refused(input, BATCH)).doesNotHaveDuplicates().allMatch(i -> i < BATCH);
    } catch (IllegalStateException | StatusException e) {
      assertThat(e.getMessage()).isNotNull();
    }
  }

  /** The places beyond the batch were looked up in it, and nothing was shipped ever after. */
  @Test
  void anAnswerToMoreEntriesThanWereSentIsNone() {
    String two = "{\"items\":[{\"create\":{\"status\":429}},{\"create\":{\"status\":201}}]}";
    byte[] bytes = two.getBytes(StandardCharsets.UTF_8);
    assertThat(BulkAnswer.refused(bytes, 2)).isEqualTo(List.of(0));
    for (int size : new int[] {0, 1, 3}) {
      assertThatThrownBy(() -> BulkAnswer.refused(bytes, size))
          .hasMessage("the server's answer is none of the bulk API");
    }
  }
}
