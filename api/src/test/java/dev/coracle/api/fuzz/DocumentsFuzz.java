package dev.coracle.api.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.patch.JsonPatch;
import dev.coracle.api.patch.MergePatch;
import dev.coracle.api.patch.ResetFields;
import dev.coracle.api.patch.ServerSideApply;
import dev.coracle.api.patch.ServerSideApply.Writer;
import dev.coracle.api.patch.StrategicMergePatch;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.schema.Decoder;
import dev.coracle.api.schema.FieldValidation;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Scheme;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/**
 * Bodies of requests: objects and the four kinds of patches. What cannot be used is a {@code
 * StatusException} below 500; what can be, decodes to itself.
 */
class DocumentsFuzz {

  private static final ResourceDefinition DEPLOYMENTS =
      Scheme.builtIn().resource("apps", "v1", "deployments").orElseThrow();

  private static final String DEPLOYMENT =
      """
      {"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d","labels":{"a":"b"},\
      "finalizers":["x/y"],"ownerReferences":[{"apiVersion":"v1","kind":"K","name":"n","uid":"u"}],\
      "managedFields":[{"manager":"m","operation":"Apply","apiVersion":"apps/v1",\
      "time":"2026-01-02T03:04:05Z","fieldsType":"FieldsV1","fieldsV1":{"f:spec":{"f:replicas":{},\
      "f:template":{"f:spec":{"f:containers":{"k:{\\"name\\":\\"c\\"}":{".":{},"f:image":{}}}}}}}}]},\
      "spec":{"replicas":3,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":\
      {"a":"b"}},"spec":{"nodeSelector":{"x":"y"},"containers":[{"name":"c","image":"i","args":["1"],\
      "ports":[{"containerPort":80,"protocol":"TCP"}],"resources":{"limits":{"cpu":"100m"}},\
      "env":[{"name":"E","value":"v"}]}],"tolerations":[{"key":"k","operator":"Exists"}]}},\
      "strategy":{"type":"RollingUpdate","rollingUpdate":{"maxSurge":"25%","maxUnavailable":1}}}}\
      """;

  private static final String[] WORDS = {
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "\"",
    "{\"a\":",
    "[[",
    "\"name\"",
    "\"metadata\"",
    "\"spec\"",
    "\"containers\"",
    "null",
    "\"$patch\":\"delete\"",
    "\"$patch\":\"replace\"",
    "\"$patch\":\"merge\"",
    "\"$retainKeys\":[\"type\"]",
    "\"$setElementOrder/containers\":",
    "\"$deleteFromPrimitiveList/finalizers\":",
    "\"f:spec\":{}",
    "\"k:{}\":{}",
    "\"v:1\":{}",
    "\"i:0\":{}",
    "\"managedFields\":[{}]",
    "{\"op\":\"add\",\"path\":\"/spec/-\",\"value\":1}",
    "{\"op\":\"copy\",\"from\":\"\",\"path\":\"/spec/x\"}",
  };

  @FuzzTest(maxDuration = "120s")
  void documents(byte[] input) {
    decode(input);
    for (Kind kind : Kind.values()) {
      patch(kind, input);
    }
  }

  private interface Work {
    void run() throws Exception;
  }

  /** Runs it; refusals below 500 are right. */
  private static void allowRefusal(Work work) throws Exception {
    try {
      work.run();
    } catch (StatusException e) {
      if (e.status().code() >= 500) {
        throw new AssertionError(e);
      }
    }
  }

  /** Bytes that begin as UTF-32 or UTF-16 does were the server's own fault. */
  @Test
  void aDocumentInHalfACharacterIsBad() {
    for (byte[] json : new byte[][] {{'8', 0, 0, 0, 0, 0}, {'8', 0, '1'}, {0, 0, 0, '8', 0}}) {
      assertThatThrownBy(() -> Json.parse(json))
          .isInstanceOf(StatusException.class)
          .satisfies(e -> assertThat(((StatusException) e).status().code()).isEqualTo(400));
      decode(json);
    }
    byte[] mixed = {0, '8', 0, 0};
    assertThatThrownBy(() -> Decoder.decode(mixed, DEPLOYMENTS, FieldValidation.IGNORE, _ -> {}))
        .isInstanceOf(StatusException.class)
        .hasMessageContaining("the object provided is unrecognized");
  }

  @Test
  void objects() throws InterruptedException {
    new Fuzzer().seeds(DEPLOYMENT).words(WORDS).run(DocumentsFuzz::decode);
  }

  private static void decode(byte[] input) {
    for (FieldValidation validation : FieldValidation.values()) {
      try {
        ObjectNode tree = Decoder.decode(input, DEPLOYMENTS, validation, _ -> {});
        byte[] once = Json.bytes(tree);
        ObjectNode again =
            Decoder.decode(once, DEPLOYMENTS, FieldValidation.STRICT, DocumentsFuzz::unexpected);
        if (!again.equals(tree)) {
          throw new AssertionError(tree + " decodes to " + again);
        }
        KubeObject object = KubeObject.ofJson(once);
        String head = object.apiVersion() + "|" + object.kind();
        object.tree();
        object.labels();
        object.ownerReferences();
        DeleteOptions.of(tree);
        if (!head.equals(object.text("apiVersion") + "|" + object.text("kind"))) {
          throw new AssertionError(head + " was read from " + object.tree());
        }
      } catch (StatusException e) {
        if (e.status().code() >= 500) {
          throw new AssertionError(e);
        }
      }
    }
  }

