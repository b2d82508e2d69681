package dev.coracle.apiserver.extending;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.apiserver.OwnServer;
import dev.coracle.apiserver.TestApi;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** {@code x-kubernetes-validations} of custom resources. */
@ExtendWith(OwnServer.class)
class CustomResourceRulesTest {

  private static final String CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  private static final String ROOMS = "/apis/example.com/v1/namespaces/default/rooms";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi own) {
    api = own;
    api.post(
            CRDS,
            crd(
                "rooms",
                "Room",
                """
                type: object
                x-kubernetes-validations:
                - {rule: "self.metadata.name != 'forbidden'", message: this name is taken}
                properties:
                  spec:
                    type: object
                    x-kubernetes-validations:
                    - rule: "self.min <= self.max"
                      messageExpression: "'min %d is above max %d'.format([self.min, self.max])"
                      fieldPath: .min
                    - {rule: "!has(self.until) || self.until > duration('1m')"}
                    - {rule: "self.x__dash__y != 'no'", reason: FieldValueForbidden, message: never no}
                    properties:
                      min: {type: integer, default: 0}
                      max:
                        type: integer
                        default: 10
                        x-kubernetes-validations:
                        - {rule: "self < 100", message: too large}
                        - {rule: "self >= oldSelf", message: must not shrink}
                      until: {type: string, format: duration}
                      x-y: {type: string, default: a}
                      pin: {type: string, pattern: "^[0-9]{4}$"}
                      owner:
                        type: string
                        x-kubernetes-validations:
                        - rule: "oldSelf.hasValue() || self.startsWith('team-')"
                          optionalOldSelf: true
                      beds:
                        type: array
                        x-kubernetes-list-type: map
                        x-kubernetes-list-map-keys: [name]
                        items:
                          type: object
                          required: [name]
                          x-kubernetes-validations:
                          - {rule: "self.size == oldSelf.size", message: beds do not change}
                          properties: {name: {type: string}, size: {type: integer, default: 1}}
                """))
        .ok();
    await().atMost(Duration.ofSeconds(30)).until(() -> api.get(ROOMS).code() == 200);
  }

  private static String crd(String plural, String kind, String schema) {
    return """
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: {name: %s.example.com}
    spec:
      group: example.com
      scope: Namespaced
      names: {plural: %s, kind: %s, singular: %s, listKind: %sList}
      versions:
      - name: v1
        served: true
        storage: true
        schema:
          openAPIV3Schema:
    """
            .formatted(plural, plural, kind, kind.toLowerCase(java.util.Locale.ROOT), kind)
        + schema.indent(8);
  }

  private static String room(String name, String spec) {
    return "{apiVersion: example.com/v1, kind: Room, metadata: {name: "
        + name
        + "}, spec: {"
        + spec
        + "}}";
  }

  @Test
  void failuresAreInKubernetesWords() {
    assertThat(api.post(ROOMS, room("a", "min: 5, max: 3")).message())
        .isEqualTo(
            "Room.example.com \"a\" is invalid: spec.min: Invalid value: min 5 is above max 3");
    assertThat(api.post(ROOMS, room("a", "max: 120")).message())
        .isEqualTo("Room.example.com \"a\" is invalid: spec.max: Invalid value: 120: too large");
    assertThat(api.post(ROOMS, room("a", "until: 30s")).message())
        .isEqualTo(
            "Room.example.com \"a\" is invalid: spec: Invalid value: failed rule: !has(self.until)"
                + " || self.until > duration('1m')");
    assertThat(api.post(ROOMS, room("a", "x-y: \"no\"")).message())
        .isEqualTo("Room.example.com \"a\" is invalid: spec: Forbidden: never no");
    assertThat(api.post(ROOMS, room("forbidden", "max: 1")).message())
        .endsWith("Invalid value: this name is taken");
    assertThat(api.post(ROOMS, room("a", "owner: me")).code()).isEqualTo(422);
    api.post(ROOMS, room("fine", "min: 1, max: 5, until: 2h, owner: team-a")).ok();
  }

  @Test
  void rulesAreTriedUnlessTheObjectHasAnotherShape() {
    assertThat(api.post(ROOMS, room("a", "min: 5, max: 3, pin: \"12\"")).message())
        .as("a pattern leaves the types as they are")
        .isEqualTo(
            "Room.example.com \"a\" is invalid: [spec.pin: Invalid value: \"12\": spec.pin in body"
                + " should match '^[0-9]{4}$', spec.min: Invalid value: min 5 is above max 3]");
    String unchecked =
        "<nil>: Invalid value: null: some validation rules were not checked because the object was"
            + " invalid; correct the existing errors to complete validation]";
    assertThat(api.post(ROOMS, room("a", "max: 120, beds: [{size: 1}]")).message())
        .isEqualTo(
            "Room.example.com \"a\" is invalid: [spec.beds[0].name: Required value, " + unchecked);
    assertThat(api.post(ROOMS, room("a", "max: 120, min: x")).message()).endsWith(unchecked);
  }

  @Test
  void transitionsAndRatcheting() {
    api.post(ROOMS, room("grows", "max: 5, beds: [{name: a}, {name: b, size: 2}]")).ok();
    assertThat(api.merge(ROOMS + "/grows", "{spec: {max: 4}}").message())
        .endsWith("spec.max: Invalid value: 4: must not shrink");
    api.merge(ROOMS + "/grows", "{spec: {max: 6}}").ok();
    assertThat(api.merge(ROOMS + "/grows", "{spec: {beds: [{name: b, size: 3}]}}").message())
        .contains("spec.beds[0]: Invalid value: beds do not change");
    api.merge(ROOMS + "/grows", "{spec: {beds: [{name: b, size: 2}, {name: c, size: 9}]}}").ok();
  }

  /** Upstream warns of what it finds; nobody was told. */
  @Test
  void whatBreaksANewRuleAndStaysAsItIsIsWarnedOf() {
    String rooms = ROOMS.replace("rooms", "halls");
    String schema =
        """
        type: object
        properties:
          spec:
            type: object
            properties:
              name: {type: string, maxLength: 9}
              seats: {type: integer}
        """;
    api.post(CRDS, crd("halls", "Hall", schema)).ok();
    await().atMost(Duration.ofSeconds(30)).until(() -> api.get(rooms).code() == 200);
    api.post(rooms, room("a", "name: old, seats: 1").replace("Room", "Hall")).ok();
    String path = "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/name/";
    api.call(
            "PATCH",
            CRDS + "/halls.example.com",
            "application/json-patch+json",
            "[{\"op\":\"add\",\"path\":\""
                + path
                + "x-kubernetes-validations\",\"value\":[{\"rule\":\"self.startsWith('new')\","
                + "\"message\":\"not new\"}]}]")
        .ok();
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() ->
            assertThat(api.merge(rooms + "/a", "{spec: {seats: 2}}").ok().warnings())
                .containsExactly("299 - \"spec.name: Invalid value: \\\"old\\\": not new\""));
    assertThat(api.merge(rooms + "/a", "{spec: {name: other}}").message())
        .endsWith("spec.name: Invalid value: \"other\": not new");
  }

  @Test
  void wrongRulesAreRefusedWithTheDefinition() {
    String wrong =
        """
        type: object
        properties:
          spec:
            type: object
            x-kubernetes-validations: [{rule: "self.sice > 1"}]
            properties: {size: {type: integer}}
        """;
    assertThat(api.post(CRDS, crd("chairs", "Chair", wrong)).message())
        .contains(
            "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations[0].rule:"
                + " Invalid value: {\"Rule\":\"self.sice \\u003e 1\",\"Message\":\"\","
                + "\"MessageExpression\":\"\",\"Reason\":null,\"FieldPath\":\"\","
                + "\"OptionalOldSelf\":null}: compilation failed: ERROR: <input>:1:5:"
                + " undefined field 'sice'");
    assertThat(
            api.post(CRDS, crd("chairs", "Chair", wrong.replace("self.sice > 1", "1"))).message())
        .contains("cel expression must evaluate to a bool");
    assertThat(
            api.post(
                    CRDS,
                    crd(
                        "chairs",
                        "Chair",
                        wrong.replace(
                            "{rule: \"self.sice > 1\"}",
                            "{rule: \"self.size > 1\", optionalOldSelf: false}")))
                .message())
        .contains(
            "optionalOldSelf: Invalid value: false: may not be set if oldSelf is not used in rule");
    String uncorrelated =
        """
        type: object
        properties:
          list:
            type: array
            items: {type: string, x-kubernetes-validations: [{rule: "self == oldSelf"}]}
        """;
    assertThat(api.post(CRDS, crd("chairs", "Chair", uncorrelated)).message())
        .contains("oldSelf cannot be used on the uncorrelatable portion of the schema");
  }
}
