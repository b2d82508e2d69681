package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusCause;
import dev.coracle.api.schema.CustomResources;
import dev.coracle.api.schema.ResourceDefinition;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CustomResourceValidationTest {

  private static final ResourceDefinition TABS =
      CustomResources.definitions(
              Json.parseObject(
                  """
                  {"spec":{"group":"g.io","scope":"Namespaced","names":{"plural":"tabs","kind":"Tab"},"versions":[
                   {"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","required":["spec"],
                    "properties":{"spec":{"type":"object","required":["cron"],"properties":{
                     "cron":{"type":"string","pattern":"^[a-z]+$","maxLength":5},
                     "replicas":{"type":"integer","minimum":1,"maximum":10},
                     "mode":{"type":"string","enum":["a","b"]},
                     "port":{"x-kubernetes-int-or-string":true},
                     "sizes":{"type":"object","additionalProperties":{"x-kubernetes-int-or-string":true}},
                     "sets":{"type":"object","additionalProperties":{"type":"array","x-kubernetes-list-type":"set","items":{"type":"string"}}},
                     "note":{"type":"string","nullable":true},
                     "either":{"type":"object","properties":{"x":{"type":"string"},"y":{"type":"string"}},
                       "oneOf":[{"required":["x"]},{"required":["y"]}]},
                     "set":{"type":"array","x-kubernetes-list-type":"set","items":{"type":"string"}},
                     "map":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["n"],
                       "items":{"type":"object","required":["n"],"properties":{"n":{"type":"string"},"v":{"type":"integer","maximum":3}}}}
                    }}}}}}]}}\
                  """))
          .getFirst();

  private static final ResourceDefinition BOXES =
      CustomResources.definitions(
              Json.parseObject(
                  """
                  {"spec":{"group":"g.io","scope":"Namespaced","names":{"plural":"boxes","kind":"Box"},"versions":[
                   {"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{
                    "metadata":{"type":"object","properties":{"name":{"type":"string","maxLength":3},
                      "generateName":{"type":"string","pattern":"^b"}}},
                    "inner":{"type":"object","x-kubernetes-embedded-resource":true,"properties":{
                      "metadata":{"type":"object","properties":{"name":{"type":"string","enum":["a"]}}}}},
                    "list":{"type":"array","items":{"type":"object","x-kubernetes-embedded-resource":true,
                      "x-kubernetes-preserve-unknown-fields":true}}
                   }}}}]}}\
                  """))
          .getFirst();

  private static ObjectNode box(String metadata, String rest) {
    return Json.parseObject(
        ("{'apiVersion':'g.io/v1','kind':'Box','metadata':{'namespace':'d',"
                + metadata
                + "}"
                + rest
                + "}")
            .replace('\'', '"'));
  }

  private static List<String> show(List<StatusCause> causes) {
    return causes.stream().map(c -> c.field() + ": " + c.message()).toList();
  }

  @Test
  void holdsNamesToTheSchema() {
    assertThat(show(Validator.validateCreate(BOXES, box("'name':'abc','generateName':'b'", ""))))
        .isEmpty();
    ObjectNode bad = box("'name':'abcd','generateName':'a'", "");
    assertThat(show(Validator.validateCreate(BOXES, bad)))
        .containsExactly(
            "metadata.name: Too long: may not be more than 3 bytes",
            "metadata.generateName: Invalid value: \"a\": metadata.generateName in body should match"
                + " '^b'");
    ObjectNode changed = box("'name':'abcd','generateName':'a'", ",'list':[]");
    assertThat(Validator.validateUpdate(BOXES, KubeObject.of(bad), changed, ""))
        .as("what was there before stays")
        .isEmpty();
  }

  @Test
  void holdsObjectsInsideToTheRulesOfObjects() {
    String good = "{'apiVersion':'v1','kind':'K','metadata':{'name':'a','labels':{'a':'b'}}}";
    assertThat(show(Validator.validateCreate(BOXES, box("'name':'a'", ",'inner':" + good))))
        .isEmpty();
    ObjectNode bad =
        box(
            "'name':'a'",
            ",'inner':{'apiVersion':'a/b/c','metadata':{'name':'b','labels':{'-':'c'}}},"
                + "'list':[{'apiVersion':'','kind':'1','metadata':{'namespace':'A'}}]");
    List<String> problems = show(Validator.validateCreate(BOXES, bad));
    assertThat(problems)
        .hasSize(7)
        .contains(
            "inner.metadata.name: Unsupported value: \"b\": supported values: \"a\"",
            "inner.apiVersion: Invalid value: \"a/b/c\": unexpected GroupVersion string: a/b/c",
            "inner.kind: Required value",
            "list[0].apiVersion: Required value")
        .anyMatch(p -> p.startsWith("inner.metadata.labels: Invalid value: \"-\": "))
        .anyMatch(p ->
            p.startsWith("list[0].kind: Invalid value: \"1\": may have mixed case, but should"))
        .anyMatch(p -> p.startsWith("list[0].metadata.namespace: Invalid value: \"A\": "));
    assertThat(Validator.validateUpdate(BOXES, KubeObject.of(bad), bad, ""))
        .as("what was there before is held to them too")
        .hasSize(6);
    assertThat(Validator.validateUpdate(BOXES, KubeObject.of(bad), bad, "status")).isEmpty();
  }

  /** Beside a whole number the limit is an int64, beside another one a float64. */
  @ParameterizedTest
  @CsvSource({
    "11, 10.0, 10",
    "10.5, 10.0, 10",
    "2000000, 1000000, 1000000",
    "1000000.5, 1000000, 1e+06",
    "1e30, 2147483647, 2.147483647e+09",
    "0.5, 0.00001, 1e-05",
    "0.5, 0.25, 0.25"
  })
  void limitsArePrintedAsGoDoes(String value, String maximum, String printed) {
    ResourceDefinition measures =
        CustomResources.definitions(
                Json.parseObject(
                    """
                    {"spec":{"group":"g.io","scope":"Namespaced","names":{"plural":"ms","kind":"M"},"versions":[
                     {"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{
                      "size":{"type":"number","maximum":%s}}}}}]}}\
                    """
                        .formatted(maximum)))
            .getFirst();
    ObjectNode measure =
        Json.parseObject(
            "{\"apiVersion\":\"g.io/v1\",\"kind\":\"M\",\"metadata\":{\"name\":\"m\","
                + "\"namespace\":\"d\"},\"size\":"
                + value
                + "}");
    assertThat(show(Validator.validateCreate(measures, measure)).getFirst())
        .endsWith(": size in body should be less than or equal to " + printed);
  }

  private static ObjectNode tab(String spec) {
    return Json.parseObject(
        ("{'apiVersion':'g.io/v1','kind':'Tab','metadata':{'name':'t','namespace':'d'},'spec':"
                + spec
                + "}")
            .replace('\'', '"'));
  }

  private static List<String> problems(ObjectNode object) {
    return show(Validator.validateCreate(TABS, object));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{} | spec.cron: Required value",
        "{'cron':'abc','replicas':'x'} | spec.replicas: Invalid value: \"string\": spec.replicas in body must be of type integer: \"string\"",
        "{'cron':'ABC'} | spec.cron: Invalid value: \"ABC\": spec.cron in body should match '^[a-z]+$'",
        "{'cron':'abcdef'} | spec.cron: Too long: may not be more than 5 bytes",
        "{'cron':'abc','replicas':11} | spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to 10",
        "{'cron':'abc','replicas':0} | spec.replicas: Invalid value: 0: spec.replicas in body should be greater than or equal to 1",
        "{'cron':'abc','mode':'c'} | spec.mode: Unsupported value: \"c\": supported values: \"a\", \"b\"",
        "{'cron':null} | spec.cron: Invalid value: \"null\": spec.cron in body must be of type string: \"null\"",
        "{'cron':'abc','sizes':{'cpu':0.5}} | spec.sizes.cpu: Invalid value: \"number\": spec.sizes.cpu in body must be of type integer,string: \"number\"",
        "{'cron':'abc','set':['a','a']} | spec.set[1]: Duplicate value: \"a\"",
        "{'cron':'abc','map':[{'n':'a'},{'n':'a'}]} | spec.map[1]: Duplicate value: {\"n\":\"a\"}",
        "{'cron':'abc','sets':{'x':['a','a']}} | spec.sets[x][1]: Duplicate value: \"a\"",
      })
  void tellsWhatIsWrong(String spec, String problem) {
    assertThat(problems(tab(spec))).containsExactly(problem);
  }

  /** Of several schemas the faults of the one are told that comes nearest. */
  @Test
  void tellsOfSchemasOfWhichNoneIsMet() {
    assertThat(problems(tab("{'cron':'abc','either':{}}")))
        .containsExactly(
            "<nil>: Invalid value: \"\": \"spec.either\" must validate one and only one schema"
                + " (oneOf). Found none valid",
            "spec.either.x: Required value");
    assertThat(problems(tab("{'cron':'abc','either':{'x':'1','y':'2'}}")))
        .containsExactly(
            "<nil>: Invalid value: \"\": \"spec.either\" must validate one and only one schema"
                + " (oneOf). Found 2 valid alternatives");
  }

  @Test
  void acceptsWhatFits() {
    assertThat(
            problems(
                tab(
                    "{'cron':'abc','replicas':3,'mode':'a','port':'http','note':null,'either':{'x':'1'}}")))
        .isEmpty();
  }

  /** Each item is looked for among the old ones: by its keys, or this would take minutes. */
  @Test
  void itemsOfLongListsAreKnownAgain() {
    int many = 40_000;
    List<String> items = new ArrayList<>();
    for (int i = 0; i < many; i++) {
      items.add("{'n':'i" + i + "','v':" + (i == 7 ? 9 : 1) + "}");
    }
    ObjectNode before = tab("{'cron':'abc','map':" + items + "}");
    ObjectNode now = tab("{'cron':'abc','map':" + items.reversed() + "}");
    assertThat(Validator.validateUpdate(TABS, KubeObject.of(before), now, "")).isEmpty();
    ((ObjectNode) now.at("/spec/map/0")).put("v", 4);
    assertThat(show(Validator.validateUpdate(TABS, KubeObject.of(before), now, "")))
        .containsExactly(
            "spec.map[0].v: Invalid value: 4: spec.map[0].v in body should be less than or equal to"
                + " 3");
  }

  @Test
  void doesNotHoldUnchangedPartsAgainstAnUpdate() {
    ObjectNode before = tab("{'cron':'WRONG','map':[{'n':'a','v':9}]}");
    ObjectNode now = tab("{'cron':'WRONG','replicas':2,'map':[{'n':'b','v':1},{'n':'a','v':9}]}");
    assertThat(Validator.validateUpdate(TABS, KubeObject.of(before), now, "")).isEmpty();
    ObjectNode worse = tab("{'cron':'WRONG','map':[{'n':'a','v':10}]}");
    assertThat(Validator.validateUpdate(TABS, KubeObject.of(before), worse, "")).hasSize(1);
  }

  /** As upstream asks of the lists of the whole object whether they were right. */
  @Test
  void listsThatWereWrongMayStaySo() {
    ObjectNode before = tab("{'cron':'abc','set':['a','a']}");
    ObjectNode now = tab("{'cron':'abc','set':['a','a','b'],'sets':{'x':['c','c']}}");
    assertThat(Validator.validateUpdate(TABS, KubeObject.of(before), now, "")).isEmpty();
    ObjectNode right = tab("{'cron':'abc','set':['a']}");
    assertThat(Validator.validateUpdate(TABS, KubeObject.of(right), now, "")).hasSize(2);
  }
}
