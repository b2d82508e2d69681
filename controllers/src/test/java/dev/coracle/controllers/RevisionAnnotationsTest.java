package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What {@code kubectl rollout history} reads beside the number of a revision. */
class RevisionAnnotationsTest {

  private static final String CAUSE = "kubernetes.io/change-cause";

  private final Cluster c = new Cluster();

  @Test
  void aRevisionOfADaemonSetTellsWhyItChanged() {
    tells(Resources.DAEMON_SETS, "DaemonSet", "", "controller-revision-hash");
  }

  @Test
  void aRevisionOfAStatefulSetTellsWhyItChanged() {
    tells(
        Resources.STATEFUL_SETS,
        "StatefulSet",
        "\"serviceName\":\"s\",",
        "controller.kubernetes.io/hash");
  }

  /**
   * @param label by which a revision tells its hash, beside those of the template
   */
  private void tells(GroupVersionResource resource, String kind, String spec, String label) {
    c.create(
        resource,
        """
        {"apiVersion":"apps/v1","kind":"%s","metadata":{"namespace":"default","name":"a",
          "annotations":{"%s":"first"}},
         "spec":{%s"selector":{"matchLabels":{"app":"a"}},
          "template":{"metadata":{"labels":{"app":"a"}},
           "spec":{"containers":[{"name":"c","image":"i:1"}]}}}}\
        """
            .formatted(kind, CAUSE, spec));
    c.pass(Duration.ofSeconds(30));
    c.edit(
        resource,
        "a",
        n -> {
          ((ObjectNode) n.at("/spec/template/spec/containers/0")).put("image", "i:2");
          ((ObjectNode) n.at("/metadata/annotations")).put(CAUSE, "second");
        });
    c.pass(Duration.ofSeconds(30));
    assertThat(c.api.all(Resources.CONTROLLER_REVISIONS))
        .extracting(RevisionAnnotationsTest::told)
        .containsExactlyInAnyOrder("1 first", "2 second");
    assertThat(c.api.all(Resources.CONTROLLER_REVISIONS))
        .allSatisfy(
            r -> assertThat(r.labels()).containsOnlyKeys("app", label).containsValue(hash(r)));
  }

  private static String hash(KubeObject revision) {
    return revision.name().substring("a-".length());
  }

  private static String told(KubeObject revision) {
    return revision.at("revision").asInt() + " " + revision.annotation(CAUSE).orElse("");
  }
}
