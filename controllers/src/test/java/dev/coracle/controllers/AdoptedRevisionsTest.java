package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** An owner that comes back after it was deleted without its dependents has its history again. */
class AdoptedRevisionsTest {

  private final Cluster c = new Cluster();

  private KubeObject make(GroupVersionResource resource, String kind, String image) {
    KubeObject made =
        c.create(
            resource,
            """
            {"apiVersion":"apps/v1","kind":"%s","metadata":{"namespace":"default","name":"s"},
             "spec":{"replicas":1,"selector":{"matchLabels":{"app":"s"}},"revisionHistoryLimit":5,
              "template":{"metadata":{"labels":{"app":"s"}},
               "spec":{"containers":[{"name":"c","image":"%s"}]}}}}\
            """
                .formatted(kind, image));
    c.pass(Duration.ofSeconds(5));
    return made;
  }

  private List<KubeObject> revisions() {
    return c.api.all(Resources.CONTROLLER_REVISIONS);
  }

  private void comesBack(GroupVersionResource resource, String kind) {
    make(resource, kind, "i:1");
    c.edit(
        resource,
        "s",
        n -> ((ObjectNode) n.at("/spec/template/spec/containers/0")).put("image", "i:2"));
    c.pass(Duration.ofSeconds(20));
    List<String> before = revisions().stream().map(KubeObject::uid).sorted().toList();
    assertThat(before).hasSize(2);
    c.delete(resource, "s", new DeleteOptions(-1, "Orphan", "", "", false));
    c.pass(Duration.ofSeconds(5));
    assertThat(c.peek(resource, "s")).isNull();
    assertThat(revisions()).allSatisfy(r -> assertThat(r.controllerOwner()).isEmpty());
    KubeObject again = make(resource, kind, "i:2");
    assertThat(revisions().stream().map(KubeObject::uid).sorted().toList()).isEqualTo(before);
    assertThat(revisions())
        .allSatisfy(
            r -> assertThat(r.controllerOwner().orElseThrow().uid()).isEqualTo(again.uid()));
    assertThat(c.pods()).hasSize(1);
  }

  @Test
  void aStatefulSetDoes() {
    comesBack(Resources.STATEFUL_SETS, "StatefulSet");
  }

  @Test
  void aDaemonSetDoes() {
    comesBack(Resources.DAEMON_SETS, "DaemonSet");
  }

  @Test
  void aRevisionOfAnotherTemplateThatHasItsNameIsNotTaken() {
    make(Resources.STATEFUL_SETS, "StatefulSet", "i:1");
    String name = revisions().getFirst().name();
    c.delete(Resources.STATEFUL_SETS, "s", DeleteOptions.background());
    c.pass(Duration.ofSeconds(5));
    assertThat(revisions()).isEmpty();
    c.create(
        Resources.CONTROLLER_REVISIONS,
        """
        {"apiVersion":"apps/v1","kind":"ControllerRevision",
         "metadata":{"namespace":"default","name":"%s"},"revision":7,"data":{}}\
        """
            .formatted(name));
    make(Resources.STATEFUL_SETS, "StatefulSet", "i:1");
    assertThat(c.pods()).hasSize(1);
    assertThat(c.get(Resources.STATEFUL_SETS, "s").text("status", "updateRevision"))
        .startsWith("s-")
        .isNotEqualTo(name);
  }
}
