package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CronJobRulesTest {

  private static final Judge JUDGE = Judge.of("batch", "cronjobs");
  private static final String CRON =
      """
      {'metadata':{'name':'c','namespace':'d'},
       'spec':{'schedule':'0 0 * * *','jobTemplate':{'spec':{'template':
        {'spec':{'restartPolicy':'Never','containers':[{'name':'c','image':'i'}]}}}}}}\
      """;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/spec/schedule='' | spec.schedule: Required value",
        "/spec/startingDeadlineSeconds=-1;;/spec/concurrencyPolicy='X';;"
            + "/spec/failedJobsHistoryLimit=-2 | spec.startingDeadlineSeconds: Invalid value: -1:"
            + " must be greater than or equal to 0;;spec.concurrencyPolicy: Unsupported value:"
            + " \"X\": supported values: \"Allow\", \"Forbid\","
            + " \"Replace\";;spec.failedJobsHistoryLimit: Invalid value: -2: must be greater than"
            + " or equal to 0",
        "/spec/jobTemplate/spec/selector={};;/spec/jobTemplate/spec/manualSelector=true |"
            + " spec.jobTemplate.spec.selector: Invalid value: {}: `selector` will be"
            + " auto-generated;;spec.jobTemplate.spec.manualSelector: Unsupported value: true:"
            + " supported values: \"nil\", \"false\"",
        "/spec/timeZone='' | spec.timeZone: Invalid value: \"\": timeZone must be nil or non-empty"
            + " string",
        "/spec/timeZone='../x' | spec.timeZone: Invalid value: \"../x\": unknown time zone ../x",
        "/spec/timeZone='Local' | spec.timeZone: Invalid value: \"Local\": timeZone must be an"
            + " explicit time zone as defined in https://www.iana.org/time-zones",
        "/spec/timeZone='Europe/Nowhere' | spec.timeZone: Invalid value: \"Europe/Nowhere\":"
            + " unknown time zone Europe/Nowhere",
        "/spec/timeZone='GMT+2' | spec.timeZone: Invalid value: \"GMT+2\": unknown time zone GMT+2",
        "/metadata/name='a123456789a123456789a123456789a123456789a123456789abc' | metadata.name:"
            + " Invalid value: \"a123456789a123456789a123456789a123456789a123456789abc\": must be"
            + " no more than 52 characters",
      })
  void whatIsWrongWithANewOne(String edits, String expected) {
    assertThat(JUDGE.create(CRON, edits)).containsExactly(expected.split(";;"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "* * * * * | ",
        "*/5 1-3,7 ? jan-MAR mon/2 | ",
        "@every 1h30.5m | ",
        "@hourly | ",
        "1,,2 * * * * | ",
        "* * * | expected exactly 5 fields, found 3: [* * *]",
        "60 * * * * | end of range (60) above maximum (59): 60",
        "* * 0 * * | beginning of range (0) below minimum (1): 0",
        "5-3 * * * * | beginning of range (5) beyond end of range (3): 5-3",
        "*/0 * * * * | step of range should be a positive number: */0",
        "1-2-3 * * * * | too many hyphens: 1-2-3",
        "1/2/3 * * * * | too many slashes: 1/2/3",
        "x * * * * | failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax",
        "* * * * 7 | end of range (7) above maximum (6): 7",
        "@sometimes | unrecognized descriptor: @sometimes",
        "@every x | failed to parse duration @every x: time: invalid duration \"x\"",
        "@every 5 | failed to parse duration @every 5: time: missing unit in duration \"5\"",
        "@every 5d | failed to parse duration @every 5d: time: unknown unit \"d\" in duration"
            + " \"5d\"",
      })
  void schedules(String schedule, String problem) {
    String[] expected =
        problem == null
            ? new String[0]
            : new String[] {"spec.schedule: Invalid value: \"" + schedule + "\": " + problem};
    assertThat(JUDGE.create(CRON, "/spec/schedule='" + schedule + "'")).containsExactly(expected);
  }

  @Test
  void aZoneInTheScheduleStaysWhereItIs() {
    String zoned = "/spec/schedule='TZ:UTC 0 0 * * *'".replace(':', '=');
    assertThat(JUDGE.create(CRON, zoned))
        .containsExactly(
            "spec.schedule: Invalid value: \"TZ=UTC 0 0 * * *\": cannot use TZ or CRON_TZ in"
                + " schedule, use timeZone field instead");
    assertThat(JUDGE.change(CRON, zoned, "/spec/suspend=true", "")).isEmpty();
    assertThat(JUDGE.change(CRON, zoned, "/spec/timeZone='UTC'", ""))
        .containsExactly(
            "spec.schedule: Invalid value: \"TZ=UTC 0 0 * * *\": cannot use both timeZone field and"
                + " TZ or CRON_TZ in schedule");
    assertThat(JUDGE.change(CRON, "/spec/timeZone='Old/Zone'", "/spec/suspend=true", "")).isEmpty();
  }
}
