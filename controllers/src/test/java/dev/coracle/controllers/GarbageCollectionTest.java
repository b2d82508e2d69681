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

  private void dependent(String namespace, String name, String owner, String uid) {
    c.create(
        DEPENDENTS,
        """
        {"apiVersion":"v1","kind":"ConfigMap","metadata":{"namespace":"%s","name":"%s",
         "ownerReferences":[{"apiVersion":"v1","kind":"Secret","name":"%s","uid":"%s"}]}}
        """
            .formatted(namespace, name, owner, uid));
  }

  /** Upstream: test/integration/garbagecollector, TestCrossNamespaceReferencesWithWatchCache. */
  @Test
  void anOwnerInAnotherNamespaceOrOfAnotherNameIsNone() {
    c.create(
        Resources.NAMESPACES,
        "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"other\"}}");
    KubeObject owner =
        c.create(
            OWNERS,
            """
            {"apiVersion":"v1","kind":"Secret","metadata":{"namespace":"default","name":"o"}}
            """);
    dependent("other", "elsewhere", "o", owner.uid());
    dependent("default", "misnamed", "p", owner.uid());
    dependent("default", "right", "o", owner.uid());
    c.pass(Duration.ofSeconds(5));
    assertThat(c.api.peek(DEPENDENTS, "other", "elsewhere")).isNull();
    assertThat(c.peek(DEPENDENTS, "misnamed")).isNull();
    assertThat(c.peek(DEPENDENTS, "right")).isNotNull();
    assertThat(c.told("OwnerRefInvalidNamespace"))
        .containsExactly(
            "garbage-collector-controller Warning: ownerRef [v1/Secret, namespace: other, name: o,"
                + " uid: "
                + owner.uid()
                + "] does not exist in namespace \"other\"");
  }

  @Test
  void oneThatNamesAnOwnerWronglyDoesNotHarmTheOthers() {
    c.create(
        Resources.NAMESPACES,
        "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"other\"}}");
    c.delay = r -> r.equals(OWNERS) ? Duration.ofSeconds(2) : Duration.ZERO;
    KubeObject owner =
        c.create(
            OWNERS,
            """
            {"apiVersion":"v1","kind":"Secret","metadata":{"namespace":"default","name":"o"}}
            """);
    dependent("other", "elsewhere", "o", owner.uid());
    c.pass(Duration.ofMillis(500));
    assertThat(c.api.peek(DEPENDENTS, "other", "elsewhere")).isNull();
    dependent("default", "right", "o", owner.uid());
    c.pass(Duration.ofSeconds(5));
    assertThat(c.peek(DEPENDENTS, "right")).isNotNull();
  }
}