  private static void unexpected(String problem) {
    throw new AssertionError(problem);
  }

  private enum Kind {
    JSON,
    MERGE,
    STRATEGIC,
    APPLY,
    TRACK
  }

  @Test
  void jsonPatches() throws InterruptedException {
    new Fuzzer()
        .seeds(
            """
            [{"op":"add","path":"/spec/template/spec/containers/-","value":{"name":"x"}},\
            {"op":"test","path":"/spec/replicas","value":3},{"op":"remove","path":"/metadata/labels/a"},\
            {"op":"move","from":"/spec/strategy","path":"/spec/other"},\
            {"op":"copy","from":"/spec","path":"/copied"},{"op":"replace","path":"","value":{}}]\
            """,
            "[{\"op\":\"copy\",\"from\":\"\",\"path\":\"/spec/x\"},"
                + "{\"op\":\"copy\",\"from\":\"\",\"path\":\"/spec/y\"}]")
        .words(WORDS)
        .words("~0", "~1", "~2", "/-", "/0", "/01", "/-1", "/99999999999", "\"from\"", "\"op\"")
        .words(
            ",{\"op\":\"copy\",\"from\":\"\",\"path\":\"/spec/y\"}",
            "{\"op\":\"move\",\"from\":\"/spec\",\"path\":\"/spec/x\"},")
        .run(input -> patch(Kind.JSON, input));
  }

  @Test
  void mergePatches() throws InterruptedException {
    new Fuzzer()
        .seeds(DEPLOYMENT, "{\"spec\":{\"replicas\":null,\"x\":{\"y\":[1]}}}", "1", "null", "[]")
        .words(WORDS)
        .run(input -> patch(Kind.MERGE, input));
  }

  @Test
  void strategicMergePatches() throws InterruptedException {
    new Fuzzer()
        .seeds(
            DEPLOYMENT,
            """
            {"metadata":{"$deleteFromPrimitiveList/finalizers":["x/y"]},"spec":{"strategy":\
            {"$retainKeys":["type"],"type":"Recreate"},"template":{"spec":{\
            "$setElementOrder/containers":[{"name":"d"},{"name":"c"}],"containers":[{"name":"d"},\
            {"name":"c","$patch":"delete"}],"nodeSelector":{"$patch":"replace","p":"q"}}}}}\
            """)
        .words(WORDS)
        .run(input -> patch(Kind.STRATEGIC, input));
  }

  @Test
  void appliedConfigurations() throws InterruptedException {
    String config =
        KubeObject.parse(DEPLOYMENT).with(DocumentsFuzz::forgetManagers).tree().toString();
    new Fuzzer().seeds(config).words(WORDS).run(input -> patch(Kind.APPLY, input));
  }

  private static void forgetManagers(ObjectNode object) {
    ((ObjectNode) object.path("metadata")).remove("managedFields");
  }

  @Test
  void managedFieldsThatAClientSends() throws InterruptedException {
    new Fuzzer().seeds(DEPLOYMENT).words(WORDS).run(input -> patch(Kind.TRACK, input));
  }

  private static void patch(Kind kind, byte[] input) {
    ObjectNode live = Json.parseObject(DEPLOYMENT);
    ObjectNode kept = live.deepCopy();
    try {
      allowRefusal(() -> {
        var patch = Json.parse(input);
        Writer writer = new Writer("me", "apps/v1", "", ResetFields.of("status"), Instant.EPOCH);
        switch (kind) {
          case JSON -> Json.bytes(JsonPatch.apply(live, patch));
          case MERGE -> Json.bytes(MergePatch.apply(live, patch));
          case STRATEGIC ->
              Json.bytes(StrategicMergePatch.apply(live, patch, DEPLOYMENTS.schema()));
          case APPLY -> {
            if (patch instanceof ObjectNode config) {
              ObjectNode out =
                  ServerSideApply.apply(DEPLOYMENTS.schema(), live, config, writer, true);
              ServerSideApply.apply(DEPLOYMENTS.schema(), out, config, writer, false);
            }
          }
          case TRACK -> {
            ObjectNode newer = Decoder.decode(input, DEPLOYMENTS, FieldValidation.IGNORE, _ -> {});
            ServerSideApply.track(DEPLOYMENTS.schema(), live, newer, writer);
            ServerSideApply.track(DEPLOYMENTS.schema(), null, newer, writer);
          }
        }
      });
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    if (!live.equals(kept)) {
      throw new AssertionError("the object that was to be patched is another one");
    }
  }
}
