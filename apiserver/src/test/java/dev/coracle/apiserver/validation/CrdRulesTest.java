package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CrdRulesTest {

  private static final Judge JUDGE = Judge.of("apiextensions.k8s.io", "customresourcedefinitions");
  private static final String CRD =
      """
      {'metadata':{'name':'tabs.g.io'},'spec':{'group':'g.io','scope':'Namespaced',
       'names':{'plural':'tabs','singular':'tab','kind':'Tab','listKind':'TabList'},
       'versions':[{'name':'v1','served':true,'storage':true,'schema':{'openAPIV3Schema':
        {'type':'object','properties':{'spec':{'type':'object','properties':
         {'a':{'type':'string'},'n':{'type':'integer'}}}}}}}]},
       'status':{'storedVersions':['v1']}}\
      """;
  private static final String V = "/spec/versions/0/";
  private static final String SCHEMA = V + "schema/openAPIV3Schema/";
  private static final String LABEL =
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an"
          + " alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or"
          + " 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/spec/scope='X' | spec.scope: Unsupported value: \"X\": supported values: \"Cluster\","
            + " \"Namespaced\"",
        "/spec/names/kind='a_';;/spec/names/categories=['A'] | spec.names.kind: Invalid value:"
            + " \"a_\": may have mixed case, but should otherwise match:"
            + " LABEL;;spec.names.categories[0]: Invalid value: \"A\": LABEL",
        "/spec/names/listKind='Tab' | spec.names.listKind: Invalid value: \"Tab\": kind and"
            + " listKind may not be the same",
        "/spec/versions=[];;/status- | spec.versions: Invalid value: []: must have exactly one"
            + " version marked as storage version;;status.storedVersions: Invalid value: null: must"
            + " have at least one stored version",
        "V/name='1';;/status/storedVersions=['1'];;V/deprecationWarning='x' | spec.versions[0].name:"
            + " Invalid value: \"1\": LABEL;;spec.versions[0].deprecationWarning: Invalid value:"
            + " \"x\": can only be set for deprecated versions;;spec.version: Invalid value: \"1\":"
            + " LABEL",
        "V/deprecated=true;;V/deprecationWarning='' | spec.versions[0].deprecationWarning: Invalid"
            + " value: \"\": must not be an empty string",
        "V/subresources={'scale':{'specReplicasPath':'spec.n','statusReplicasPath':'.spec.n',"
            + "'labelSelectorPath':'.x'}} | spec.subresources.scale.specReplicasPath: Invalid"
            + " value: \"spec.n\": must be a simple json path starting with"
            + " .;;spec.subresources.scale.statusReplicasPath: Invalid value: \".spec.n\": should"
            + " be a json path under .status;;spec.subresources.scale.labelSelectorPath: Invalid"
            + " value: \".x\": should be a json path under either .spec or .status",
        "V/additionalPrinterColumns=[{'type':'X','format':'Y'}] |"
            + " spec.additionalPrinterColumns[0].name: Required"
            + " value;;spec.additionalPrinterColumns[0].type: Invalid value: \"X\": must be one of"
            + " boolean,date,integer,number,string;;spec.additionalPrinterColumns[0].format:"
            + " Invalid value: \"Y\": must be one of"
            + " byte,date,date-time,double,float,int32,int64,password;;spec.additionalPrinterColumns[0].JSONPath:"
            + " Required value",
        "V/selectableFields=[{'jsonPath':'.spec'},{'jsonPath':'.spec.z'},{'jsonPath':'.spec.a'},"
            + "{'jsonPath':'.spec.a'}] | spec.selectableFields[0].jsonPath: Invalid value:"
            + " \".spec\": must point to a field of type string, boolean or integer. Enum string"
            + " fields and strings with formats are allowed.;;spec.selectableFields[1].jsonPath:"
            + " Invalid value: \".spec.z\": is an invalid path: does not refer to a valid"
            + " field;;spec.selectableFields[3].jsonPath: Duplicate value: \".spec.a\"",
        "/spec/conversion={'strategy':'Webhook'} | spec.conversion.webhookClientConfig: Required"
            + " value: required when strategy is set to"
            + " Webhook;;spec.conversion.conversionReviewVersions: Required value",
        "/spec/conversion={'strategy':'Webhook','webhook':{'clientConfig':{'url':'https://a/b'},"
            + "'conversionReviewVersions':['v2','v2']}} |"
            + " spec.conversion.conversionReviewVersions[1]: Invalid value: \"v2\": duplicate"
            + " version;;spec.conversion.conversionReviewVersions: Invalid value: [\"v2\",\"v2\"]:"
            + " must include at least one of v1, v1beta1",
        "/spec/conversion={'strategy':'Webhook','webhook':{'clientConfig':{'url':'http://u@/?a#b'},"
            + "'conversionReviewVersions':['v1']}} | spec.conversion.webhookClientConfig.url: Invalid"
            + " value: \"http\": 'https' is the only allowed URL scheme; desired format:"
            + " https://host[/path];;spec.conversion.webhookClientConfig.url: Invalid value: \"\":"
            + " host must be specified; desired format:"
            + " https://host[/path];;spec.conversion.webhookClientConfig.url: Invalid value: \"u\":"
            + " user information is not permitted in the"
            + " URL;;spec.conversion.webhookClientConfig.url: Invalid value: \"b\": fragments are"
            + " not permitted in the URL;;spec.conversion.webhookClientConfig.url: Invalid value:"
            + " \"a\": query parameters are not permitted in the URL",
        "/spec/conversion={'strategy':'Webhook','webhook':{'clientConfig':{'service':{'namespace':"
            + "'a','name':'','port':99999,'path':'a//'}},'conversionReviewVersions':['v1']}} |"
            + " spec.conversion.webhookClientConfig.service.namespace: Required"
            + " value;;spec.conversion.webhookClientConfig.service.port: Invalid value: 99999: port"
            + " is not valid: must be between 1 and 65535,"
            + " inclusive;;spec.conversion.webhookClientConfig.service.path: Invalid value: \"a//\":"
            + " must start with a '/';;spec.conversion.webhookClientConfig.service.path: Invalid"
            + " value: \"a//\": segment[0] may not be empty;;spec.conversion.webhookClientConfig.service.path: Invalid"
            + " value: \"a//\": segment[1] may not be empty",
        "/spec/conversion={'strategy':'None','webhook':{'clientConfig':{},"
            + "'conversionReviewVersions':['v1']}} | spec.conversion.webhookClientConfig:"
            + " Forbidden: should not be set when strategy is not set to"
            + " Webhook;;spec.conversion.conversionReviewVersions: Forbidden: should not be set"
            + " when strategy is not set to Webhook",
        "/spec/group='x.k8s.io';;/metadata/name='tabs.x.k8s.io' |"
            + " metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups"
            + " must have approval annotation \"api-approved.kubernetes.io\", see"
            + " https://github.com/kubernetes/enhancements/pull/1111",
      })
  void whatIsWrongWithANewOne(String edits, String expected) {
    assertThat(JUDGE.create(CRD, edits.replace("V/", V)))
        .containsExactly(expected.replace("LABEL", LABEL).split(";;"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "nullable=true | .nullable: Forbidden: nullable cannot be true at the root",
        "additionalProperties={'type':'string'};;properties-  | .additionalProperties: Forbidden:"
            + " must not be used at the root",
        "properties/a={} | .properties[a].type: Required value: must not be empty for specified"
            + " object fields",
        "properties/a={'type':'array','items':{}} | .properties[a].items.type: Required value: must"
            + " not be empty for specified array items",
        "properties/a={'type':'array'} | .properties[a].items: Required value: must be specified",
        "properties/metadata={'type':'object','properties':{'labels':{'type':'object'}}} |"
            + " .properties[metadata]: Forbidden: must not specify anything other than name and"
            + " generateName, but metadata is implicitly specified",
        "properties/kind={'type':'integer'} | .properties[kind].type: Invalid value: \"integer\":"
            + " must be string",
        "properties/a={'type':'string','x-kubernetes-embedded-resource':true} |"
            + " .properties[a].properties: Required value: must not be empty if"
            + " x-kubernetes-embedded-resource is true without"
            + " x-kubernetes-preserve-unknown-fields;;.properties[a].type: Invalid value:"
            + " \"string\": must be object if x-kubernetes-embedded-resource is true",
        "properties/a={'x-kubernetes-int-or-string':true,'x-kubernetes-preserve-unknown-fields':true}"
            + " | .properties[a].x-kubernetes-preserve-unknown-fields: Invalid value: true: must be"
            + " false if x-kubernetes-int-or-string is true",
        "allOf=[{'properties':{'b':{'type':'string','nullable':true}}}] |"
            + " .allOf[0].properties[b].nullable: Forbidden: must be false to be"
            + " structural;;.allOf[0].properties[b].type: Forbidden: must be empty to be"
            + " structural;;.properties[b]: Required value: because it is defined in"
            + " spec.validation.openAPIV3Schema.allOf[0].properties[b]",
        "properties/a={'type':'string','id':'x'} | .properties[a].id: Forbidden: id is not"
            + " supported",
        "properties/a={'type':'object','additionalProperties':false,'properties':{'b':{'type':"
            + "'string'}}} | .properties[a].additionalProperties: Forbidden: additionalProperties"
            + " and properties are mutual exclusive",
        "properties/kind={'type':'string','default':'K'} | .properties[kind].default: Forbidden:"
            + " must not be set in top-level kind",
        "properties/a={'type':'object','x-kubernetes-preserve-unknown-fields':false} |"
            + " .properties[a].x-kubernetes-preserve-unknown-fields: Invalid value: false: must be"
            + " true or undefined",
        "properties/a={'type':'array','x-kubernetes-list-type':'set','items':{'type':'object'}} |"
            + " .properties[a].items.x-kubernetes-map-type: Invalid value: null: must be atomic as"
            + " item of a list with x-kubernetes-list-type=set",
        "properties/a={'type':'array','x-kubernetes-list-type':'map','x-kubernetes-list-map-keys':"
            + "['k','k'],'items':{'type':'object','properties':{'k':{'type':'string','nullable':"
            + "true}}}} | .properties[a].x-kubernetes-list-map-keys: Invalid value: [\"k\",\"k\"]:"
            + " must not contain duplicate entries;;.properties[a].items.properties[k].default:"
            + " Required value: this property is in x-kubernetes-list-map-keys, so it must have a"
            + " default or be a required property;;.properties[a].items.properties[k].nullable:"
            + " Forbidden: this property is in x-kubernetes-list-map-keys, so it cannot be"
            + " nullable;;.properties[a].items.properties[k].default: Required value: this property"
            + " is in x-kubernetes-list-map-keys, so it must have a default or be a required"
            + " property;;.properties[a].items.properties[k].nullable: Forbidden: this property is"
            + " in x-kubernetes-list-map-keys, so it cannot be nullable",
        "$schema='x' | : Invalid value: \"\": OpenAPIV3Schema 'schema' is not supported",
        "properties/a={'type':'object','properties':{'x.y':{'type':'object','additionalProperties':"
            + "{'type':'string'}}},'x-kubernetes-validations':[{'rule':'true','fieldPath':"
            + "'[\\u0027x.y\\u0027].z'},{'rule':'true','fieldPath':'.x.y'},{'rule':'true','fieldPath':"
            + "'x'}]} | .properties[a].x-kubernetes-validations[1].fieldPath: Invalid value:"
            + " \".x.y\": must be a valid path;;.properties[a].x-kubernetes-validations[2].fieldPath:"
            + " Invalid value: \"x\": must be a valid path",
        "properties/a={'type':'array','items':{'type':'object','properties':{'b':{'type':'string',"
            + "'maxLength':1,'x-kubernetes-validations':[{'rule':'self == oldSelf'}]}}},'maxItems':"
            + "1} | .properties[a].items.properties[b].x-kubernetes-validations[0].rule: Invalid"
            + " value: \"self == oldSelf\": oldSelf cannot be used on the uncorrelatable portion of"
            + " the schema within spec.validation.openAPIV3Schema.properties[a]",
        "properties/a={'type':'string','x-kubernetes-validations':[{'rule':' '},{'rule':'true',"
            + "'message':' ','reason':'X'}]} | .properties[a].x-kubernetes-validations[0].rule:"
            + " Required value: rule is not"
            + " specified;;.properties[a].x-kubernetes-validations[1].message: Invalid value: \""
            + " \": must be non-empty if"
            + " specified;;.properties[a].x-kubernetes-validations[1].reason: Unsupported value:"
            + " \"X\": supported values: \"FieldValueDuplicate\", \"FieldValueForbidden\","
            + " \"FieldValueInvalid\", \"FieldValueRequired\"",
      })
  void schemas(String edits, String expected) {
    String at = "spec.validation.openAPIV3Schema";
    assertThat(JUDGE.create(CRD, SCHEMA + edits.strip().replace(";;", ";;" + SCHEMA)))
        .containsExactly((at + expected.replace(";;", ";;" + at)).split(";;"));
  }

  @Test
  void integersOrStrings() {
    String any = "'anyOf':[{'type':'integer'},{'type':'string'}]";
    String schema = SCHEMA + "properties/a={'x-kubernetes-int-or-string':true,";
    assertThat(JUDGE.create(CRD, schema + any + "}")).isEmpty();
    assertThat(JUDGE.create(CRD, schema + "'allOf':[{" + any + "},{'pattern':'x'}]}")).isEmpty();
    assertThat(JUDGE.create(CRD, schema + "'anyOf':[{'type':'string'}]}")).hasSize(1);
  }

  @Test
  void schemasOfVersionsThatDifferAreNamedByTheirVersion() {
    String two =
        "/spec/versions/-={'name':'v2','served':true,'storage':false,'schema':{'openAPIV3Schema':"
            + "{'type':'object','properties':{'spec':{}}}}}";
    assertThat(JUDGE.create(CRD, two))
        .containsExactly(
            "spec.versions[1].schema.openAPIV3Schema.properties[spec].type: Required value: must"
                + " not be empty for specified object fields");
  }

  @Test
  void whatMayChange() {
    String established =
        "/status={'storedVersions':['v1'],'conditions':[{'type':'Established','status':'True'}]}";
    String status = "/status={'storedVersions':['v1']}";
    String scope = "/spec/scope='Cluster';;/spec/names/kind='Other'";
    assertThat(JUDGE.change(CRD, status, scope, "")).isEmpty();
    assertThat(JUDGE.change(CRD, established, scope, ""))
        .containsExactly(
            "spec.scope: Invalid value: \"Cluster\": field is immutable",
            "spec.names.kind: Invalid value: \"Other\": field is immutable");
    assertThat(JUDGE.change(CRD, status, "/spec/names/plural='others'", ""))
        .contains("spec.names.plural: Invalid value: \"others\": field is immutable");
    assertThat(JUDGE.change(CRD, status, V + "name='v2'", ""))
        .hasSize(2)
        .contains(
            "status.storedVersions: Invalid value: [\"v1\"]: must have the storage version v2");
  }

  @Test
  void acceptedNames() {
    assertThat(JUDGE.change(CRD, "", "/status={'acceptedNames':{'plural':'A'}}", "status"))
        .containsExactly("status.acceptedNames.plural: Invalid value: \"A\": " + LABEL);
  }
}
