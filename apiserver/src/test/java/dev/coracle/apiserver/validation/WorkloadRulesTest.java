package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Deployments, ReplicaSets, DaemonSets and ReplicationControllers, and the status of all. */
class WorkloadRulesTest {

  private static final String OBJECT =
      """
      {'metadata':{'name':'n','namespace':'d'},
       'spec':{'selector':{'matchLabels':{'a':'b'}},
        'template':{'metadata':{'labels':{'a':'b'}},
         'spec':{'containers':[{'name':'c','image':'i'}]}}}}\
      """;
  private static final String CONTROLLER = OBJECT.replace("{'matchLabels':{'a':'b'}}", "{'a':'b'}");

  private static Judge judge(String resource) {
    return Judge.of(resource.equals("replicationcontrollers") ? "" : "apps", resource);
  }

  private static String object(String resource) {
    return resource.equals("replicationcontrollers") ? CONTROLLER : OBJECT;
  }

  /** Only a new one is looked into: what was stored once stays, and does not change. */
  @Test
  void aRevisionHoldsAnObject() {
    Judge judge = Judge.of("apps", "controllerrevisions");
    String revision = "{'metadata':{'name':'n','namespace':'d'},'revision':%d%s}";
    assertThat(judge.create(revision.formatted(1, ",'data':{}"))).isEmpty();
    assertThat(judge.create(revision.formatted(-1, "")))
        .containsExactly(
            "revision: Invalid value: -1: must be greater than or equal to 0",
            "data: Required value: data is mandatory");
    assertThat(judge.create(revision.formatted(1, ",'data':null")))
        .containsExactly("data: Required value: data is mandatory");
    assertThat(judge.create(revision.formatted(1, ",'data':[1]")))
        .containsExactly("data: Required value: data must be a valid JSON object");
    String text = revision.formatted(1, ",'data':'x'");
    assertThat(judge.update(text, text.replace("1", "2"))).isEmpty();
    assertThat(judge.update(text, revision.formatted(1, "")))
        .singleElement()
        .asString()
        .startsWith("data: Invalid value:")
        .endsWith("field is immutable");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "deployments | /spec/strategy={'rollingUpdate':{'maxUnavailable':'x','maxSurge':0}} |"
            + " spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"x\": a valid percent"
            + " string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%',"
            + " regex used for validation is"
            + " '[0-9]+%');;spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"x\": may"
            + " not be 0 when `maxSurge` is 0",
        "deployments | /spec/strategy={'rollingUpdate':{'maxUnavailable':'200%','maxSurge':'200%'}}"
            + " | spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"200%\": must not be"
            + " greater than 100%",
        "deployments | /spec/selector/matchLabels/a='-' | spec.selector.matchLabels: Invalid value:"
            + " \"-\": a valid label must be an empty string or consist of alphanumeric characters,"
            + " '-', '_' or '.', and must start and end with an alphanumeric character (e.g."
            + " 'MyValue',  or 'my_value',  or '12345', regex used for validation is"
            + " '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?');;spec.selector: Invalid value:"
            + " {\"matchLabels\":{\"a\":\"-\"}}: invalid label selector",
        "deployments | /spec/template/spec/activeDeadlineSeconds=1 |"
            + " spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in"
            + " ReplicaSet is not Supported",
        "replicasets | /spec/selector={} | spec.selector: Invalid value: {}: empty selector is"
            + " invalid for deployment",
        "daemonsets | /spec/selector={};;/spec/minReadySeconds=-1 | spec.selector: Invalid value:"
            + " {}: empty selector is invalid for daemonset;;spec.minReadySeconds: Invalid value:"
            + " -1: must be greater than or equal to 0",
        "daemonsets | /spec/updateStrategy={'rollingUpdate':{'maxUnavailable':1,'maxSurge':'101%'}}"
            + " | spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: \"101%\": must not be"
            + " greater than 100%;;spec.updateStrategy.rollingUpdate.maxSurge: Invalid value:"
            + " \"101%\": may not be set when maxUnavailable is non-zero",
        "daemonsets | /spec/updateStrategy={'rollingUpdate':{'maxUnavailable':0,'maxSurge':0}} |"
            + " spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when"
            + " maxSurge is 0",
        "daemonsets | /spec/template/spec/activeDeadlineSeconds=1 |"
            + " spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in"
            + " DaemonSet is not Supported",
        "replicationcontrollers | /spec/replicas=-1;;/spec/minReadySeconds=-2;;"
            + "/spec/template/spec/activeDeadlineSeconds=1 | spec.minReadySeconds: Invalid value:"
            + " -2: must be greater than or equal to 0;;spec.replicas: Invalid value: -1: must be"
            + " greater than or equal to 0;;spec.template.spec.activeDeadlineSeconds: Forbidden:"
            + " activeDeadlineSeconds in ReplicationController is not Supported",
      })
  void whatIsWrongWithANewOne(String resource, String edits, String expected) {
    assertThat(judge(resource).create(object(resource), edits))
        .containsExactly(expected.split(";;"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "deployments | {'replicas':1,'updatedReplicas':2,'readyReplicas':1,'availableReplicas':2,"
            + "'terminatingReplicas':-1} | status.terminatingReplicas: Invalid value: -1: must be"
            + " greater than or equal to 0;;status.updatedReplicas: Invalid value: 2: cannot be"
            + " greater than status.replicas;;status.availableReplicas: Invalid value: 2: cannot be"
            + " greater than status.replicas;;status.availableReplicas: Invalid value: 2: cannot be"
            + " greater than readyReplicas;;status.collisionCount: Invalid value: 0: cannot be"
            + " decremented",
        "replicasets | {'replicas':1,'fullyLabeledReplicas':2,'observedGeneration':-1} |"
            + " status.observedGeneration: Invalid value: -1: must be greater than or equal to"
            + " 0;;status.fullyLabeledReplicas: Invalid value: 2: cannot be greater than"
            + " status.replicas",
        "replicationcontrollers | {'replicas':1,'readyReplicas':2} | status.readyReplicas: Invalid"
            + " value: 2: cannot be greater than status.replicas",
        "statefulsets | {'replicas':2,'currentReplicas':3,'readyReplicas':1,'availableReplicas':2,"
            + "'collisionCount':1} | status.currentReplicas: Invalid value: 3: cannot be greater"
            + " than status.replicas;;status.availableReplicas: Invalid value: 2: cannot be greater"
            + " than status.readyReplicas;;status.collisionCount: Invalid value: 1: cannot be"
            + " decremented",
        "daemonsets | {'numberReady':-1,'numberUnavailable':-2,'collisionCount':2} |"
            + " status.numberReady: Invalid value: -1: must be greater than or equal to"
            + " 0;;status.numberUnavailable: Invalid value: -2: must be greater than or equal to 0",
      })
  void whatAStatusMaySay(String resource, String status, String expected) {
    boolean collides = !resource.startsWith("repl");
    String before = "/status={" + (collides ? "'collisionCount':2" : "") + "}";
    assertThat(judge(resource).change(object(resource), before, "/status=" + status, "status"))
        .containsExactly(expected.split(";;"));
  }

  @Test
  void noPercentageIsTooLongToBeTooMuch() {
    String most = "/spec/strategy={'rollingUpdate':{'maxUnavailable':'%s','maxSurge':0}}";
    for (String much : List.of("101%", "00099999999999999999999%")) {
      assertThat(judge("deployments").create(OBJECT, most.formatted(much)))
          .containsExactly(
              "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \""
                  + much
                  + "\": must not be greater than 100%");
    }
    assertThat(judge("deployments").create(OBJECT, most.formatted("000100%"))).isEmpty();
  }

  @Test
  void aDeploymentIsRolledBackToNoRevisionBelowZero() {
    assertThat(
            judge("deployments")
                .create(OBJECT, "/metadata/annotations={'deprecated.deployment.rollback.to':'-1'}"))
        .containsExactly(
            "spec.rollback.version: Invalid value: -1: must be greater than or equal to 0");
  }

  /** As was stored before values were looked at. */
  @Test
  void theSelectorOfADaemonSetMayKeepAValueThatNoLabelHas() {
    String odd =
        "/spec/selector={'matchExpressions':[{'key':'a','operator':'NotIn','values':['-']}]}";
    assertThat(judge("daemonsets").create(OBJECT, odd)).hasSize(1);
    assertThat(judge("daemonsets").change(OBJECT, odd, "/spec/minReadySeconds=1", "")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"deployments", "replicasets", "replicationcontrollers", "daemonsets"})
  void whatATemplateHadWrongMayStay(String resource) {
    String wrong = "/spec/template/spec/hostname='-'";
    String changed = "/spec/minReadySeconds=1;;/spec/template/spec/hostname='+'";
    Judge judge = judge(resource);
    assertThat(judge.create(object(resource), wrong)).hasSize(1);
    assertThat(judge.change(object(resource), wrong, "/spec/minReadySeconds=1", "")).isEmpty();
    assertThat(judge.change(object(resource), wrong, changed, "")).hasSize(1);
    assertThat(judge.change(object(resource), wrong, "/spec/minReadySeconds=-1", ""))
        .containsExactly(
            "spec.minReadySeconds: Invalid value: -1: must be greater than or equal to 0");
  }
}
