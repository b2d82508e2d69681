package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.DeleteOptions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Since when endpoints are due, and which of too many are shown. */
class EndpointTimesTest {

  private static final String TRIGGER = "endpoints.kubernetes.io/last-change-trigger-time";

  private final Cluster c = new Cluster();

  private void service() {
    c.create(
        Resources.SERVICES,
        """
        {"apiVersion":"v1","kind":"Service","metadata":{"namespace":"default","name":"s"},
         "spec":{"selector":{"app":"d"},"clusterIP":"10.96.0.9","ipFamilies":["IPv4"],
          "ports":[{"port":80,"protocol":"TCP"}]}}\
        """);
    c.pass(Duration.ofSeconds(1));
  }

  private String now() {
    return Timestamps.time(c.context.clock().instant());
  }

  private String trigger(GroupVersionResource resource) {
    List<KubeObject> all = c.api.all(resource);
    assertThat(all).hasSize(1);
    return all.getFirst().annotation(TRIGGER).orElse("");
  }

  @ParameterizedTest
  @ValueSource(strings = {"endpointslices", "endpoints"})
  void whatIsWrittenTellsWhatBroughtItAbout(String kind) {
    GroupVersionResource resource =
        kind.equals("endpoints") ? Resources.ENDPOINTS : Resources.ENDPOINT_SLICES;
    String made = now();
    service();
    assertThat(trigger(resource)).isEqualTo(made);
    c.pass(Duration.ofMinutes(1));
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 1, "i"));
    c.pass(Duration.ofSeconds(2));
    KubeObject pod = c.pods().getFirst();
    String ready = pod.at("status", "conditions").findValuesAsText("lastTransitionTime").getFirst();
    assertThat(ready).isGreaterThan(made);
    assertThat(trigger(resource)).isEqualTo(ready);
    c.stopTime = Duration.ofMinutes(1);
    c.becomesReady = _ -> false;
    c.startTime = Duration.ofMinutes(1);
    c.delete(Resources.PODS, pod.name(), DeleteOptions.DEFAULT);
    c.pass(Duration.ofSeconds(2));
    assertThat(trigger(resource)).as("nothing tells since when it goes").isEmpty();
  }

  @Test
  void ofTooManyAddressesReadyOnesAreShownFirst() {
    for (int i = 0; i < 1001; i++) {
      c.api.put(
          Resources.PODS,
          KubeObject.parse(
              """
              {"apiVersion":"v1","kind":"Pod",
               "metadata":{"namespace":"default","name":"p%04d","labels":{"app":"d"}},
               "spec":{"nodeName":"n1","containers":[{"name":"c"}]},
               "status":{"phase":"Running","podIP":"10.1.%d.%d","conditions":[
                {"type":"Ready","status":"%s"}]}}\
              """
                  .formatted(i, i / 250, i % 250 + 1, i == 0 ? "False" : "True")));
    }
    service();
    KubeObject endpoints = c.get(Resources.ENDPOINTS, "s");
    assertThat(endpoints.tree().at("/subsets/0/addresses")).hasSize(1000);
    assertThat(endpoints.tree().at("/subsets/0").has("notReadyAddresses")).isFalse();
    assertThat(endpoints.annotations())
        .containsEntry("endpoints.kubernetes.io/over-capacity", "truncated");
  }
}
