package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AutoscalingRulesTest {

  private static final Judge JUDGE = Judge.of("autoscaling", "horizontalpodautoscalers");
  private static final String SCALER =
      """
      {'metadata':{'name':'h','namespace':'d'},
       'spec':{'maxReplicas':2,'scaleTargetRef':{'apiVersion':'apps/v1','kind':'K','name':'n'}}}\
      """;
  private static final String OBJECT =
      "/spec/metrics=[{'type':'Object','object':{'describedObject':{'apiVersion':'%s','kind':'K',"
          + "'name':'n'},'metric':{'name':'m'},'target':{'type':'Value','value':'1'}}}]";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/spec/maxReplicas- | spec.maxReplicas: Required value: must be set and greater than"
            + " 0;;spec.maxReplicas: Invalid value: 0: must be greater than or equal to"
            + " `minReplicas`",
        "/spec/maxReplicas=-1;;/spec/minReplicas=-2 | spec.minReplicas: Invalid value: -2: must be"
            + " greater than or equal to 1;;spec.maxReplicas: Invalid value: -1: must be greater"
            + " than or equal to 1",
        "/spec/scaleTargetRef={} | spec.scaleTargetRef.kind: Required"
            + " value;;spec.scaleTargetRef.name: Required value;;spec.scaleTargetRef.apiVersion:"
            + " Invalid value: \"\": apiVersion must specify API group",
        "/spec/scaleTargetRef/apiVersion='a/b/c' | spec.scaleTargetRef.apiVersion: Invalid value:"
            + " \"a/b/c\": unexpected GroupVersion string: a/b/c",
        "/spec/behavior={'scaleUp':{'tolerance':'-1m'}} | spec.behavior.scaleUp.tolerance: Invalid"
            + " value: \"-1m\": must be greater than or equal to 0",
        "/spec/metrics=[{'type':'ContainerResource','containerResource':{'name':'gpu','container':"
            + "'c','target':{'type':'Utilization','averageUtilization':1}}}] |"
            + " spec.metrics[0].containerResource.name: Invalid value: \"gpu\": must be a standard"
            + " resource type or fully qualified;;spec.metrics[0].containerResource.name: Invalid"
            + " value: \"gpu\": must be a standard resource for containers",
      })
  void whatIsWrongWithANewOne(String edits, String expected) {
    assertThat(JUDGE.create(SCALER, edits)).containsExactly(expected.split(";;"));
  }

  @Test
  void coreHasOneKindThatCanBeScaled() {
    String core = "/spec/scaleTargetRef={'apiVersion':'v1','kind':'%s','name':'n'}";
    assertThat(JUDGE.create(SCALER, core.formatted("ReplicationController"))).isEmpty();
    assertThat(JUDGE.create(SCALER, core.formatted("Pod"))).hasSize(1);
  }

  @Test
  void aVersionThatWasStoredMayStay() {
    String old = "/spec/scaleTargetRef/apiVersion='v1'";
    assertThat(JUDGE.change(SCALER, old, "/spec/maxReplicas=3", "")).isEmpty();
    assertThat(JUDGE.change(SCALER, old, "/spec/scaleTargetRef/kind='L'", "")).hasSize(1);
    String odd = OBJECT.formatted("a/b/c");
    assertThat(JUDGE.create(SCALER, odd))
        .containsExactly(
            "spec.metrics[0].object.describedObject.apiVersion: Invalid value: \"a/b/c\":"
                + " unexpected GroupVersion string: a/b/c");
    assertThat(JUDGE.change(SCALER, odd, "/spec/maxReplicas=3", "")).isEmpty();
    assertThat(JUDGE.create(SCALER, OBJECT.formatted("v1"))).isEmpty();
  }
}
