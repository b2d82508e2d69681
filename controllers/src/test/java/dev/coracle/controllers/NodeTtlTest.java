package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** For how long kubelets may use what they have read, on every node. */
class NodeTtlTest {

  private final Cluster c = new Cluster(options -> options);

  private void node(int number) {
    c.api.put(
        Resources.NODES,
        KubeObject.parse(
            "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"m%d\"},\"spec\":{}}"
                .formatted(number)));
  }

  private String ttl(String node) {
    KubeObject found = c.api.peek(Resources.NODES, "", node);
    assertThat(found).isNotNull();
    return found.annotation("node.alpha.kubernetes.io/ttl").orElse("");
  }

  @Test
  void theMoreNodesThereAreTheLonger() {
    for (int i = 2; i <= 100; i++) {
      node(i);
    }
    c.pass(Duration.ofSeconds(1));
    assertThat(ttl("n1")).isEqualTo("0");
    assertThat(ttl("m100")).isEqualTo("0");
    node(101);
    c.pass(Duration.ofSeconds(1));
    assertThat(ttl("n1")).isEqualTo("15");
    assertThat(ttl("m101")).isEqualTo("15");
    for (int i = 90; i <= 101; i++) { // Down to 89: a few fewer than 100 change nothing.
      assertThat(ttl("n1")).isEqualTo("15");
      c.api.remove(Resources.NODES, "", "m" + i);
      c.pass(Duration.ofSeconds(1));
    }
    assertThat(ttl("n1")).isEqualTo("0");
  }

  @Test
  void whatSomebodyElseWritesIsPutRight() {
    c.pass(Duration.ofSeconds(1));
    c.api.change(
        Resources.NODES,
        "",
        "n1",
        n ->
            n.withObjectProperty("metadata")
                .withObjectProperty("annotations")
                .put("node.alpha.kubernetes.io/ttl", "x"));
    c.pass(Duration.ofSeconds(1));
    assertThat(ttl("n1")).isEqualTo("0");
  }
}
