package dev.coracle.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.scheduler.config.SchedulerOptions;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which pods are siblings of one that says nothing of how it is to be spread. */
class DefaultSpreadingTest {

  /** Two siblings do not fit on the one node that may be used. */
  private final SchedulerFixture f = new SchedulerFixture(strict()).start();

  DefaultSpreadingTest() {
    f.node("n1", "8");
    f.node("n2", "8", node -> node.withObjectProperty("spec").put("unschedulable", true));
  }

  private static SchedulerOptions strict() {
    return SchedulerConfigurationTest.parse(
        ",'profiles':[{'pluginConfig':[{'name':'PodTopologySpread','args':{'defaultingType':"
            + "'List','defaultConstraints':[{'maxSkew':1,'topologyKey':'kubernetes.io/hostname',"
            + "'whenUnsatisfiable':'DoNotSchedule'}]}}]}]");
  }

  private void service(String name, String selector) {
    f.api.put(
        Resources.SERVICES,
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Service","metadata":{"namespace":"default","name":"%s"},
             "spec":{%s}}\
            """
                .formatted(name, selector)));
    f.run();
  }

  private void pod(String name, String labels, Consumer<ObjectNode> more) {
    f.pod(
        name,
        "",
        n -> {
          n.withObjectProperty("metadata").set("labels", Json.parse(labels));
          more.accept(n);
        });
    f.run();
  }

  private void pod(String name, String labels) {
    pod(name, labels, _ -> {});
  }

  private static Consumer<ObjectNode> of(String apiVersion, String kind) {
    return pod ->
        pod.withObjectProperty("metadata")
            .putArray("ownerReferences")
            .addObject()
            .put("apiVersion", apiVersion)
            .put("kind", kind)
            .put("name", "o")
            .put("uid", "u")
            .put("controller", true);
  }

  @Test
  void podsOfOneServiceAre() {
    service("s", "\"selector\":{\"app\":\"a\"}");
    pod("a", "{\"app\":\"a\"}");
    pod("b", "{\"app\":\"b\"}");
    pod("c", "{\"app\":\"a\",\"more\":\"1\"}");
    assertThat(f.nodeOf("a")).isEqualTo("n1");
    assertThat(f.nodeOf("b")).isEqualTo("n1");
    assertThat(f.message("c")).contains("1 node(s) didn't match pod topology spread constraints");
  }

  @Test
  void podsOfAllTheSameServicesAre() {
    service("s", "\"selector\":{\"app\":\"a\"}");
    service("t", "\"selector\":{\"tier\":\"t\"}");
    pod("a", "{\"app\":\"a\"}");
    pod("both", "{\"app\":\"a\",\"tier\":\"t\"}");
    assertThat(f.nodeOf("both")).isEqualTo("n1");
    pod("too", "{\"app\":\"a\",\"tier\":\"t\"}");
    assertThat(f.nodeOf("too")).isEmpty();
  }

  @Test
  void aServiceWithoutASelectorSelectsNothing() {
    service("s", "\"clusterIP\":\"None\"");
    pod("a", "{\"app\":\"a\"}");
    pod("b", "{\"app\":\"a\"}");
    assertThat(f.nodeOf("b")).isEqualTo("n1");
  }

  @ParameterizedTest
  @CsvSource({
    "v1,ReplicationController,false",
    "apps/v1,ReplicaSet,false",
    "apps/v1,StatefulSet,false",
    "batch/v1,Job,true",
    "example.com/v1,ReplicaSet,true"
  })
  void podsOfSomeControllersAre(String apiVersion, String kind, boolean fit) {
    pod("a", "{\"app\":\"a\"}", of(apiVersion, kind));
    pod("b", "{\"app\":\"a\"}", of(apiVersion, kind));
    assertThat(f.nodeOf("b").isEmpty()).isNotEqualTo(fit);
  }
}
