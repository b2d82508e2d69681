package dev.coracle.apiserver.internal.registry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.schema.CustomResources;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.apiserver.internal.crd.RuleMeters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

/** The rules of a custom resource, as its definition's schema has them. */
class SchemaRulesTest {

  private static ResourceDefinition definition(String schema) {
    return CustomResources.definitions(
            Json.parseObject(
                ("{'spec':{'group':'g.io','scope':'Cluster','names':{'plural':'tabs','kind':'Tab'},"
                        + "'versions':[{'name':'v1','served':true,'storage':true,"
                        + "'schema':{'openAPIV3Schema':"
                        + schema
                        + "}}]}}")
                    .replace('\'', '"')))
        .getFirst();
  }

  private static ObjectNode tab(int width) {
    return Json.parseObject(
        "{\"apiVersion\":\"g.io/v1\",\"kind\":\"Tab\",\"metadata\":{\"name\":\"t\"},\"width\":"
            + width
            + "}");
  }

  @Test
  void rulesAreCompiledOnceAndTimed() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    SchemaRules rules =
        new SchemaRules(
            definition(
                "{'type':'object','properties':{'width':{'type':'integer',"
                    + "'x-kubernetes-validations':[{'rule':'self > 1'}]}}}"),
            KindStrategy.PLAIN,
            RuleMeters.of(registry));
    assertThat(rules.validate(tab(1), null, "", _ -> {})).hasSize(1);
    assertThat(rules.validate(tab(2), null, "", _ -> {})).isEmpty();
    assertThat(registry.get("apiserver_cel_compilation_duration_seconds").timer().count())
        .isEqualTo(1);
    assertThat(registry.get("apiserver_cel_evaluation_duration_seconds").timer().count())
        .isEqualTo(2);
  }

  @Test
  void whereThereAreNoRulesNothingIsTimed() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    SchemaRules rules =
        new SchemaRules(
            definition("{'type':'object','properties':{'width':{'type':'integer'}}}"),
            KindStrategy.PLAIN,
            RuleMeters.of(registry));
    assertThat(rules.validate(tab(1), null, "", _ -> {})).isEmpty();
    assertThat(registry.get("apiserver_cel_evaluation_duration_seconds").timer().count()).isZero();
  }
}
