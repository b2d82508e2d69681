package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a Deployment does about the annotation that asks for an earlier revision. */
class RollbackTest {

  private static final String TO = "deprecated.deployment.rollback.to";

  private final Cluster c = new Cluster();

  @BeforeEach
  void threeRevisions() {
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 2, "one"));
    c.pass(Duration.ofSeconds(5));
    for (String image : new String[] {"two", "three"}) {
      c.edit(
          Resources.DEPLOYMENTS,
          "d",
          n -> {
            ((ObjectNode) n.at("/spec/template/spec/containers/0")).put("image", image);
            n.withObjectProperty("metadata")
                .withObjectProperty("annotations")
                .put("kubernetes.io/change-cause", "to " + image);
          });
      c.pass(Duration.ofSeconds(5));
    }
  }

  private KubeObject rollBack(String to) {
    c.edit(
        Resources.DEPLOYMENTS,
        "d",
        n -> n.withObjectProperty("metadata").withObjectProperty("annotations").put(TO, to));
    c.pass(Duration.ofSeconds(5));
    return c.get(Resources.DEPLOYMENTS, "d");
  }

  @ParameterizedTest
  @CsvSource({"1,1,one,", "0,2,two,to two", "2,2,two,to two"})
  void goesBackToThatRevision(String to, int revision, String image, String cause) {
    KubeObject deployment = rollBack(to);
    assertThat(deployment.tree().at("/spec/template/spec/containers/0/image").asText())
        .isEqualTo(image);
    assertThat(deployment.annotation("kubernetes.io/change-cause").orElse(null)).isEqualTo(cause);
    assertThat(deployment.annotation(TO)).isEmpty();
    assertThat(deployment.annotation("deployment.kubernetes.io/revision")).contains("4");
    assertThat(c.told("DeploymentRollback"))
        .containsExactly(
            "deployment-controller Normal: Rolled back deployment \"d\" to revision " + revision);
    assertThat(c.pods())
        .hasSize(2)
        .allMatch(p -> p.tree().at("/spec/containers/0/image").asText().equals(image));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "9 | DeploymentRollbackRevisionNotFound | Unable to find the revision to rollback to.",
        "3 | DeploymentRollbackTemplateUnchanged | The rollback revision contains the same template"
            + " as current deployment \"d\"",
      })
  void saysWhyItDoesNot(String to, String reason, String why) {
    KubeObject deployment = rollBack(to);
    assertThat(c.told(reason)).containsExactly("deployment-controller Warning: " + why);
    assertThat(deployment.annotation(TO)).isEmpty();
    assertThat(deployment.tree().at("/spec/template/spec/containers/0/image").asText())
        .isEqualTo("three");
  }

  @Test
  void hasNowhereToGoFromTheFirstRevision() {
    c.create(
        Resources.DEPLOYMENTS,
        Cluster.deployment("e", 1, "one")
            .replace("\"name\":\"e\"}", "\"name\":\"e\",\"annotations\":{\"" + TO + "\":\"0\"}}"));
    c.pass(Duration.ofSeconds(5));
    assertThat(c.told("DeploymentRollbackRevisionNotFound"))
        .containsExactly("deployment-controller Warning: Unable to find last revision.");
    assertThat(c.get(Resources.DEPLOYMENTS, "e").at("status", "readyReplicas").asInt())
        .isEqualTo(1);
  }
}
