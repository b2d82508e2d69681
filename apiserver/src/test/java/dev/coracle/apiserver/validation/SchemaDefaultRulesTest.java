package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Defaults in the schemas of custom resources. */
class SchemaDefaultRulesTest {

  private static final Judge JUDGE = Judge.of("apiextensions.k8s.io", "customresourcedefinitions");
  private static final String CRD =
      """
      {'metadata':{'name':'tabs.g.io'},'spec':{'group':'g.io','scope':'Namespaced',
       'names':{'plural':'tabs','singular':'tab','kind':'Tab','listKind':'TabList'},
       'versions':[{'name':'v1','served':true,'storage':true,'schema':{'openAPIV3Schema':
        {'type':'object','properties':{'n':{'type':'integer'}}}}}]},
       'status':{'storedVersions':['v1']}}\
      """;
  private static final String SCHEMA = "/spec/versions/0/schema/openAPIV3Schema/";
  private static final String A = SCHEMA + "properties/a=";
  private static final String AT = "spec.validation.openAPIV3Schema.properties[a].";
  private static final String OBJECT = "'type':'object','properties':{'b':{'type':'string'}}";
  private static final String EMBEDDED =
      "'type':'object','x-kubernetes-embedded-resource':true,'properties':{";
  private static final String LABEL =
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an"
          + " alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or"
          + " 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

