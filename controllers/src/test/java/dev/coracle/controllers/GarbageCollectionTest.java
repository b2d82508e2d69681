package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What the collector does when it is told of one resource later than of another. */
class GarbageCollectionTest {
  private static final GroupVersionResource OWNERS = Resources.SECRETS;
  private static final GroupVersionResource DEPENDENTS = Resources.CONFIG_MAPS;

  private final Cluster c = new Cluster();

  private void own() {
    KubeObject owner =
        c.create(
            OWNERS,
            """
            {"apiVersion":"v1","kind":"Secret","metadata":{"namespace":"default","name":"o"}}
            """);
    c.create(
        DEPENDENTS,
        """
        {"apiVersion":"v1","kind":"ConfigMap","metadata":{"namespace":"default","name":"d",
         "ownerReferences":[{"apiVersion":"v1","kind":"Secret","name":"o","uid":"%s"}]}}
        """
            .formatted(owner.uid()));
    c.delay = r -> r.equals(DEPENDENTS) ? Duration.ofMillis(300) : Duration.ZERO;
  }

  @Test
  void orphansStayWhenTheOwnersEndIsToldFirst() {
    own();
    c.delete(OWNERS, "o", new DeleteOptions(-1, "Orphan", "", "", false));
    c.pass(Duration.ofSeconds(5));
    assertThat(c.peek(OWNERS, "o")).isNull();
    assertThat(c.get(DEPENDENTS, "d").ownerReferences()).isEmpty();
  }

  @Test
  void whatChangedMeanwhileIsCollectedAllTheSame() {
    own();
    c.api.change(
        DEPENDENTS, "default", "d", d -> d.withObjectProperty("data").put("changed", "yes"));
    c.delete(OWNERS, "o", new DeleteOptions(-1, "Background", "", "", false));
    c.pass(Duration.ofSeconds(5));
    assertThat(c.peek(DEPENDENTS, "d")).isNull();
  }
}
