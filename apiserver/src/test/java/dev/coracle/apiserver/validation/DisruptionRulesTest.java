package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DisruptionRulesTest {

  private static final Judge JUDGE = Judge.of("policy", "poddisruptionbudgets");
  private static final String BUDGET =
      "{'metadata':{'name':'b','namespace':'d'},'spec':{'selector':{'matchLabels':{'a':'b'}}}}";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/spec={'minAvailable':1,'maxUnavailable':'101%'} | spec: Invalid value:"
            + " {\"MinAvailable\":1,\"Selector\":null,\"MaxUnavailable\":\"101%\",\"UnhealthyPodEvictionPolicy\":null}:"
            + " minAvailable and maxUnavailable cannot be both set;;spec.maxUnavailable: Invalid"
            + " value: \"101%\": must not be greater than 100%",
        "/spec/minAvailable=-1 | spec.minAvailable: Invalid value: -1: must be greater than or"
            + " equal to 0",
        "/spec/selector={'matchExpressions':[{'key':'a','operator':'X'}]};;"
            + "/spec/unhealthyPodEvictionPolicy='' | spec.selector.matchExpressions[0].operator:"
            + " Invalid value: \"X\": not a valid selector"
            + " operator;;spec.unhealthyPodEvictionPolicy: Unsupported value: \"\": supported"
            + " values: \"AlwaysAllow\", \"IfHealthyBudget\"",
        "/metadata/name='a%b' | metadata.name: Invalid value: \"a%b\": may not contain '%'",
      })
  void whatIsWrongWithANewOne(String edits, String expected) {
    assertThat(JUDGE.create(BUDGET, edits)).containsExactly(expected.split(";;"));
  }

  /** As was stored before values were looked at. */
  @Test
  void theSelectorMayKeepAValueThatNoLabelHas() {
    String odd =
        "/spec/selector={'matchExpressions':[{'key':'a','operator':'NotIn','values':['-']}]}";
    assertThat(JUDGE.create(BUDGET, odd)).hasSize(1);
    assertThat(JUDGE.change(BUDGET, odd, "/spec/minAvailable=1", "")).isEmpty();
    assertThat(JUDGE.change(BUDGET, "", odd, "")).hasSize(1);
  }

  @Test
  void itsNameIsPartOfAPathAndNoMore() {
    assertThat(JUDGE.create(BUDGET, "/metadata/name='My_Budget'")).isEmpty();
  }

  @Test
  void whatAStatusMaySay() {
    assertThat(
            JUDGE.change(
                BUDGET,
                "",
                "/status={'currentHealthy':-1,'expectedPods':-2,'conditions':[{'type':'A',"
                    + "'status':'True','reason':'R','message':''}]}",
                "status"))
        .containsExactly(
            "status.conditions[0].lastTransitionTime: Required value: must be set",
            "status.currentHealthy: Invalid value: -1: must be greater than or equal to 0",
            "status.expectedPods: Invalid value: -2: must be greater than or equal to 0");
  }
}
