package dev.coracle.apiserver.internal.crd;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.schema.StructuralSchema;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.SameValues;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rules that came after the object hold for what changes in it (KEP-4008). */
class UnchangedValuesTest {

  private static ObjectNode json(String text) {
    return Json.parseObject(text.replace('\'', '"'));
  }

  private static final ValidationRules RULES =
      ValidationRules.compile(
          StructuralSchema.compileValue(
              json(
                  "{'type':'object','properties':{'n':{'type':'integer'},'list':{'type':'array',"
                      + "'items':{'type':'object','properties':{'a':{'type':'string',"
                      + "'x-kubernetes-validations':[{'rule':'self != \\u0022x\\u0022',"
                      + "'message':'no x'}]},'b':{'type':'string'}}}}}}"),
              false),
          FieldPath.ROOT,
          new FieldErrors());

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'list':[{'a':'x'}]}|{'list':[{'a':'x'}],'n':1}|0|1",
        "{'list':[{'a':'x'},{'a':'y'}]}|{'list':[{'a':'x'},{'a':'y'}],'n':1}|0|1",
        "{'list':[{'a':'x'}]}|{'list':[{'a':'x','b':'1'}]}|1|0",
        "{'list':[{'a':'x'}]}|{'list':[{'a':'x'},{'a':'x'}]}|2|0",
        "{}|{'list':[{'a':'x'}]}|1|0",
      })
  void itemsOfListsStayThatHaveNotChanged(String before, String now, int faults, int warnings) {
    FieldErrors errors = new FieldErrors();
    List<String> warned = new ArrayList<>();
    RULES.check(json(now), json(before), errors, warned::add);
    assertThat(errors.causes()).hasSize(faults).allMatch(c -> c.message().endsWith(": no x"));
    assertThat(warned)
        .hasSize(warnings)
        .allMatch(w -> w.equals("list[0].a: Invalid value: \"x\": no x"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "map|[{'k':'1'},{'k':'x'}]|[{'k':'x'},{'k':'1'}]|true",
        "map|[{'k':'x'}]|[{'k':'x'},{'k':'1'}]|false",
        "set|['x','y']|['y','x']|false",
        "set|['x','y']|['x','y']|true",
        "object|{'k':'x'}|{'k':'x'}|true",
        "object|{'k':'x','more':1}|{'k':'x','more':1}|false",
      })
  void isTheSame(String type, String before, String now, boolean same) {
    String fields =
        "'type':'object','x-kubernetes-preserve-unknown-fields':true,"
            + "'properties':{'k':{'type':'string'}}";
    String schema =
        switch (type) {
          case "map" ->
              "'type':'array','x-kubernetes-list-type':'map','x-kubernetes-list-map-keys':['k'],"
                  + "'items':{"
                  + fields
                  + "}";
          case "set" -> "'type':'array','x-kubernetes-list-type':'set','items':{'type':'string'}";
          default -> fields;
        };
    assertThat(
            SameValues.are(
                StructuralSchema.compileValue(json("{" + schema + "}"), false),
                Json.parse(before.replace('\'', '"')),
                Json.parse(now.replace('\'', '"'))))
        .isEqualTo(same);
  }
}
