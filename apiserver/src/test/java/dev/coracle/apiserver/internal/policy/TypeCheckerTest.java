package dev.coracle.apiserver.internal.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Yaml;
import dev.coracle.api.schema.Scheme;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class TypeCheckerTest {

  private static JsonNode warnings(String rules, String more) {
    String spec = "{matchConstraints: {resourceRules: [" + rules + "]}, " + more + "}";
    return new TypeChecker(Scheme.builtIn())
        .warnings(Yaml.parse(spec.getBytes(StandardCharsets.UTF_8), 1 << 20));
  }

  private static String rule(String groups, String versions, String resources) {
    return "{apiGroups: ["
        + groups
        + "], apiVersions: ["
        + versions
        + "], resources: ["
        + resources
        + "]}";
  }

  private static String validation(String expression) {
    return "validations: [{expression: \"" + expression + "\"}]";
  }

  @Test
  void kindsAreToldInTheirOrderAndInUpstreamsForm() {
    JsonNode found =
        warnings(
            rule("batch, apps", "v1", "statefulsets, deployments, jobs")
                + ", "
                + rule("''", "v1", "pods"),
            validation("object.spec.typo > 1"));
    assertThat(found.size()).isEqualTo(1);
    assertThat(found.at("/0/fieldRef").asText()).isEqualTo("spec.validations[0].expression");
    assertThat(found.at("/0/warning").asText().lines().filter(line -> line.contains("Kind=")))
        .containsExactly(
            "/v1, Kind=Pod: ERROR: <input>:1:12: undefined field 'typo'",
            "apps/v1, Kind=Deployment: ERROR: <input>:1:12: undefined field 'typo'",
            "apps/v1, Kind=StatefulSet: ERROR: <input>:1:12: undefined field 'typo'",
            "batch/v1, Kind=Job: ERROR: <input>:1:12: undefined field 'typo'");
  }

  @Test
  void aRuleWithAnythingInItIsNotChecked() {
    String typo = validation("object.spec.typo > 1");
    assertThat(warnings(rule("apps", "'*', v1", "deployments"), typo)).isEmpty();
    assertThat(warnings(rule("apps, '*'", "v1", "deployments"), typo)).isEmpty();
    assertThat(warnings(rule("apps", "v1", "'*', deployments/scale"), typo)).isEmpty();
    assertThat(warnings(rule("apps", "v1", "'*', deployments"), typo)).hasSize(1);
  }

  /** Events are of two groups, and the core group finds both. */
  @Test
  void noGroupIsEveryGroup() {
    JsonNode found = warnings(rule("''", "v1", "events"), validation("object.typo == 1"));
    assertThat(found.at("/0/warning").asText())
        .contains("/v1, Kind=Event: ", "events.k8s.io/v1, Kind=Event: ");
  }

  @Test
  void parametersHaveTheTypeOfTheirKind() {
    String rule = rule("apps", "v1", "deployments");
    String map = "paramKind: {apiVersion: v1, kind: ConfigMap}, ";
    assertThat(warnings(rule, map + validation("params.data['a'] == 'b'"))).isEmpty();
    assertThat(warnings(rule, map + validation("params.typo == 'b'")).at("/0/warning").asText())
        .contains("undefined field 'typo'");
    String unknown = "paramKind: {apiVersion: x.io/v1, kind: X}, ";
    assertThat(warnings(rule, unknown + validation("params.typo == 'b'"))).isEmpty();
  }

  /** Nothing is said of a variable itself; what asks for it may be anything. */
  @Test
  void variablesThatDoNotFitAreOfAnyType() {
    assertThat(
            warnings(
                rule("apps", "v1", "deployments"),
                "variables: [{name: v, expression: object.spec.typo}], "
                    + validation("variables.v > 1")))
        .isEmpty();
  }
}
