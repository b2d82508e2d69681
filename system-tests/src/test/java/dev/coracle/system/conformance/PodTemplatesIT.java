package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Pod templates as objects of their own. */
@Conformance
class PodTemplatesIT {

  private static final String TEMPLATE =
      """
      apiVersion: v1
      kind: PodTemplate
      metadata: {name: %s, labels: {set: test}}
      template: {spec: {containers: [{name: nginx, image: $IMAGE}]}}
      """;

  @Test
  @DisplayName("[sig-node] PodTemplates should run the lifecycle of PodTemplates [Conformance]")
  void templates(Space space) {
    space.create(TEMPLATE.formatted("one"));
    assertThat(text(space.get("podtemplates", "one"), "/metadata/name")).isEqualTo("one");
    space.strategic("podtemplates", "one", "{metadata: {labels: {podtemplate: patched}}}");
    assertThat(text(space.get("podtemplates", "one"), "/metadata/labels/podtemplate"))
        .isEqualTo("patched");
    space.delete("podtemplates", "one");
    assertThat(
            Space.items(
                space.api().get("/api/v1/podtemplates?labelSelector=podtemplate%3Dpatched").ok()))
        .noneMatch(p -> text(p, "/metadata/namespace").equals(space.namespace()));
  }

  @Test
  @DisplayName("[sig-node] PodTemplates should replace a pod template [Conformance]")
  void replaceTemplate(Space space) {
    space.create(TEMPLATE.formatted("one"));
    space.edit(
        "podtemplates",
        "one",
        p -> ((ObjectNode) p.get("metadata")).putObject("annotations").put("updated", "true"));
    assertThat(text(space.get("podtemplates", "one"), "/metadata/annotations/updated"))
        .isEqualTo("true");
  }

  @Test
  @DisplayName("[sig-node] PodTemplates should delete a collection of pod templates [Conformance]")
  void templateCollection(Space space) {
    for (int i = 0; i < 3; i++) {
      space.create(TEMPLATE.formatted("t" + i));
    }
    assertThat(space.list("podtemplates", "set=test")).hasSize(3);
    space.deleteAll("podtemplates", "set=test");
    assertThat(space.list("podtemplates", "set=test")).isEmpty();
  }
}
