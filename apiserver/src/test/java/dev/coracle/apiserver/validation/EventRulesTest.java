package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class EventRulesTest {

  private static final Judge OLD = Judge.of("", "events");
  private static final Judge NEW = Judge.of("events.k8s.io", "events");
  private static final String TIME = "'2026-01-01T00:00:00.000001Z'";
  private static final String GOOD =
      "{'metadata':{'name':'e','namespace':'d'},'regarding':{'kind':'Pod','namespace':'d'},"
          + "'reason':'R','action':'A','type':'Normal','note':'N','eventTime':"
          + TIME
          + ",'reportingController':'example.com/c','reportingInstance':'i'}";

  private static String old(String namespace, String rest) {
    return "{'metadata':{'name':'Some_Name','namespace':'" + namespace + "'}," + rest + "}";
  }

  @Test
  void eventsOfOldClientsAreAboutTheirNamespace() {
    assertThat(OLD.create(old("d", "'involvedObject':{'namespace':'d'}"))).isEmpty();
    assertThat(OLD.create(old("default", "'involvedObject':{'kind':'Node'}"))).isEmpty();
    String wrong =
        "involvedObject.namespace: Invalid value: \"%s\": does not match event.namespace";
    assertThat(OLD.create(old("kube-system", "'involvedObject':{'kind':'Node'}")))
        .containsExactly(wrong.formatted(""));
    assertThat(OLD.create(old("d", "'involvedObject':{'namespace':'other'}")))
        .containsExactly(wrong.formatted("other"));
  }

  @Test
  void eventsWithATimeSayWhoReportsWhat() {
    String timed = "'involvedObject':{'kind':'Node'},'eventTime':" + TIME;
    String reported =
        timed + ",'reportingComponent':'c','reportingInstance':'i','action':'a','reason':'r'";
    assertThat(OLD.create(old("kube-system", reported))).isEmpty();
    assertThat(OLD.create(old("d", reported)))
        .containsExactly(
            "involvedObject.namespace: Invalid value: \"\": does not match event.namespace");
    assertThat(OLD.create(old("default", timed)))
        .contains(
            "reportingController: Required value",
            "reportingInstance: Required value",
            "action: Required value",
            "reason: Required value");
    String long129 = "'" + "x".repeat(129) + "'";
    assertThat(
            OLD.create(
                old(
                    "default",
                    timed
                        + ",'reportingComponent':'c','reportingInstance':"
                        + long129
                        + ",'action':"
                        + long129
                        + ",'reason':"
                        + long129
                        + ",'message':'"
                        + "x".repeat(1025)
                        + "'")))
        .containsExactly(
            "reportingInstance: Invalid value: \"\": can have at most 128 characters",
            "action: Invalid value: \"\": can have at most 128 characters",
            "reason: Invalid value: \"\": can have at most 128 characters",
            "message: Invalid value: \"\": can have at most 1024 characters");
  }

  @Test
  void theNewApiIsStrict() {
    assertThat(NEW.create(GOOD)).isEmpty();
    assertThat(NEW.create(GOOD.replace("'name':'e'", "'name':'Some_Name'"))).hasSize(1);
    assertThat(NEW.create(GOOD.replace(TIME, "null"))).containsExactly("eventTime: Required value");
    assertThat(
            NEW.create(
                GOOD.replace("'Normal'", "'Odd'")
                    .replaceFirst(
                        "}$",
                        ",'series':{'count':1},'deprecatedFirstTimestamp':'2026-01-01T00:00:00Z',"
                            + "'deprecatedLastTimestamp':'2026-01-01T00:00:00Z','deprecatedCount':1,"
                            + "'deprecatedSource':{'component':'c'}}")))
        .containsExactly(
            "series.count: Invalid value: \"\": should be at least 2",
            "series.lastObservedTime: Required value",
            "type: Invalid value: \"\": has invalid value: Odd",
            "firstTimestamp: Invalid value: \"\": needs to be unset",
            "lastTimestamp: Invalid value: \"\": needs to be unset",
            "count: Invalid value: \"\": needs to be unset",
            "source: Invalid value: \"\": needs to be unset");
  }

  @Test
  void onlyTheSeriesOfANewEventGoesOn() {
    String series =
        GOOD.replaceFirst("}$", ",'series':{'count':%d,'lastObservedTime':" + TIME + "}}");
    assertThat(NEW.update(GOOD, series.formatted(2))).isEmpty();
    assertThat(NEW.update(GOOD, series.formatted(1)))
        .containsExactly("series.count: Invalid value: \"\": should be at least 2");
    assertThat(
            NEW.update(
                GOOD, GOOD.replace("'R'", "'S'").replace("'N'", "'M'").replace("'Pod'", "'Node'")))
        .containsExactly(
            "involvedObject: Invalid value: {\"kind\":\"Node\",\"namespace\":\"d\"}: field is"
                + " immutable",
            "reason: Invalid value: \"S\": field is immutable",
            "message: Invalid value: \"M\": field is immutable");
    String old = old("d", "'involvedObject':{'namespace':'d'},'reason':'%s'");
    assertThat(OLD.update(old.formatted("a"), old.formatted("b"))).isEmpty();
  }
}
