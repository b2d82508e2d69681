package dev.coracle.apiserver.internal.protobuf;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.fuzz.Fuzzer;
import dev.coracle.api.schema.Decoder;
import dev.coracle.api.schema.FieldValidation;
import dev.coracle.api.schema.Scheme;
import org.junit.jupiter.api.Test;

/** Bodies in Kubernetes' protobuf: refused below 500, and what is read can be written. */
class ProtobufFuzz {

  private static final String POD =
      """
      {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","labels":{"a":"b"},\
      "creationTimestamp":"2026-01-02T03:04:05Z","managedFields":[{"manager":"m","operation":"Update",\
      "fieldsType":"FieldsV1","fieldsV1":{"f:spec":{}}}]},"spec":{"nodeSelector":{"x":"y"},\
      "containers":[{"name":"c","image":"i","ports":[{"containerPort":80}],"resources":{"limits":\
      {"cpu":"100m"}},"livenessProbe":{"httpGet":{"port":"http","path":"/"}}}]}}\
      """;

  private static final String CRD =
      """
      {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":\
      {"name":"a.b.c"},"spec":{"group":"b.c","names":{"plural":"a","kind":"A"},"scope":"Cluster",\
      "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":\
      "object","properties":{"spec":{"type":"object","default":{"a":1},"additionalProperties":\
      {"type":"array","items":{"type":"string","enum":["x"]}}}}}}}]}}\
      """;

  @FuzzTest(maxDuration = "120s")
  void protobuf(byte[] input) {
    read(input);
  }

  private static byte[] bytes(String json) {
    return ProtobufWriter.tree(Json.parseObject(json)).orElseThrow();
  }

  @Test
  void messages() throws InterruptedException {
    new Fuzzer()
        .seed(bytes(POD))
        .seed(bytes(CRD))
        .words("k8s\0", "\n\u0003", "\u0012\u0005", "\u0012\u007f", "\n\nPod", "\u00ff\u00ff\u00ff")
        .run(ProtobufFuzz::read);
  }

  private static void read(byte[] input) {
    try {
      ObjectNode tree = ProtobufReader.read(input);
      Json.bytes(tree);
      GroupVersionKind kind =
          GroupVersionKind.of(tree.path("apiVersion").asText(), tree.path("kind").asText());
      var resource =
          Scheme.builtIn().resources().stream().filter(r -> r.kind().equals(kind)).findFirst();
      if (resource.isPresent()) {
        ObjectNode decoded =
            Decoder.decode(tree, resource.get().schema(), kind, FieldValidation.IGNORE, _ -> {});
        ProtobufReader.read(ProtobufWriter.tree(decoded).orElseThrow());
      }
    } catch (StatusException e) {
      if (e.status().code() >= 500) {
        throw new AssertionError(e);
      }
    }
  }
}
