package dev.coracle.api.validation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.schema.Decoder;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.schema.StructuralSchema;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a value of a custom resource is told, compared with upstream's server. */
class SchemaWordsTest {

  private static ObjectNode json(String text) {
    return Json.parseObject(text.replace('\'', '"'));
  }

  private static SchemaType schema(String field) {
    return StructuralSchema.compileValue(
        json("{'type':'object','properties':{'a':" + field + "}}"), false);
  }

  private static List<String> faults(String field, String value) {
    FieldErrors errors = new FieldErrors();
    SchemaValidator.validate(schema(field), json("{'a':" + value + "}"), null, errors);
    return errors.causes().stream().map(c -> c.field() + ": " + c.message()).toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'type':'integer','format':'int32'}|1.5|a: Invalid value: \"float64\": a in body must be of"
            + " type int32: \"float64\";<nil>: Invalid value: \"\": Checked value must be of type"
            + " integer with format int32 in a",
        "{'type':'integer','format':'int32'}|3000000000|<nil>: Invalid value: \"\": Checked value"
            + " must be of type integer with format int32 in a",
        "{'type':'integer'}|1.5|a: Invalid value: \"number\": a in body must be of type integer:"
            + " \"number\";<nil>: Invalid value: \"\": Checked value must be of type integer"
            + " (default format) in a",
        "{'type':'integer'}|1.0|``",
        "{'type':'integer'}|9223372036854775808|a: Invalid value: \"number\": a in body must be of"
            + " type integer: \"number\";<nil>: Invalid value: \"\": Checked value must be of type integer"
            + " (default format) in a",
        "{'type':'number','format':'double'}|9223372036854775808|``",
        "{'type':'integer','format':'int32'}|'x'|a: Invalid value: \"string\": a in body must be of"
            + " type integer: \"string\"",
        "{'type':'boolean','format':'date'}|1|a: Invalid value: \"integer\": a in body must be of type"
            + " boolean: \"integer\"",
        "{'type':'string','format':'date-time'}|'x'|a: Invalid value: \"x\": a in body must be of"
            + " type date-time: \"x\"",
        "{'type':'string','maxLength':1,'pattern':'^a$'}|'xx'|a: Too long: may not be more than 1"
            + " bytes",
        "{'type':'integer','minimum':3,'maximum':1}|2|a: Invalid value: 2: a in body should be"
            + " greater than or equal to 3;a: Invalid value: 2: a in body should be less than or"
            + " equal to 1",
        "{'type':'object','anyOf':[{'required':['p']},{'required':['q']}]}|{}|<nil>: Invalid value:"
            + " \"\": \"a\" must validate at least one schema (anyOf);a.p: Required value",
        "{'type':'object','allOf':[{'required':['p']},{'required':['q']}]}|{'p':1}|a.q: Required"
            + " value;<nil>: Invalid value: \"\": \"a\" must validate all the schemas (allOf)",
        "{'type':'string','not':{'enum':['x']}}|'x'|<nil>: Invalid value: \"\": \"a\" must not"
            + " validate the schema (not)",
        "{'type':'array','x-kubernetes-list-type':'set','items':{'type':'string'}}|['x','x','x']"
            + "|a[1]: Duplicate value: \"x\"",
      })
  void faultsOfValues(String field, String value, String faults) {
    assertThat(String.join(";", faults(field, value))).isEqualTo(faults);
  }

  @ParameterizedTest
  @CsvSource({
    "{'type':'number'}",
    "{'type':'integer'}",
    "{'x-kubernetes-preserve-unknown-fields':true}"
  })
  void numbersThatNoFloatHoldsAreRefused(String field) {
    byte[] document = "{\"a\":1e400}".getBytes(UTF_8);
    assertThatThrownBy(() -> Decoder.decode(document, schema(field)))
        .isInstanceOf(Decoder.TypeException.class)
        .hasMessage("json: cannot unmarshal number 1e400 into Go value of type float64");
  }

  /** Kubernetes docs, "Defaulting and Nullable". */
  @Test
  void nullsThatAreNotAllowedCountAsLeftOut() {
    SchemaType type =
        StructuralSchema.compileValue(
            json(
                "{'type':'object','properties':{'gone':{'type':'object'},"
                    + "'stays':{'type':'string','nullable':true},"
                    + "'default':{'type':'string','default':'x'},"
                    + "'map':{'type':'object','additionalProperties':{'type':'string'}},"
                    + "'list':{'type':'array','items':{'type':'string'}},"
                    + "'free':{'type':'object','x-kubernetes-preserve-unknown-fields':true}}}"),
            false);
    ObjectNode given =
        json(
            "{'gone':null,'stays':null,'default':null,'map':{'k':null,'l':'1'},'list':[null],"
                + "'free':{'k':null}}");
    assertThat(Decoder.decode(given, type).tree())
        .isEqualTo(
            json("{'stays':null,'default':null,'map':{'l':'1'},'list':[null],'free':{'k':null}}"));
  }
}
