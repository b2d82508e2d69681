package dev.coracle.apiserver.extending;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.apiserver.OwnServer;
import dev.coracle.apiserver.TestApi;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Rules that may cost too much are refused with the definition that has them. */
@ExtendWith(OwnServer.class)
class CustomResourceCostTest {

  private static final String CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  private static final String WHERE = "spec.validation.openAPIV3Schema";

  private static TestApi api;

  @BeforeAll
  static void start(TestApi ofOwnServer) {
    api = ofOwnServer;
  }

  private static String crd(String plural, String properties) {
    return """
    apiVersion: apiextensions.k8s.io/v1
    kind: CustomResourceDefinition
    metadata: {name: %1$s.example.com}
    spec:
      group: example.com
      scope: Namespaced
      names: {plural: %1$s, kind: K%1$s, singular: s%1$s, listKind: K%1$sList}
      versions:
      - name: v1
        served: true
        storage: true
        schema:
          openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {%2$s}}}}
    """
        .formatted(plural, properties);
  }

  private static String list(String limits, String rule) {
    return "{type: array, "
        + limits
        + " items: {type: string}, x-kubernetes-validations: [{rule: \""
        + rule
        + "\"}]}";
  }

  @Test
  void aLoopInsideALoopNeedsLimits() {
    String rule = "self.all(x, self.all(y, x == y))";
    TestApi.Answer refused = api.post(CRDS, crd("loops", "list: " + list("", rule)));
    assertThat(refused.code()).isEqualTo(422);
    assertThat(refused.message())
        .contains(
            WHERE
                + ".properties[spec].properties[list].x-kubernetes-validations[0].rule: Forbidden:"
                + " estimated rule cost exceeds budget by factor of more than 100x (try simplifying"
                + " the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps,"
                + " and strings are declared)")
        .contains(
            WHERE
                + ".properties[spec].properties[list].x-kubernetes-validations[0].rule: Forbidden:"
                + " contributed to estimated rule cost total exceeding cost limit for entire"
                + " OpenAPIv3 schema")
        .contains(
            WHERE
                + ": Forbidden: x-kubernetes-validations estimated rule cost total for entire"
                + " OpenAPIv3 schema exceeds budget by factor of more than 100x");
    String limited =
        "{type: array, maxItems: 20, items: {type: string, maxLength: 20},"
            + " x-kubernetes-validations: [{rule: \""
            + rule
            + "\"}]}";
    api.post(CRDS, crd("loops", "list: " + limited)).ok();
  }

  @Test
  void aRuleCountsAsOftenAsItsValueCanOccur() {
    String item =
        "{type: object, properties: {a: {type: string, x-kubernetes-validations: [{rule:"
            + " \"self.contains('x')\"}]}}}";
    TestApi.Answer refused =
        api.post(CRDS, crd("many", "list: {type: array, maxItems: 100, items: " + item + "}"));
    assertThat(refused.code()).isEqualTo(422);
    assertThat(refused.message())
        .contains("estimated rule cost exceeds budget by factor of 3.1x (try");
    api.post(CRDS, crd("many", "list: {type: array, maxItems: 30, items: " + item + "}")).ok();
  }

  @Test
  void whatIsStoredIsNotRefusedWhenOtherThingsChange() {
    String rule = "self.all(x, x.size() < 5)";
    api.post(CRDS, crd("kept", "list: " + list("maxItems: 5,", rule))).ok();
    api.merge(CRDS + "/kept.example.com", "{metadata: {labels: {a: b}}}").ok();
    assertThat(
            api.merge(
                    CRDS + "/kept.example.com",
                    "{spec: {versions: "
                        + TestApi.tree(
                                crd(
                                    "kept",
                                    "list: " + list("", "self.all(x, self.all(y, x == y))")))
                            .path("spec")
                            .path("versions")
                        + "}}")
                .message())
        .contains("estimated rule cost exceeds budget");
  }
}
