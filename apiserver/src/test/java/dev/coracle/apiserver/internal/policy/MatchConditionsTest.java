package dev.coracle.apiserver.internal.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ArrayNode;
import dev.coracle.api.Json;
import dev.coracle.cel.CelFailure;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MatchConditionsTest {

  private static final Map<String, Object> NOTHING = Map.of();

  /** Costs as much as one expression may, and is stopped. */
  private static String endless(int which) {
    String out = "true";
    for (int i = 0; i < 7; i++) {
      out = "[1,2,3,4,5,6,7,8,9,10].all(x" + which + i + ", " + out + ")";
    }
    return out;
  }

  private static MatchConditions of(String... expressions) {
    ArrayNode all = Json.array();
    for (String e : expressions) {
      all.addObject().put("name", "c" + all.size()).put("expression", e);
    }
    return MatchConditions.ofWebhook(all);
  }

  @Test
  void oneThatIsFalseSettlesIt() {
    assertThat(of(endless(1), "false", endless(2)).match(NOTHING)).isFalse();
    assertThat(of("false", "1 / int('0') == 1").match(NOTHING)).isFalse();
    assertThat(of("true", "1 < 2").match(NOTHING)).isTrue();
  }

  @Test
  void whatEachMayCostIsTheFailureOfThatOne() {
    assertThatThrownBy(() -> of(endless(1), "true", endless(2)).match(NOTHING))
        .isInstanceOf(CelFailure.class)
        .hasMessageMatching(
            "\\[expression '.*' resulted in error: operation cancelled: actual cost limit exceeded,"
                + " expression '.*' resulted in error: operation cancelled: actual cost limit"
                + " exceeded]");
  }

  /** Two and a half million units for all of them, those behind one that is false too. */
  @Test
  void whatAllTogetherMayCostIsTheFailureOfAll() {
    for (MatchConditions all :
        List.of(
            of(endless(1), endless(2), endless(3), "false"),
            of("false", endless(1), endless(2), endless(3)))) {
      assertThatThrownBy(() -> all.match(NOTHING))
          .isInstanceOf(CelFailure.class)
          .hasMessage(
              "validation failed due to running out of cost budget, no further validation rules"
                  + " will be run");
    }
  }
}