  private static String filled(String schema) {
    return schema.strip().replace("OBJECT", OBJECT).replace("EMBEDDED", EMBEDDED);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'type':'integer','default':'x'} | default: Invalid value: \"string\":  in body must be of"
            + " type integer: \"string\"",
        "{OBJECT,'default':{'b':null}} | default.b: Invalid value: \"null\": b in body must be of"
            + " type string: \"null\"",
        "{'type':'array','items':{'type':'integer','maximum':3},'default':[1,5]} | default.[1]:"
            + " Invalid value: 5: [1] in body should be less than or equal to 3",
        "{'type':'string','enum':['x','y'],'default':'z'} | default: Unsupported value: \"z\":"
            + " supported values: \"x\", \"y\"",
        "{OBJECT,'required':['b'],'default':{}} | default.b: Required value",
        "{OBJECT,'default':{'b':'x','c':1}} | default: Invalid value: {\"b\":\"x\",\"c\":1}: must"
            + " not have unknown fields",
        "{'type':'array','items':{OBJECT},'default':[{'c':1}]} | default: Invalid value:"
            + " [{\"c\":1}]: must not have unknown fields",
        "{'type':'object','additionalProperties':{OBJECT},'default':{'k':{'c':1}}} | default:"
            + " Invalid value: {\"k\":{\"c\":1}}: must not have unknown fields",
        "{OBJECT,'default':{'b':1,'c':1}} | default: Invalid value: {\"b\":1,\"c\":1}: must not"
            + " have unknown fields;;default.b: Invalid value: \"integer\": b in body must be of"
            + " type string: \"integer\"",
        "{'type':'array','items':{'type':'object','properties':{'b':{'type':'integer','minimum':2,"
            + "'default':1}}}} | items.properties[b].default: Invalid value: 1:  in body should be"
            + " greater than or equal to 2",
        "{EMBEDDED'spec':{'type':'object'}},'default':{'kind':'K'}} | default.apiVersion: Required"
            + " value",
        "{EMBEDDED'spec':{'type':'object'}},'default':{'kind':'a b','apiVersion':'a/b/c'}} |"
            + " default.apiVersion: Invalid value: \"a/b/c\": unexpected GroupVersion string:"
            + " a/b/c;;default.kind: Invalid value: \"a b\": may have mixed case, but should"
            + " otherwise match: LABEL",
        "{EMBEDDED'spec':{'type':'object'}},'default':{'kind':1}} | default.kind: Invalid value: 1:"
            + " must be a string",
        "{EMBEDDED'spec':{'type':'object'}},'default':{'kind':'K','apiVersion':'v1','metadata':"
            + "{'labels':{'a':1}}}} | default.metadata: Invalid value: {\"labels\":{\"a\":1}}:"
            + " json: cannot unmarshal number into Go struct field ObjectMeta.labels of type"
            + " string",
        "{'type':'array','items':{EMBEDDED'spec':{'type':'object'}}},'default':[{'kind':'K',"
            + "'apiVersion':'v1','metadata':{'name':'a/b'}}]} | default[0].metadata.name: Invalid"
            + " value: \"a/b\": may not contain '/'",
        "{EMBEDDED'kind':{'type':'string','default':'a b'}}} | properties[kind].default: Invalid"
            + " value: \"a b\": must result in valid metadata: kind: Invalid value: \"a b\": may"
            + " have mixed case, but should otherwise match: LABEL",
        "{EMBEDDED'metadata':{'type':'object','properties':{'name':{'type':'string','default':"
            + "'a/b'}}}}} | properties[metadata].properties[name].default: Invalid value: \"a/b\":"
            + " must result in valid metadata: metadata.name: Invalid value: \"a/b\": may not"
            + " contain '/'",
        "{EMBEDDED'metadata':{'type':'object','properties':{'finalizers':{'type':'array','items':{"
            + "'type':'integer','default':1}}}}}} |"
            + " properties[metadata].properties[finalizers].items.default: Invalid value: 1: must"
            + " result in valid metadata: metadata: Invalid value: {\"finalizers\":[1]}: json:"
            + " cannot unmarshal number into Go struct field ObjectMeta.finalizers of type string",
        "{'type':'string','default':'x','x-kubernetes-validations':[{'rule':'self.size() > 3',"
            + "'message':'too short'}]} | default: Invalid value: \"x\": too short",
        "{'type':'string','default':'x','x-kubernetes-validations':[{'rule':'oldSelf.hasValue()',"
            + "'optionalOldSelf':true,'message':'is new'}]} | default: Invalid value: \"x\": is"
            + " new",
        "{'type':'string','default':'x','x-kubernetes-validations':[{'rule':'self != oldSelf',"
            + "'message':'is old'}]} | default: Invalid value: \"x\": is old",
      })
  void whatIsWrong(String schema, String expected) {
    String all = AT + expected.replace("LABEL", LABEL).replace(";;", ";;" + AT);
    assertThat(JUDGE.create(CRD, A + filled(schema))).containsExactly(all.split(";;"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'integer','default':3}",
        "{'type':'integer','nullable':true,'default':null}",
        "{'x-kubernetes-int-or-string':true,'default':'50%'}",
        "{OBJECT,'x-kubernetes-preserve-unknown-fields':true,'default':{'b':'x','c':{'d':1}}}",
        "{'type':'object','additionalProperties':{OBJECT},'default':{'k':{'b':'x'}}}",
        "{'type':'array','x-kubernetes-list-type':'set','items':{'type':'string'},"
            + "'default':['x','x']}",
        "{'type':'object','additionalProperties':{'type':'integer','default':'not looked at'}}",
        "{EMBEDDED'spec':{'type':'object'}},'default':{'kind':'K','apiVersion':'g.io/v1',"
            + "'metadata':{'name':'x','unknown':1}}}",
        "{EMBEDDED'metadata':{'type':'object','default':{'labels':{'a':'b'}}}}}",
        "{'type':'string','default':'x','x-kubernetes-validations':[{'rule':"
            + "'oldSelf.orValue(self) == self','optionalOldSelf':true}]}",
      })
  void whatIsRight(String schema) {
    assertThat(JUDGE.create(CRD, A + filled(schema))).isEmpty();
  }

  @Test
  void aWholeResourceHasAKind() {
    assertThat(JUDGE.create(CRD, SCHEMA + "default={}"))
        .containsExactly(
            "spec.validation.openAPIV3Schema.default.apiVersion: Required value",
            "spec.validation.openAPIV3Schema.default.kind: Required value");
  }

  @Test
  void aSchemaThatWasThereBeforeIsNotLookedAtAgain() {
    String bad = A + "{'type':'integer','default':'x'}";
    List<String> wrong =
        List.of(
            AT
                + "default: Invalid value: \"string\":  in body must be of type integer: \"string\"");
    assertThat(JUDGE.change(CRD, "", bad, "")).isEqualTo(wrong);
    assertThat(JUDGE.change(CRD, bad, "/spec/names/shortNames=['t']", "")).isEmpty();
    assertThat(JUDGE.change(CRD, bad, SCHEMA + "description='d'", "")).isEqualTo(wrong);
  }

  @Test
  void whereUnknownFieldsWereMoreMayBe() {
    String unknown = "{" + OBJECT + ",'default':{'c':1}}";
    String b = SCHEMA + "properties/b=";
    assertThat(JUDGE.change(CRD, "", A + unknown, "")).hasSize(1);
    assertThat(JUDGE.change(CRD, A + unknown, b + unknown, "")).isEmpty();
    assertThat(JUDGE.change(CRD, A + unknown, b + "{'type':'string','default':1}", "")).hasSize(1);
  }
}
