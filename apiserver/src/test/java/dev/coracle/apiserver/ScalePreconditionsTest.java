package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A Scale that is put is of the object that was read. */
@ExtendWith(OwnServer.class)
class ScalePreconditionsTest {

  private static final String DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments";
  private static final String SCALE = DEPLOYMENTS + "/scaled/scale";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi ofOwnServer) {
    api = ofOwnServer;
    api.post(
            DEPLOYMENTS,
            "{metadata: {name: scaled}, spec: {replicas: 2, selector: {matchLabels: {a: b}},"
                + " template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}}")
        .ok();
  }

  private static ObjectNode read() {
    return (ObjectNode) api.get(SCALE).ok().body();
  }

  @Test
  void ofAnotherObjectIsAConflict() {
    ObjectNode scale = read();
    scale.withObject("/metadata").put("uid", "another");
    scale.withObject("/spec").put("replicas", 7);
    assertThat(api.put(SCALE, scale).code()).isEqualTo(409);
    assertThat(read().at("/spec/replicas").asInt()).isEqualTo(2);
  }

  @Test
  void ofAnotherVersionOfItsKindIsRefused() {
    ObjectNode scale = read().put("apiVersion", "apps/v1beta1");
    var answer = api.put(SCALE, scale);
    assertThat(answer.code()).isEqualTo(400);
    assertThat(answer.message())
        .isEqualTo(
            "the API version in the data (apps/v1beta1) does not match the expected API version"
                + " (autoscaling/v1)");
  }

  @Test
  void thatWasReadAndChangedIsTaken() {
    ObjectNode scale = read();
    int before = scale.at("/spec/replicas").asInt();
    scale.withObject("/spec").put("replicas", before);
    api.put(SCALE, scale).ok();
    assertThat(read().at("/spec/replicas").asInt()).isEqualTo(before);
  }
}
