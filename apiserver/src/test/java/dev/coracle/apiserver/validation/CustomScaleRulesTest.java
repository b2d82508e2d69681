package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusCause;
import dev.coracle.api.schema.CustomResources;
import dev.coracle.api.schema.ResourceDefinition;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a scale shows of a custom resource, compared with upstream's server. */
class CustomScaleRulesTest {

  private static final ResourceDefinition SIZED =
      CustomResources.definitions(
              Json.parseObject(
                  """
                  {"spec":{"group":"g.io","scope":"Cluster","names":{"plural":"sizeds","kind":"Sized"},"versions":[
                   {"name":"v1","served":true,"storage":true,
                    "subresources":{"status":{},"scale":{"specReplicasPath":".spec.replicas",
                      "statusReplicasPath":".status.replicas","labelSelectorPath":".status.selector"}},
                    "schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}}\
                  """))
          .getFirst();

  private static ObjectNode sized(String rest) {
    return Json.parseObject(
        ("{'apiVersion':'g.io/v1','kind':'Sized','metadata':{'name':'s','resourceVersion':'1'}"
                + rest
                + "}")
            .replace('\'', '"'));
  }

  private static List<String> show(List<StatusCause> causes) {
    return causes.stream().map(c -> c.field() + ": " + c.message()).toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        ",'spec':{'replicas':-1}|.spec.replicas: Invalid value: -1: should be a non-negative integer",
        ",'spec':{'replicas':3000000000}|.spec.replicas: Invalid value: 3000000000: should be less than or equal to 2147483647",
        ",'spec':{'replicas':'a'}|.spec.replicas: Invalid value: 0: .spec.replicas accessor error: a is of the type string, expected int64",
        ",'spec':{'replicas':1.5}|.spec.replicas: Invalid value: 0: .spec.replicas accessor error: 1.5 is of the type float64, expected int64",
        ",'spec':{'replicas':null}|.spec.replicas: Invalid value: 0: .spec.replicas accessor error: <nil> is of the type <nil>, expected int64",
        ",'spec':'x'|.spec.replicas: Invalid value: 0: .spec.replicas accessor error: x is of the type string, expected map[string]interface{}",
        ",'status':{'replicas':-1}|.status.replicas: Invalid value: -1: should be a non-negative integer",
        ",'status':{'selector':true}|.status.selector: Invalid value: \"\": .status.selector accessor error: true is of the type bool, expected string",
      })
  void faultsOfWhatAScaleShows(String rest, String fault) {
    assertThat(show(Validator.validateCreate(SIZED, sized(rest)))).containsExactly(fault);
    assertThat(
            show(
                Validator.validateUpdate(
                    SIZED, KubeObject.of(sized("")), KubeObject.of(sized(rest)))))
        .containsExactly(fault);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "``",
        ",'spec':null",
        ",'spec':{'replicas':0},'status':{'replicas':2147483647,'selector':'a=b'}"
      })
  void acceptsWhatAScaleCanShow(String rest) {
    assertThat(show(Validator.validateCreate(SIZED, sized(rest)))).isEmpty();
  }

  @Test
  void aWriteOfTheStatusIsNotHeldToTheSpec() {
    ObjectNode before = sized(",'spec':{'replicas':-1}");
    ObjectNode now = sized(",'spec':{'replicas':-1},'status':{'replicas':-2}");
    assertThat(show(Validator.validateUpdate(SIZED, KubeObject.of(before), now, "status")))
        .containsExactly(".status.replicas: Invalid value: -2: should be a non-negative integer");
  }
}
