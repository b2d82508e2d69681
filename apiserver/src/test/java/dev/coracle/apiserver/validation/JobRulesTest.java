package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobRulesTest {

  private static final Judge JUDGE = Judge.of("batch", "jobs");
  private static final String JOB =
      """
      {'metadata':{'name':'j','namespace':'d'},
       'spec':{'manualSelector':true,'selector':{'matchLabels':{'a':'b'}},
        'template':{'metadata':{'labels':{'a':'b'}},
         'spec':{'restartPolicy':'Never','containers':[{'name':'c','image':'i'}]}}}}\
      """;
  private static final String INDEXED = "/spec/completionMode='Indexed';;/spec/completions=5;;";
  private static final String FIXED = "field is immutable";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/spec/maxFailedIndexes=1 | spec.backoffLimitPerIndex: Required value: when"
            + " maxFailedIndexes is specified;;spec.maxFailedIndexes: Invalid value: 1: requires"
            + " indexed completion mode",
        "/spec/managedBy='' | spec.managedBy: Required value",
        "/spec/managedBy='a' | spec.managedBy: Invalid value: \"a\": must be a domain-prefixed path"
            + " (such as \"acme.io/foo\")",
        "/spec/managedBy='a.b/ c' | spec.managedBy: Invalid value: \" c\": Invalid path (regex used"
            + " for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')",
        "/spec/managedBy='a.b/01234567890123456789012345678901234567890123456789012345678901' |"
            + " spec.managedBy: Too long: may not be more than 63 bytes",
        "/spec/completionMode='X' | spec.completionMode: Unsupported value: \"X\": supported"
            + " values: \"NonIndexed\", \"Indexed\"",
        "/spec/completionMode='Indexed';;/spec/parallelism=1 | spec.completions: Required value: when completion mode is"
            + " Indexed",
        "/spec/completionMode='Indexed';;/spec/completions=3;;/spec/parallelism=100001;;"
            + "/spec/backoffLimitPerIndex=1;;/spec/maxFailedIndexes=4 | spec.parallelism: Invalid"
            + " value: 100001: must be less than or equal to 100000 when completion mode is"
            + " Indexed;;spec.maxFailedIndexes: Invalid value: 4: must be less than or equal to"
            + " completions",
        "/spec/completionMode='Indexed';;/spec/completions=100001;;/spec/parallelism=10001;;"
            + "/spec/backoffLimitPerIndex=1 | spec.maxFailedIndexes: Required value: must be"
            + " specified when completions is above 100000;;spec.parallelism: Invalid value: 10001:"
            + " must be less than or equal to 10000 when completions are above 100000 and used with"
            + " backoff limit per index",
        "/spec/completionMode='Indexed';;/spec/completions=100001;;/spec/maxFailedIndexes=10001;;"
            + "/spec/backoffLimitPerIndex=1 | spec.maxFailedIndexes: Invalid value: 10001: must be"
            + " less than or equal to 10000 when completions are above 100000 and used with backoff"
            + " limit per index",
        "/spec/successPolicy={'rules':[{'succeededCount':1}]} | spec.successPolicy: Invalid value:"
            + " {\"Rules\":[{\"SucceededIndexes\":null,\"SucceededCount\":1}]}: requires indexed"
            + " completion mode",
        "/spec/podReplacementPolicy='X' | spec.podReplacementPolicy: Unsupported value: \"X\":"
            + " supported values: \"Failed\", \"TerminatingOrFailed\"",
        "/spec/podFailurePolicy={'rules':[]};;/spec/podReplacementPolicy='TerminatingOrFailed' |"
            + " spec.podReplacementPolicy: Unsupported value: \"TerminatingOrFailed\": supported"
            + " values: \"Failed\"",
        "/spec/template/spec/restartPolicy='Always' | spec.template.spec.restartPolicy: Required"
            + " value: valid values: \"OnFailure\", \"Never\"",
        "/spec/podFailurePolicy={'rules':[]};;/spec/template/spec/restartPolicy='OnFailure' |"
            + " spec.template.spec.restartPolicy: Invalid value: \"OnFailure\": only \"Never\" is"
            + " supported when podFailurePolicy is specified",
        "/metadata/name='a.b';;/spec/completionMode='Indexed';;/spec/completions=2 | metadata.name:"
            + " Invalid value: \"a.b\": will not able to create pod with invalid DNS label: a.b-1",
      })
  void whatIsWrongWithANewOne(String edits, String expected) {
    assertThat(JUDGE.create(JOB, edits)).containsExactly(expected.split(";;"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[] | : Required value: at least one rules must be specified when the successPolicy is"
            + " specified",
        "[{}] | [0]: Required value: at least one of succeededCount or succeededIndexes must be"
            + " specified",
        "[{'succeededCount':6}] | [0].succeededCount: Invalid value: 6: must be less than or equal"
            + " to 5 (the number of specified completions)",
        "[{'succeededIndexes':'0,2-3','succeededCount':4}] | [0].succeededCount: Invalid value: 4:"
            + " must be less than or equal to 3 (the number of indexes in the specified"
            + " succeededIndexes field)",
        "[{'succeededIndexes':'1-2-3'}] | [0].succeededIndexes: Invalid value: \"1-2-3\": error"
            + " parsing succeededIndexes: the fragment \"1-2-3\" violates the requirement that an"
            + " index interval can have at most two parts separated by '-'",
        "[{'succeededIndexes':'1,x'}] | [0].succeededIndexes: Invalid value: \"1,x\": error parsing"
            + " succeededIndexes: cannot convert string to integer for index: \"x\"",
        "[{'succeededIndexes':'1-5'}] | [0].succeededIndexes: Invalid value: \"1-5\": error parsing"
            + " succeededIndexes: too large index: \"5\"",
        "[{'succeededIndexes':'1-3,3'}] | [0].succeededIndexes: Invalid value: \"1-3,3\": error"
            + " parsing succeededIndexes: non-increasing order, previous: 3, current: 3",
        "[{'succeededIndexes':'2-2'}] | [0].succeededIndexes: Invalid value: \"2-2\": error parsing"
            + " succeededIndexes: non-increasing order, previous: 2, current: 2",
      })
  void successPolicies(String rules, String expected) {
    assertThat(JUDGE.create(JOB, INDEXED + "/spec/successPolicy={'rules':" + rules + "}"))
        .containsExactly("spec.successPolicy.rules" + expected);
  }

  @Test
  void aSelectorThatIsMadeIsKept() {
    String labels =
        "{'controller-uid':'u','batch.kubernetes.io/controller-uid':'u','job-name':'j','batch.kubernetes.io/job-name':%s}";
    String edits =
        "/spec/manualSelector=false;;/metadata/uid='u';;"
            + "/spec/selector={'matchLabels':{'batch.kubernetes.io/controller-uid':'u'}};;"
            + "/spec/template/metadata/labels=";
    assertThat(JUDGE.create(JOB, edits + labels.formatted("'j'"))).isEmpty();
    String at = "spec.template.metadata.labels[batch.kubernetes.io/job-name]: ";
    assertThat(JUDGE.create(JOB, edits + labels.formatted("'k'")))
        .singleElement()
        .asString()
        .startsWith(at + "Invalid value: {\"controller-uid\":\"u\",")
        .endsWith(": must be 'j'");
    String without = labels.replace(",'batch.kubernetes.io/job-name':%s", "");
    assertThat(JUDGE.create(JOB, edits + without))
        .containsExactly(at + "Required value: must be 'j'");
    // Jobs of servers that did not know of these labels stay as they are.
    String old =
        edits.replace("{'batch.kubernetes.io/controller-uid'", "{'controller-uid'")
            + "{'controller-uid':'u','job-name':'j'}";
    assertThat(JUDGE.change(JOB, old, "/spec/parallelism=2", "")).isEmpty();
    String foreign = edits.replace("'batch.kubernetes.io/controller-uid':'u'", "'x':'y'");
    assertThat(JUDGE.create(JOB, foreign + labels.formatted("'j','x':'y'")))
        .containsExactly(
            "spec.selector: Invalid value: {\"matchLabels\":{\"x\":\"y\"}}: `selector` not"
                + " auto-generated");
  }

  /** As was stored before values were looked at. */
  @Test
  void aSelectorMayKeepAValueThatNoLabelHas() {
    String odd =
        "/spec/manualSelector=true;;/spec/selector="
            + "{'matchExpressions':[{'key':'a','operator':'NotIn','values':['-']}]}";
    assertThat(JUDGE.create(JOB, odd)).hasSize(1);
    assertThat(JUDGE.change(JOB, odd, "/spec/parallelism=2", "")).isEmpty();
  }

  @Test
  void whatMayChange() {
    assertThat(
            JUDGE.change(
                JOB,
                "",
                "/spec/parallelism=2;;/spec/suspend=true;;/spec/backoffLimit=1;;"
                    + "/spec/activeDeadlineSeconds=3;;/spec/ttlSecondsAfterFinished=4",
                ""))
        .isEmpty();
    assertThat(JUDGE.change(JOB, "", "/spec/completions=2", ""))
        .containsExactly("spec.completions: Invalid value: 2: " + FIXED);
    assertThat(JUDGE.change(JOB, INDEXED, "/spec/completions=3;;/spec/parallelism=3", ""))
        .isEmpty();
    assertThat(JUDGE.change(JOB, INDEXED, "/spec/completions=3", ""))
        .containsExactly(
            "spec.completions: Invalid value: 3: can only be modified in tandem with"
                + " spec.parallelism");
    assertThat(JUDGE.change(JOB, "", "/spec/managedBy='a.b/c'", ""))
        .containsExactly("spec.managedBy: Invalid value: \"a.b/c\": " + FIXED);
  }

  private static final String MOVE =
      "/spec/template/spec/nodeSelector={'z':'a'};;"
          + "/spec/template/spec/containers/0/resources={'limits':{'cpu':'2'},"
          + "'requests':{'cpu':'2'}};;/spec/template/metadata/labels/x='y'";
  private static final String NODES =
      "/spec/template/spec/affinity={'nodeAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':"
          + "{'nodeSelectorTerms':[{'matchExpressions':[{'key':'a','operator':'Exists'}]}]}}}";
  private static final String PODS =
      "/spec/template/spec/affinity={'podAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':"
          + "[{'topologyKey':'z','labelSelector':{'matchLabels':{'a':'b'}}}]}}";

  @Test
  void aSuspendedJobWithoutPodsMayMove() {
    String suspended = "/spec/suspend=true";
    String started = suspended + ";;/status={'startTime':'2026-01-01T00:00:00Z'%s}";
    String said = ",'conditions':[{'type':'Suspended','status':'True'}]";
    for (String edit : List.of(MOVE, NODES)) {
      assertThat(JUDGE.change(JOB, suspended, edit, "")).isEmpty();
      assertThat(JUDGE.change(JOB, started.formatted(said), edit, "")).isEmpty();
      for (String old :
          List.of(
              "",
              started.formatted(""),
              started.formatted(said + ",'active':1"),
              suspended + ";;/status={'active':1}")) {
        assertThat(JUDGE.change(JOB, old, edit, ""))
            .as(old)
            .singleElement()
            .asString()
            .startsWith("spec.template: Invalid value: ")
            .endsWith(FIXED);
      }
    }
    assertThat(JUDGE.change(JOB, suspended, PODS, ""))
        .singleElement()
        .asString()
        .startsWith("spec.template: Invalid value: ");
  }
}
