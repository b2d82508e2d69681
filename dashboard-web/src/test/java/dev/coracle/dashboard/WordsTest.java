package dev.coracle.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Words and numbers as kubectl prints them. */
class WordsTest {
  private static DashboardFixture dashboard;

  @BeforeAll
  static void start() throws Exception {
    dashboard = new DashboardFixture(true);
    dashboard.signIn("admin");
  }

  @AfterAll
  static void stop() throws Exception {
    if (dashboard != null) {
      dashboard.close();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0,0s",
    "119,119s",
    "120,2m",
    "130,2m10s",
    "599,9m59s",
    "600,10m",
    "10799,179m",
    "10800,3h",
    "10860,3h1m",
    "28800,8h",
    "172799,47h",
    "172800,2d",
    "176400,2d1h",
    "691200,8d",
    "63072000,2y0d"
  })
  void writesAges(long seconds, String words) {
    assertThat(dashboard.browser.js("return coracle.duration(arguments[0])", seconds * 1000))
        .isEqualTo(words);
  }

  @ParameterizedTest
  @CsvSource({"250m,0.25", "1,1", "2Ki,2048", "1.5Gi,1610612736", "12e2,1200", "5k,5000"})
  void readsQuantities(String text, double value) {
    Number read = (Number) dashboard.browser.js("return coracle.quantity(arguments[0])", text);
    assertThat(read.doubleValue()).isEqualTo(value);
  }

  private static String status(String pod) {
    return ((Map<?, ?>)
            dashboard.browser.js(
                "return coracle.podStatus(JSON.parse(arguments[0]))", pod.replace('\'', '"')))
        .get("status")
        .toString();
  }

  @Test
  void namesTheStatusOfAPod() {
    assertThat(status("{'metadata':{},'spec':{'containers':[{}]},'status':{'phase':'Pending'}}"))
        .isEqualTo("Pending");
    assertThat(
            status(
                "{'metadata':{'deletionTimestamp':'x'},'spec':{'containers':[{}]},"
                    + "'status':{'phase':'Running'}}"))
        .isEqualTo("Terminating");
    assertThat(
            status(
                "{'metadata':{'deletionTimestamp':'x'},'spec':{'containers':[{}]},"
                    + "'status':{'phase':'Succeeded','containerStatuses':[{'state':{'terminated':"
                    + "{'exitCode':0,'reason':'Completed'}}}]}}"))
        .isEqualTo("Completed");
    assertThat(
            status(
                "{'metadata':{},'spec':{'containers':[{}],'initContainers':[{'name':'a'},{'name':'b'}]},"
                    + "'status':{'phase':'Pending','initContainerStatuses':[{'name':'a','state':"
                    + "{'terminated':{'exitCode':0}}},{'name':'b','state':{'running':{}}}]}}"))
        .isEqualTo("Init:1/2");
    assertThat(
            status(
                "{'metadata':{},'spec':{'containers':[{}],'initContainers':[{'name':'a'}]},"
                    + "'status':{'phase':'Pending','initContainerStatuses':[{'name':'a','state':"
                    + "{'terminated':{'exitCode':3}}}]}}"))
        .isEqualTo("Init:ExitCode:3");
    assertThat(
            status(
                "{'metadata':{},'spec':{'containers':[{}]},'status':{'phase':'Failed',"
                    + "'containerStatuses':[{'state':{'terminated':{'exitCode':137,'signal':9}}}]}}"))
        .isEqualTo("Signal:9");
    assertThat(
            status(
                "{'metadata':{},'spec':{'containers':[{}],'schedulingGates':[{}]},'status':{'phase':"
                    + "'Pending','conditions':[{'type':'PodScheduled','reason':'SchedulingGated'}]}}"))
        .isEqualTo("SchedulingGated");
    assertThat(
            status(
                "{'metadata':{},'spec':{'containers':[{},{}]},'status':{'phase':'Running','conditions':"
                    + "[{'type':'Ready','status':'False'}],'containerStatuses':[{'ready':true,'state':"
                    + "{'running':{}}},{'state':{'terminated':{'exitCode':0,'reason':'Completed'}}}]}}"))
        .isIn("NotReady", "Completed");
  }
}
