package dev.coracle.api.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.schema.Scheme;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** From client-side apply to server-side apply, and back. */
class LastAppliedTest {

  private static final String ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration";
  private static final SchemaType CONFIG_MAP =
      Scheme.builtIn().resource("", "v1", "configmaps").orElseThrow().schema();

  private static ServerSideApply.Writer writer(String manager) {
    return new ServerSideApply.Writer(
        manager, "v1", "", ResetFields.NONE, Instant.parse("2026-01-01T00:00:00Z"));
  }

  private static ObjectNode configMap(String data) {
    return Json.parseObject(
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"a\"},\"data\":"
            + data
            + "}");
  }

  /** As client-side apply makes it. */
  private static ObjectNode clientSide(String data) {
    ObjectNode made = configMap(data);
    made.withObjectProperty("metadata")
        .withObjectProperty("annotations")
        .put(ANNOTATION, configMap(data).toString());
    return ServerSideApply.track(CONFIG_MAP, null, made, writer("kubectl-client-side-apply"));
  }

  private static ObjectNode apply(ObjectNode live, String data, String manager) {
    return ServerSideApply.apply(CONFIG_MAP, live, configMap(data), writer(manager), false);
  }

  private static String annotation(ObjectNode object) {
    return object.path("metadata").path("annotations").path(ANNOTATION).asText();
  }

  @Test
  void kubectlTakesOverWhatClientSideApplyWrote() {
    ObjectNode live = clientSide("{\"key\":\"one\"}");
    assertThat(apply(live, "{\"key\":\"two\"}", "kubectl").path("data").path("key").asText())
        .isEqualTo("two");
    assertThatThrownBy(() -> apply(live, "{\"key\":\"two\"}", "somebody"))
        .isInstanceOf(StatusException.class)
        .hasMessageContaining("conflict with \"kubectl-client-side-apply\" using v1: .data.key");
  }

  @Test
  void whatWasChangedSinceIsAConflict() {
    ObjectNode live = clientSide("{\"key\":\"one\",\"other\":\"one\"}");
    ObjectNode changed = live.deepCopy();
    ((ObjectNode) changed.get("data")).put("key", "three");
    ObjectNode tracked = ServerSideApply.track(CONFIG_MAP, live, changed, writer("kubectl-edit"));
    assertThatThrownBy(() -> apply(tracked, "{\"key\":\"two\",\"other\":\"two\"}", "kubectl"))
        .isInstanceOf(StatusException.class)
        .hasMessageContaining("1 conflict: conflict with \"kubectl-edit\" using v1: .data.key");
  }

  @Test
  void anAnnotationThatIsNotOfThisVersionAllowsNothing() {
    ObjectNode live = clientSide("{\"key\":\"one\"}");
    for (String text : new String[] {"{", "[]", "{\"apiVersion\":\"v2\"}"}) {
      ((ObjectNode) live.path("metadata").path("annotations")).put(ANNOTATION, text);
      assertThatThrownBy(() -> apply(live, "{\"key\":\"two\"}", "kubectl"))
          .isInstanceOf(StatusException.class);
    }
  }

  @Test
  void kubectlKeepsTheAnnotationForTheWayBack() {
    ObjectNode live = clientSide("{\"key\":\"one\"}");
    assertThat(annotation(apply(live, "{\"new\":\"<2>\"}", "kubectl")))
        .isEqualTo(
            "{\"apiVersion\":\"v1\",\"data\":{\"new\":\"\\u003c2\\u003e\"},\"kind\":\"ConfigMap\","
                + "\"metadata\":{\"name\":\"a\"}}\n");
    assertThat(annotation(apply(live, "{\"new\":\"2\"}", "somebody"))).isEqualTo(annotation(live));
  }

  @Test
  void anObjectWithoutTheAnnotationGetsNone() {
    ObjectNode made = apply(configMap("{}"), "{\"key\":\"one\"}", "kubectl");
    assertThat(made.path("metadata").path("annotations").isMissingNode()).isTrue();
  }

  @Test
  void anAnnotationThatWouldBeTooLargeGoes() {
    ObjectNode live = clientSide("{\"key\":\"one\"}");
    String large = "{\"key\":\"" + "x".repeat(257 << 10) + "\"}";
    assertThat(apply(live, large, "kubectl").path("metadata").path("annotations").isEmpty())
        .isTrue();
  }
}
