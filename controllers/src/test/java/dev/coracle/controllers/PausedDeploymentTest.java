package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Resources;
import dev.coracle.controllers.internal.status.Conditions;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What a Deployment's condition Progressing says of a pause. */
class PausedDeploymentTest {

  private final Cluster c = new Cluster();

  private String progressing() {
    var condition = Conditions.find(c.get(Resources.DEPLOYMENTS, "d"), "Progressing");
    return condition.path("reason").asText() + ": " + condition.path("message").asText();
  }

  private void pause(boolean paused) {
    c.edit(Resources.DEPLOYMENTS, "d", n -> ((ObjectNode) n.path("spec")).put("paused", paused));
    c.pass(Duration.ofSeconds(1));
  }

  @Test
  void saysThatItIsPausedAndResumed() {
    c.becomesReady = _ -> false;
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 2, "i"));
    c.pass(Duration.ofSeconds(1));
    pause(true);
    assertThat(progressing()).isEqualTo("DeploymentPaused: Deployment is paused");
    pause(false);
    assertThat(progressing()).isEqualTo("DeploymentResumed: Deployment is resumed");
  }

  @Test
  void doesNotForgetThatTheDeadlinePassed() {
    c.becomesReady = _ -> false;
    c.create(Resources.DEPLOYMENTS, Cluster.deployment("d", 2, "i"));
    c.pass(Duration.ofMinutes(11));
    assertThat(progressing()).startsWith("ProgressDeadlineExceeded: ");
    pause(true);
    assertThat(progressing()).startsWith("ProgressDeadlineExceeded: ");
    pause(false);
    assertThat(progressing()).startsWith("ProgressDeadlineExceeded: ");
  }

  @Test
  void saysNothingWhereThereIsNoDeadline() {
    c.create(
        Resources.DEPLOYMENTS,
        Cluster.deployment("d", 2, "i")
            .replace("\"progressDeadlineSeconds\":600", "\"progressDeadlineSeconds\":2147483647"));
    c.pass(Duration.ofSeconds(1));
    pause(true);
    assertThat(progressing()).isEqualTo(": ");
  }
}
