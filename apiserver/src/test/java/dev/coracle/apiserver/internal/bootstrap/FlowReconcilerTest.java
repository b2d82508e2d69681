package dev.coracle.apiserver.internal.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.apiserver.ApiCalls;
import dev.coracle.apiserver.OwnServer;
import dev.coracle.apiserver.TestApi;
import dev.coracle.apiserver.TestServer;
import dev.coracle.apiserver.UserInfo;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What becomes of default flow schemas and priority levels that somebody changes. */
@ExtendWith(OwnServer.class)
class FlowReconcilerTest {

  private static final String GROUP = "/apis/flowcontrol.apiserver.k8s.io/v1/";
  private static final String SCHEMAS = GROUP + "flowschemas/";
  private static final String LEVELS = GROUP + "prioritylevelconfigurations/";
  private static final String AUTO_UPDATE = "apf.kubernetes.io/autoupdate-spec";

  private static TestApi api;
  private static FlowReconciler reconciler;

  @BeforeAll
  static void start(TestServer server, TestApi ofOwnServer) {
    api = ofOwnServer;
    ApiCalls calls = server.server().callsAs(UserInfo.APISERVER);
    reconciler = new FlowReconciler(server.vertx(), calls, Duration.ofMillis(50));
  }

  @AfterAll
  static void stop() {
    reconciler.stop();
  }

  private static void round() {
    reconciler.reconcile().await().atMost(Duration.ofSeconds(30));
  }

  private static JsonNode get(String path) {
    return api.get(path).ok().body();
  }

  private static JsonNode annotations(String path) {
    return get(path).at("/metadata/annotations");
  }

  @Test
  void whatIsAsItWasMadeIsNotWrittenAndSaysWhoMadeIt() {
    // Until the statuses are written, which others do.
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          JsonNode before = get(GROUP + "flowschemas").path("items");
          round();
          assertThat(get(GROUP + "flowschemas").path("items")).isEqualTo(before);
        });
    assertThat(get(SCHEMAS + "probes").at("/metadata/managedFields/0/manager").asText())
        .isEqualTo("api-priority-and-fairness-config-producer-v1");
  }

  @Test
  void aSuggestedOneGetsItsSpecificationBack() {
    JsonNode before = get(LEVELS + "workload-low").path("spec");
    api.merge(LEVELS + "workload-low", "{spec: {limited: {nominalConcurrencyShares: 1}}}").ok();
    round();
    assertThat(get(LEVELS + "workload-low").path("spec")).isEqualTo(before);
  }

  @Test
  void whatIsAnnotatedSoIsTheUsers() {
    api.merge(
            SCHEMAS + "global-default",
            "{metadata: {annotations: {'"
                + AUTO_UPDATE
                + "': 'false'}}, spec: {matchingPrecedence: 9000}}")
        .ok();
    round();
    assertThat(get(SCHEMAS + "global-default").at("/spec/matchingPrecedence").asInt())
        .isEqualTo(9000);
  }

  @Test
  void whatSaysNothingIsTheUsersOnceItsSpecificationHasChanged() {
    String path = SCHEMAS + "kube-scheduler";
    JsonNode made = api.get(path).ok().body();
    api.delete(path).ok();
    ((ObjectNode) made).putObject("metadata").put("name", "kube-scheduler");
    api.post(GROUP + "flowschemas", made.toString());
    round();
    assertThat(annotations(path).path(AUTO_UPDATE).asText()).isEqualTo("true");
    api.merge(path, "{metadata: {annotations: null}, spec: {matchingPrecedence: 801}}").ok();
    round();
    assertThat(annotations(path).path(AUTO_UPDATE).asText()).isEqualTo("false");
    assertThat(get(path).at("/spec/matchingPrecedence").asInt()).isEqualTo(801);
  }

  @Test
  void whatIsMandatoryIsKeptWhateverItSaysButUsersSayWhatExemptLends() {
    api.merge(
            LEVELS + "exempt",
            "{metadata: {annotations: {'"
                + AUTO_UPDATE
                + "': 'false'}}, spec: {exempt: {lendablePercent: 7}}}")
        .ok();
    round();
    assertThat(annotations(LEVELS + "exempt").path(AUTO_UPDATE).asText()).isEqualTo("true");
    assertThat(get(LEVELS + "exempt").at("/spec/exempt/lendablePercent").asInt()).isEqualTo(7);
  }

  @Test
  void whatIsNoDefaultAnyMoreGoesAndWhatNeverWasStays() {
    String level =
        "spec: {type: Limited, limited: {nominalConcurrencyShares: 1, limitResponse: {type: Reject}}}";
    api.post(
            GROUP + "prioritylevelconfigurations",
            "{metadata: {name: former, annotations: {'" + AUTO_UPDATE + "': 't'}}, " + level + "}")
        .ok();
    for (String value : new String[] {"false", "some"}) {
      api.post(
              GROUP + "prioritylevelconfigurations",
              "{metadata: {name: kept-"
                  + value
                  + ", annotations: {'"
                  + AUTO_UPDATE
                  + "': '"
                  + value
                  + "'}}, "
                  + level
                  + "}")
          .ok();
    }
    round();
    assertThat(api.get(LEVELS + "former").code()).isEqualTo(404);
    assertThat(api.get(LEVELS + "kept-false").code()).isEqualTo(200);
    assertThat(api.get(LEVELS + "kept-some").code()).isEqualTo(200);
  }

  /** By the server's own. */
  @Test
  void whatIsDeletedComesBackEachTime() {
    for (String name : new String[] {"service-accounts", "system-nodes"}) {
      api.delete(SCHEMAS + name).ok();
      await().atMost(Duration.ofSeconds(30)).until(() -> api.get(SCHEMAS + name).code() == 200);
    }
  }
}
