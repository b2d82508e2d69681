package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JobStatusRulesTest {

  private static final Judge JUDGE = Judge.of("batch", "jobs");
  private static final String JOB =
      """
      {'metadata':{'name':'j','namespace':'d'},
       'spec':{'manualSelector':true,'selector':{'matchLabels':{'a':'b'}},
        'template':{'metadata':{'labels':{'a':'b'}},
         'spec':{'restartPolicy':'Never','containers':[{'name':'c','image':'i'}]}}}}\
      """;
  private static final String START = "'startTime':'2026-01-01T00:00:00Z'";
  private static final String END = "'completionTime':'2026-01-01T00:01:00Z'";

  /** {@code Complete} as a condition that is true. */
  private static String status(String text) {
    return text.replaceAll("<(\\w+)>", "{'type':'$1','status':'True'}")
        .replace("START", START)
        .replace("END", END);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{} | {'active':-1,'ready':-1,'terminating':-2} | status.active: Invalid value: -1: must be"
            + " greater than or equal to 0;;status.ready: Invalid value: -1: must be greater than"
            + " or equal to 0;;status.terminating: Invalid value: -2: must be greater than or equal"
            + " to 0",
        "{} | {'uncountedTerminatedPods':{'succeeded':['a',''],'failed':['a']}} |"
            + " status.uncountedTerminatedPods.succeeded[1]: Invalid value: \"\": must not be"
            + " empty;;status.uncountedTerminatedPods.failed[0]: Duplicate value: \"a\"",
        "{} | {START,END,'conditions':[<Complete>,<Failed>,<SuccessCriteriaMet>,<FailureTarget>]} |"
            + " status.conditions: Invalid value: cannot set Complete=True and Failed=true"
            + " conditions;;status.conditions: Invalid value: cannot set Complete=True and"
            + " FailureTarget=true conditions;;status.conditions: Invalid value: cannot set"
            + " SuccessCriteriaMet=True and Failed=true conditions;;status.conditions: Invalid"
            + " value: cannot set SuccessCriteriaMet=True and FailureTarget=true conditions",
        "{} | {START,END} | status.completionTime: Invalid value: \"2026-01-01T00:01:00Z\": cannot"
            + " set completionTime when there is no Complete=True condition",
        "{} | {START,'conditions':[<Complete>,<SuccessCriteriaMet>]} | status.completionTime:"
            + " Required value: completionTime is required for Complete jobs",
        "{} | {'startTime':'2026-01-01T00:02:00Z',END,'conditions':[<Complete>,<SuccessCriteriaMet>]}"
            + " | status.completionTime: Invalid value: \"2026-01-01T00:01:00Z\": must be"
            + " equal to or after ^startTime^",
        "{} | {START,'conditions':[<Failed>]} | status.conditions: Invalid value: cannot set"
            + " Failed=True condition without the FailureTarget=true condition",
        "{} | {START,END,'conditions':[<Complete>]} | status.conditions: Invalid value: cannot set"
            + " Complete=True condition without the SuccessCriteriaMet=true condition",
        "{} | {'active':1,'terminating':2,'uncountedTerminatedPods':{'failed':['a']},"
            + "'conditions':[<Failed>,<FailureTarget>]} | status.active: Invalid value: 1: active>0"
            + " is invalid for finished job;;status.startTime: Required value: startTime is"
            + " required for finished job;;status.uncountedTerminatedPods: Invalid value:"
            + " {\"Succeeded\":null,\"Failed\":[\"a\"]}: must be empty for finished job;;"
            + "status.terminating: Invalid value: 2: terminating>0 is invalid for finished"
            + " job",
        "{} | {'completedIndexes':'0'} | status.completedIndexes: Invalid value: \"0\": cannot set"
            + " non-empty completedIndexes when non-indexed completion mode",
        "{} | {'failedIndexes':'1'} | status.failedIndexes: Invalid value: \"1\": cannot set"
            + " non-null failedIndexes when backoffLimitPerIndex is null",
        "{'active':2} | {'active':1,'ready':2} | status.ready: Invalid value: 2: cannot set more"
            + " ready pods than active",
        "{START,'conditions':[<Failed>,<FailureTarget>]} | {START} | status.conditions: Invalid"
            + " value: cannot disable the terminal Failed=True condition;;status.conditions:"
            + " Invalid value: cannot disable the terminal FailureTarget=True condition",
        "{'failed':2,'succeeded':2} | {'failed':1,'succeeded':1} | status.failed: Invalid value: 1:"
            + " cannot decrease the failed counter;;status.succeeded: Invalid value: 1: cannot"
            + " decrease the succeeded counter",
        "{START} | {} | status.startTime: Required value: startTime cannot be removed for"
            + " unsuspended job",
        "{START,END,'conditions':[<Complete>,<SuccessCriteriaMet>]} |"
            + " {START,'completionTime':'2026-01-01T00:03:00Z','conditions':[<Complete>,<SuccessCriteriaMet>]}"
            + " | status.completionTime: Invalid value: \"2026-01-01T00:03:00Z\": field is"
            + " immutable",
        "{START,'conditions':[<SuccessCriteriaMet>]} | {START} | status.conditions: Invalid value:"
            + " cannot disable the SuccessCriteriaMet=True condition",
        "{START,END,'conditions':[<Complete>]} |"
            + " {START,END,'conditions':[<Complete>,<SuccessCriteriaMet>]} | status.conditions:"
            + " Invalid value: cannot set SuccessCriteriaMet=True for Job already has Complete=true"
            + " conditions",
      })
  void whatAStatusMaySay(String before, String now, String expected) {
    assertThat(JUDGE.change(JOB, "/status=" + status(before), "/status=" + status(now), "status"))
        .containsExactly(expected.replace('^', '`').split(";;"));
  }

  @Test
  void indexesAreInOrderAndApart() {
    String indexed =
        "/spec/completionMode='Indexed';;/spec/completions=5;;/spec/backoffLimitPerIndex=1";
    assertThat(
            JUDGE.change(
                JOB, indexed, "/status={'completedIndexes':'0-2','failedIndexes':'2,9'}", "status"))
        .containsExactly(
            "status.failedIndexes: Invalid value: \"2,9\": error parsing failedIndexes: too large"
                + " index: \"9\"",
            "status.failedIndexes: Invalid value: \"2,9\": failedIndexes and completedIndexes"
                + " overlap at index: 2");
    assertThat(
            JUDGE.change(
                JOB,
                indexed,
                "/status={'completedIndexes':'0-1,3','failedIndexes':'2,4'}",
                "status"))
        .isEmpty();
  }

  @Test
  void aMistakeOfBeforeDoesNotStopWhatFollows() {
    String wrong = "/status=" + status("{'conditions':[<Complete>],'active':1}");
    assertThat(JUDGE.change(JOB, wrong, "/status/succeeded=1", "status")).isEmpty();
  }

  @Test
  void whatIsResumedBeginsAgain() {
    String suspended =
        "/status=" + status("{'startTime':'2026-01-01T00:00:00Z','conditions':[<Suspended>]}");
    String resumed =
        "/status={'startTime':'2026-01-01T00:05:00Z',"
            + "'conditions':[{'type':'Suspended','status':'False'}]}";
    assertThat(JUDGE.change(JOB, suspended, resumed, "status")).isEmpty();
    assertThat(JUDGE.change(JOB, suspended, "/status={}", "status"))
        .containsExactly(
            "status.startTime: Required value: startTime cannot be removed for unsuspended job");
  }

  @Test
  void whatIsSuspendedWithNothingToDoEndsWithoutHavingBegun() {
    String done =
        "/status="
            + status(
                "{'completionTime':'2026-01-01T00:01:00Z',"
                    + "'conditions':[<SuccessCriteriaMet>,<Complete>]}");
    assertThat(JUDGE.change(JOB, "/spec/suspend=true;;/spec/completions=0", done, "status"))
        .isEmpty();
    assertThat(JUDGE.change(JOB, "/spec/completions=0", done, "status"))
        .containsExactly(
            "status.startTime: Required value: startTime is required for finished job");
  }

  @Test
  void failedIndexesOfAFailedJobNeedTheTargetAndTheTargetMayBeAnnouncedLate() {
    String indexed =
        "/spec/completionMode='Indexed';;/spec/completions=5;;/spec/backoffLimitPerIndex=1;;";
    String failed = "/status=" + status("{START,'conditions':[<Failed>]}");
    assertThat(JUDGE.change(JOB, indexed + failed, "/status/failedIndexes='1'", "status"))
        .containsExactly(
            "status.conditions: Invalid value: cannot set Failed=True condition without the"
                + " FailureTarget=true condition");
    assertThat(
            JUDGE.change(
                JOB,
                "/status=" + status("{START,'conditions':[<Failed>,<FailureTarget>]}"),
                failed,
                "status"))
        .containsExactly(
            "status.conditions: Invalid value: cannot disable the terminal FailureTarget=True"
                + " condition");
  }

  @Test
  void theWayOfAJob() {
    String running = "/status=" + status("{START,'active':2,'ready':1}");
    String ending =
        "/status=" + status("{START,'succeeded':2,'conditions':[<SuccessCriteriaMet>]}");
    String done =
        "/status="
            + status("{START,END,'succeeded':2,'conditions':[<SuccessCriteriaMet>,<Complete>]}");
    assertThat(JUDGE.change(JOB, "/status={}", running, "status")).isEmpty();
    assertThat(JUDGE.change(JOB, running, ending, "status")).isEmpty();
    assertThat(JUDGE.change(JOB, ending, done, "status")).isEmpty();
  }
}
