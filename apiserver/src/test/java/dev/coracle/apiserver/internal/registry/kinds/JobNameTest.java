package dev.coracle.apiserver.internal.registry.kinds;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import org.junit.jupiter.api.Test;

class JobNameTest {

  /** The first generated name was taken. */
  @Test
  void labelsFollowTheNameThatAJobHasInTheEnd() {
    ObjectNode job =
        (ObjectNode)
            Json.parse(
                """
                {"metadata":{"name":"j-new","labels":{"job-name":"j-old","mine":"j-old"}},
                 "spec":{"template":{"metadata":{"labels":{"job-name":"j-old",
                  "batch.kubernetes.io/job-name":"j-old","mine":"j-old"}}}}}\
                """);
    BatchStrategies.JOB.renamed(job, "j-old");
    assertThat(job)
        .isEqualTo(
            Json.parse(
                """
                {"metadata":{"name":"j-new","labels":{"job-name":"j-new","mine":"j-old"}},
                 "spec":{"template":{"metadata":{"labels":{"job-name":"j-new",
                  "batch.kubernetes.io/job-name":"j-new","mine":"j-old"}}}}}\
                """));
  }
}
