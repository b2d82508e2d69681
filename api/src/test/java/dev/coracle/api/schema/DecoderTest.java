package dev.coracle.api.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecoderTest {

  private static final ResourceDefinition DEPLOYMENTS =
      Scheme.builtIn().resource("apps", "v1", "deployments").orElseThrow();
  private static final ResourceDefinition PODS =
      Scheme.builtIn().resource("", "v1", "pods").orElseThrow();

  private static ObjectNode decode(ResourceDefinition r, String json, FieldValidation v) {
    return Decoder.decode(json.getBytes(StandardCharsets.UTF_8), r, v, w -> {});
  }

  @Test
  void refusesUnknownAndDuplicateFieldsInStrictMode() {
    String json =
        """
        {"kind":"Deployment","apiVersion":"apps/v1","spec":{"foo":1,"replicas":1,"replicas":2,
         "template":{"spec":{"containers":[{"name":"a","imagePullpolicy":"x"}]}}}}\
        """;
    assertThatThrownBy(() -> decode(DEPLOYMENTS, json, FieldValidation.STRICT))
        .hasMessage(
            "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding error:"
                + " unknown field \"spec.foo\", duplicate field \"spec.replicas\","
                + " unknown field \"spec.template.spec.containers[0].imagePullpolicy\"");
    List<String> warnings = new ArrayList<>();
    ObjectNode tree =
        Decoder.decode(
            json.getBytes(StandardCharsets.UTF_8),
            DEPLOYMENTS,
            FieldValidation.WARN,
            warnings::add);
    assertThat(warnings)
        .contains("unknown field \"spec.foo\"", "duplicate field \"spec.replicas\"");
    assertThat(tree.path("spec").has("foo")).isFalse();
    assertThat(tree.path("spec").path("replicas").asInt()).isEqualTo(2);
  }

  @Test
  void whatIsWrongTwiceIsToldOnce() {
    String json = "{\"spec\":{\"replicas\":1,\"replicas\":2,\"replicas\":3,\"foo\":1,\"foo\":2}}";
    assertThatThrownBy(() -> decode(DEPLOYMENTS, json, FieldValidation.STRICT))
        .hasMessageEndingWith(
            "strict decoding error: duplicate field \"spec.replicas\", unknown field \"spec.foo\"");
  }

  @Test
  void refusesWrongTypesInGosWords() {
    assertThatThrownBy(
            () -> decode(DEPLOYMENTS, "{\"spec\":{\"replicas\":\"x\"}}", FieldValidation.IGNORE))
        .hasMessage(
            "Deployment in version \"v1\" cannot be handled as a Deployment: json: cannot unmarshal"
                + " string into Go struct field DeploymentSpec.spec.replicas of type int32");
    assertThatThrownBy(
            () -> decode(DEPLOYMENTS, "{\"spec\":{\"replicas\":3000000000}}", FieldValidation.WARN))
        .hasMessageEndingWith(
            "cannot unmarshal number 3000000000 into Go struct field DeploymentSpec.spec.replicas"
                + " of type int32");
    assertThatThrownBy(
            () -> decode(PODS, "{\"metadata\":{\"labels\":{\"a\":1}}}", FieldValidation.WARN))
        .hasMessageEndingWith(
            "cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string");
    assertThatThrownBy(
            () -> decode(PODS, "{\"spec\":{\"containers\":[{\"name\":{}}]}}", FieldValidation.WARN))
        .hasMessageEndingWith(
            "cannot unmarshal object into Go struct field Container.spec.containers.name of type"
                + " string");
    assertThatThrownBy(() -> decode(PODS, "{\"spec\":[]}", FieldValidation.WARN))
        .hasMessageEndingWith(
            "cannot unmarshal array into Go struct field Pod.spec of type v1.PodSpec");
  }

  /**
   * As Go does: embedded structs are part of the path, and types of texts have names of their own.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'metadata':{'uid':1}} | number into Go struct field ObjectMeta.metadata.uid of type types.UID",
        "{'spec':{'restartPolicy':[]}} | array into Go struct field PodSpec.spec.restartPolicy of type"
            + " v1.RestartPolicy",
        "{'spec':{'volumes':[{'emptyDir':1}]}} | number into Go struct field"
            + " Volume.spec.volumes.VolumeSource.emptyDir of type v1.EmptyDirVolumeSource",
        "{'spec':{'ephemeralContainers':[{'securityContext':{'capabilities':{'add':[true]}}}]}} | bool into Go"
            + " struct field Capabilities.spec.ephemeralContainers.EphemeralContainerCommon.securityContext"
            + ".capabilities.add of type v1.Capability",
        "{'spec':{'containers':[{'livenessProbe':{'httpGet':{'port':{}}}}]}} | object into Go struct field"
            + " HTTPGetAction.spec.containers.livenessProbe.ProbeHandler.httpGet.port of type int32",
        "{'spec':{'overhead':5}} | number into Go struct field PodSpec.spec.overhead of type"
            + " v1.ResourceList",
        // What a type reads itself ends the reading, so it is told before what was met earlier.
        "{'spec':{'hostname':1,'overhead':{'cpu':[]}}} | quantities must match the regular expression"
            + " '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        "{'spec':{'hostname':1},'metadata':{'deletionTimestamp':2}} | number into Go struct field"
            + " ObjectMeta.metadata.deletionTimestamp of type string"
      })
  void namesWhatDoesNotFitAsGoDoes(String pod, String words) {
    assertThatThrownBy(() -> Decoder.decode(Json.parse(pod.replace('\'', '"')), PODS.schema()))
        .hasMessageEndingWith(words);
  }

  @Test
  void normalisesQuantitiesTimesAndNulls() {
    ObjectNode pod =
        decode(
            PODS,
            """
            {"metadata":{"creationTimestamp":null,"annotations":null,"labels":{"a":null},
              "deletionTimestamp":"2026-03-01T14:00:00+02:00"},
             "spec":{"nodeName":null,"containers":[{"name":"a","resources":{"limits":
               {"cpu":"1000m","memory":"1024Mi","a":0.5,"b":2000,"c":"100m","d":"512Mi","e":"0"}}}]}}\
            """,
            FieldValidation.STRICT);
    assertThat(pod.path("metadata").toString())
        .isEqualTo("{\"labels\":{\"a\":\"\"},\"deletionTimestamp\":\"2026-03-01T12:00:00Z\"}");
    assertThat(pod.at("/spec/containers/0/resources/limits").toString())
        .isEqualTo(
            "{\"cpu\":\"1\",\"memory\":\"1Gi\",\"a\":\"500m\",\"b\":\"2k\",\"c\":\"100m\","
                + "\"d\":\"512Mi\",\"e\":\"0\"}");
    assertThat(pod.path("spec").has("nodeName")).isFalse();
    assertThatThrownBy(() ->
            decode(
                PODS,
                "{\"spec\":{\"containers\":[{\"resources\":{\"limits\":{\"cpu\":\"x\"}}}]}}",
                FieldValidation.WARN))
        .hasMessageContaining("quantities must match the regular expression");
  }

  /** Generators of definitions write limits as 10.0; upstream answers and stores 10. */
  @Test
  void wholeNumbersLoseTheirDecimalPoint() {
    ResourceDefinition definitions =
        Scheme.builtIn()
            .resource("apiextensions.k8s.io", "v1", "customresourcedefinitions")
            .orElseThrow();
    ObjectNode decoded =
        decode(
            definitions,
            """
            {"spec":{"versions":[{"schema":{"openAPIV3Schema":{"maximum":10.0,"minimum":-0.5,
              "multipleOf":1e3,"default":{"a":2.0,"b":1e30}}}}]}}\
            """,
            FieldValidation.STRICT);
    assertThat(decoded.at("/spec/versions/0/schema/openAPIV3Schema").toString())
        .isEqualTo(
            "{\"maximum\":10,\"minimum\":-0.5,\"multipleOf\":1000,"
                + "\"default\":{\"a\":2,\"b\":1.0E30}}");
  }

  @Test
  void fieldNamesAreCaseSensitive() {
    assertThatThrownBy(() -> decode(PODS, "{\"Spec\":{}}", FieldValidation.STRICT))
        .hasMessageEndingWith("unknown field \"Spec\"");
  }

  @Test
  void prunesCustomResourcesAndKeepsTheirTypes() {
    ResourceDefinition ct = CustomResources.definitions(Json.parseObject(SchemeTest.CRD)).getLast();
    String json =
        """
        {"apiVersion":"stable.example.com/v1","kind":"CronTab","metadata":{"name":"a","x":1},
         "spec":{"replicas":"wrong","other":1,"free":{"any":[1,{"z":1,"z":null}]},"port":"http",
           "items":[{"name":"a","b":1}]}}\
        """;
    List<String> warnings = new ArrayList<>();
    ObjectNode tree =
        Decoder.decode(
            json.getBytes(StandardCharsets.UTF_8), ct, FieldValidation.WARN, warnings::add);
    assertThat(warnings)
        .containsExactly(
            "duplicate field \"spec.free.any[1].z\"",
            "unknown field \"metadata.x\"",
            "unknown field \"spec.items[0].b\"",
            "unknown field \"spec.other\"");
    assertThat(tree.path("spec").toString())
        .isEqualTo(
            "{\"replicas\":\"wrong\",\"free\":{\"any\":[1,{\"z\":null}]},\"port\":\"http\","
                + "\"items\":[{\"name\":\"a\"}]}");
    Defaulter.apply(ct, tree);
    assertThat(tree.at("/spec/cronSpec").asText()).isEqualTo("* * * * *");
    assertThat(tree.at("/spec/items/0/mode").asText()).isEqualTo("fast");
  }

  private static final String INSIDE =
      """
      {"spec":{"group":"g.io","scope":"Namespaced","names":{"plural":"boxes","kind":"Box"},"versions":[
       {"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":{
        "any":{"type":"object","additionalProperties":true},
        "text":{"type":"string"},
        "kept":{"type":"array","x-kubernetes-preserve-unknown-fields":true,"items":{"type":"object",
          "properties":{"a":{"type":"object"}}}},
        "open":{"type":"object","x-kubernetes-preserve-unknown-fields":true,"properties":{"a":{"type":"object"}}},
        "inner":{"type":"object","x-kubernetes-embedded-resource":true,"properties":{
          "spec":{"type":"object"}}},
        "named":{"type":"object","additionalProperties":{"type":"object",
          "x-kubernetes-embedded-resource":true,"x-kubernetes-preserve-unknown-fields":true}}
       }}}}]}}\
      """;

  private static final ResourceDefinition BOXES =
      CustomResources.definitions(Json.parseObject(INSIDE)).getFirst();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // what comes, what stays, and what is told
        "{'any':{'a':1,'b':[1,{'c':2}],'d':{'e':{}}}} | {'any':{'a':1,'b':[1,{}],'d':{}}} | any.b[1].c, any.d.e",
        "{'text':{'a':1},'zz':1} | {'text':{}} | text.a, zz",
        "{'kept':[{'b':{'c':1},'a':{'d':1}}]} | {'kept':[{'b':{'c':1},'a':{}}]} | kept[0].a.d",
        "{'open':{'b':{'c':1},'a':{'d':1}}} | {'open':{'b':{'c':1},'a':{}}} | open.a.d",
        "{'inner':{'apiVersion':'v1','kind':'K','x':1,'metadata':{'name':'n','y':1},'spec':{'z':1}}}"
            + " | {'inner':{'apiVersion':'v1','kind':'K','metadata':{'name':'n'},'spec':{}}}"
            + " | inner.spec.z, inner.x, inner.metadata.y",
        "{'named':{'k':{'kind':'K','x':{'y':1},'metadata':null}}}"
            + " | {'named':{'k':{'kind':'K','x':{'y':1},'metadata':{}}}} |",
        "{'named':{'k':{'metadata':{'labels':{'a':'b'},'z':1}}}}"
            + " | {'named':{'k':{'metadata':{'labels':{'a':'b'}}}}} | named.k.metadata.z",
        "{'zz':1,'metadata':{'q':1}} | {'metadata':{}} | metadata.q, zz"
      })
  void prunesWhatASchemaDoesNotKnow(String given, String kept, @Nullable String unknown) {
    Decoder.Decoded decoded = Decoder.decode(Json.parse(given.replace('\'', '"')), BOXES.schema());
    assertThat(decoded.tree()).isEqualTo(Json.parse(kept.replace('\'', '"')));
    List<String> told = new ArrayList<>();
    for (String field : unknown == null ? new String[0] : unknown.split(", ")) {
      told.add("unknown field \"" + field + "\"");
    }
    assertThat(decoded.problems()).isEqualTo(told);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'metadata':{'name':1}} | json: cannot unmarshal number into Go struct field ObjectMeta.name of"
            + " type string",
        "{'metadata':[]} | json: cannot unmarshal array into Go value of type v1.ObjectMeta",
        "{'inner':{'kind':1}} | inner.kind: Invalid value: 1: must be a string",
        "{'inner':{'apiVersion':null}} | inner.apiVersion: Invalid value: null: must be a string",
        "{'inner':{'metadata':'x'}} | inner.metadata: Invalid value: 'x': json: cannot unmarshal string into"
            + " Go value of type v1.ObjectMeta",
        "{'named':{'k':{'metadata':{'labels':{'a':1}}}}} | named[k].metadata: Invalid value:"
            + " {'labels':{'a':1}}: json: cannot unmarshal number into Go struct field ObjectMeta.labels of"
            + " type string"
      })
  void metadataInsideACustomResourceIsThatOfAnyObject(String given, String wrong) {
    assertThatThrownBy(() -> Decoder.decode(Json.parse(given.replace('\'', '"')), BOXES.schema()))
        .hasMessage(wrong.replace('\'', '"'));
  }

  @Test
  void aTreeDecodesAsBytesDo() {
    ObjectNode tree = Json.parseObject("{\"spec\":{\"containers\":[{\"name\":\"a\",\"zz\":1}]}}");
    Decoder.Decoded decoded = Decoder.decode(tree, PODS.schema());
    assertThat(decoded.problems()).containsExactly("unknown field \"spec.containers[0].zz\"");
    assertThat(tree.at("/spec/containers/0").has("zz")).isTrue();
    assertThat(decoded.tree().at("/spec/containers/0").has("zz")).isFalse();
    assertThat(Decoder.unfit(new GroupVersionKind("", "v1", "Pod"), "x").status().code())
        .isEqualTo(400);
  }

  /** A pod that is read as JSON and put as protobuf is the same one. */
  @Test
  void anEmptyValueOfAVariableIsNone() {
    ObjectNode pod =
        Json.parseObject(
            "{\"spec\":{\"containers\":[{\"env\":[{\"name\":\"a\",\"value\":\"\"}]}]}}");
    SchemaType type = Scheme.builtIn().resource("", "v1", "pods").orElseThrow().schema();
    assertThat(Decoder.decode(pod, type).tree().at("/spec/containers/0/env/0").has("value"))
        .isFalse();
  }
}
