package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static dev.coracle.system.conformance.WebhookService.CREATE_MAPS;
import static dev.coracle.system.conformance.WebhookService.disallowed;
import static dev.coracle.system.conformance.WebhookService.hook;
import static dev.coracle.system.conformance.WebhookService.map;
import static dev.coracle.system.conformance.WebhookService.plural;
import static dev.coracle.system.conformance.WebhookService.rule;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * The configurations of webhooks as objects: that a change of one is a change of who is asked, told
 * by a webhook in a pod behind a Service.
 */
@Conformance
class WebhookConfigurationsIT {

  private static final String GROUP = "admissionregistration.k8s.io";
  private static final String UNWANTED = "the configmap contains unwanted key and value";

  private static WebhookService webhook;

  @BeforeAll
  static void deploy(Space space) {
    webhook = WebhookService.deploy(space);
  }

  /** Creates config maps until one is treated so; none is left. */
  private static void awaitTreated(Space space, String data, Predicate<Reply> wanted) {
    String path = space.path("configmaps") + "?dryRun=All";
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          Reply reply = space.send("POST", path, Manifest.parse(map("some", data)));
          assertThat(wanted.test(reply)).as(reply.text()).isTrue();
        });
  }

  private static boolean isDenied(Reply reply) {
    return reply.code() >= 400 && reply.message().contains(UNWANTED);
  }

  private static boolean isMutated(Reply reply) {
    return reply.ok().at("/data/mutation-stage-1").asText().equals("yes");
  }

  private static boolean isLeftAlone(Reply reply) {
    return reply.ok().at("/data").size() == 1;
  }

  /** Without CREATE among the operations of its rule nobody is asked, and with it again. */
  private static void changed(
      Space space,
      String kind,
      String path,
      String data,
      Predicate<Reply> asked,
      Predicate<Reply> unasked) {
    String name = "e2e-" + Space.unique();
    String all = plural(kind);
    label(space);
    WebhookService.create(
        space, kind, name, List.of(webhook.hook(space, "changed", path, CREATE_MAPS, "")));
    awaitTreated(space, data, asked);
    space.edit(
        all,
        name,
        c ->
            ((ObjectNode) c.at("/webhooks/0/rules/0"))
                .set("operations", Manifest.parse("{o: [UPDATE]}").get("o")));
    awaitTreated(space, data, unasked);
    space.jsonPatch(
        all,
        name,
        "[{\"op\": \"replace\", \"path\": \"/webhooks/0/rules/0/operations/0\", \"value\":"
            + " \"CREATE\"}]");
    awaitTreated(space, data, asked);
    // Not only when nothing is kept.
    Reply real = space.tryCreate(map("real", data));
    assertThat(asked.test(real)).as(real.text()).isTrue();
  }

  private static void label(Space space) {
    space.merge(
        "namespaces",
        space.namespace(),
        "{metadata: {labels: {%s: 'true'}}}".formatted(space.namespace()));
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] patching/updating a"
          + " validating webhook should work [Conformance]")
  void validatingChanged(Space space) {
    changed(
        space,
        "Validating",
        "/configmaps",
        disallowed(),
        WebhookConfigurationsIT::isDenied,
        WebhookConfigurationsIT::isLeftAlone);
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] patching/updating a mutating"
          + " webhook should work [Conformance]")
  void mutatingChanged(Space space) {
    changed(
        space,
        "Mutating",
        "/mutating-configmaps",
        "data: {mutation-start: 'yes'}",
        WebhookConfigurationsIT::isMutated,
        WebhookConfigurationsIT::isLeftAlone);
  }

  /** Ten that are asked, found by their label, and asked no more when the list is deleted. */
  private static void listed(
      Space space, String kind, String path, String data, Predicate<Reply> asked) {
    String list = Space.unique();
    label(space);
    for (int i = 0; i < 10; i++) {
      JsonNode created =
          WebhookService.create(
              space,
              kind,
              "e2e-" + list + "-" + i,
              List.of(webhook.hook(space, "listed-" + i, path, CREATE_MAPS, "")));
      space.merge(
          plural(kind),
          text(created, "/metadata/name"),
          "{metadata: {labels: {e2e-list-test-uuid: %s}}}".formatted(list));
    }
    String selector = "e2e-list-test-uuid=" + list;
    assertThat(space.list(plural(kind), selector)).hasSize(10);
    awaitTreated(space, data, asked);
    space.deleteAll(plural(kind), selector);
    assertThat(space.list(plural(kind), selector)).isEmpty();
    awaitTreated(space, data, WebhookConfigurationsIT::isLeftAlone);
    space.create(map("real", data));
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] listing validating webhooks"
          + " should work [Conformance]")
  void validatingListed(Space space) {
    listed(space, "Validating", "/configmaps", disallowed(), WebhookConfigurationsIT::isDenied);
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] listing mutating webhooks"
          + " should work [Conformance]")
  void mutatingListed(Space space) {
    listed(
        space,
        "Mutating",
        "/mutating-configmaps",
        "data: {mutation-start: 'yes'}",
        WebhookConfigurationsIT::isMutated);
  }

  private static String condition(int number, String namespace) {
    return "{name: expression-%d, expression: \"object.metadata.namespace == '%s'\"}"
        .formatted(number, namespace);
  }

  /** One that is never asked, with these conditions. */
  private static String conditional(Space space, String conditions) {
    return hook("conditional", webhook.client("/none"), rule("CREATE", "\"\"", "v1", "configmaps"))
        + ", namespaceSelector: {matchLabels: {%s: 'never'}}, matchConditions: [%s]}"
            .formatted(space.namespace(), conditions);
  }

  private static void conditions(Space space, String kind) {
    String name = "e2e-" + Space.unique();
    String first = condition(1, "production");
    String both = first + ", " + condition(2, "staging");
    WebhookService.create(space, kind, name, List.of(conditional(space, first)));
    assertThat(space.get(plural(kind), name).at("/webhooks/0/matchConditions"))
        .isEqualTo(Manifest.parse("{c: [%s]}".formatted(first)).get("c"));
    JsonNode wanted = Manifest.parse("{c: [%s]}".formatted(both)).get("c");
    space.edit(
        plural(kind), name, c -> ((ObjectNode) c.at("/webhooks/0")).set("matchConditions", wanted));
    assertThat(space.get(plural(kind), name).at("/webhooks/0/matchConditions")).isEqualTo(wanted);
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should be able to create and"
          + " update validating webhook configurations with match conditions [Conformance]")
  void validatingConditions(Space space) {
    conditions(space, "Validating");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should be able to create and"
          + " update mutating webhook configurations with match conditions [Conformance]")
  void mutatingConditions(Space space) {
    conditions(space, "Mutating");
  }

  private static void invalid(Space space, String kind) {
    String name = "e2e-" + Space.unique();
    space.atEnd(() -> space.api().send("DELETE", space.path(plural(kind), name), "", "", Map.of()));
    Reply refused =
        space.tryCreate(
            "{apiVersion: %s/v1, kind: %sWebhookConfiguration, metadata: {name: %s}, webhooks: [%s]}"
                .formatted(
                    GROUP,
                    kind,
                    name,
                    conditional(
                        space, "{name: expression-1, expression: '... [] bad expression'}")));
    assertThat(text(refused.refused(422), "/message"))
        .contains("webhooks[0].matchConditions[0].expression", "compilation failed");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should reject validating"
          + " webhook configurations with invalid match conditions [Conformance]")
  void validatingInvalid(Space space) {
    invalid(space, "Validating");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should reject mutating"
          + " webhook configurations with invalid match conditions [Conformance]")
  void mutatingInvalid(Space space) {
    invalid(space, "Mutating");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AdmissionWebhook [Privileged:ClusterAdmin] should include webhook"
          + " resources in discovery documents [Conformance]")
  void discovery(Space space) {
    JsonNode all = space.api().get("/apis").ok();
    JsonNode group = null;
    for (JsonNode g : all.path("groups")) {
      group = text(g, "/name").equals(GROUP) ? g : group;
    }
    assertThat(group).as("%s", all).isNotNull();
    JsonNode own = space.api().get("/apis/" + GROUP).ok();
    for (JsonNode document : List.of(group, own)) {
      assertThat(text(document, "/name")).isEqualTo(GROUP);
      assertThat(document.at("/versions").findValuesAsText("groupVersion")).contains(GROUP + "/v1");
      assertThat(document.at("/versions").findValuesAsText("version")).contains("v1");
    }
    assertThat(space.api().get("/apis/" + GROUP + "/v1").ok().at("/resources"))
        .extracting(r -> text(r, "/name") + " " + text(r, "/kind"))
        .contains(
            "mutatingwebhookconfigurations MutatingWebhookConfiguration",
            "validatingwebhookconfigurations ValidatingWebhookConfiguration");
  }
}
