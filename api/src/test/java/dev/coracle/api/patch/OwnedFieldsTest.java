package dev.coracle.api.patch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.schema.Scheme;
import java.time.Instant;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is owned is the same whether it is looked at as it is written or as a set. */
class OwnedFieldsTest {

  private static final SchemaType POD =
      Scheme.builtIn().resource("", "v1", "pods").orElseThrow().schema();

  private static FieldSet fields(Random random) {
    return TypedTree.fieldSet(POD, RandomTrees.of(POD, random, 5));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void setsAndTheirWrittenFormAgree(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      FieldSet x = fields(random);
      FieldSet y = random.nextBoolean() ? fields(random) : x.and(fields(random));
      OwnedFields written = OwnedFields.of((JsonNode) x.toJson());
      assertThat(written.isEmpty()).isEqualTo(x.isEmpty());
      assertThat(written.toJson()).isEqualTo(x.toJson());
      assertThat(written.minus(y).toJson()).isEqualTo(x.minus(y).toJson());
      assertThat(written.union(y).toJson()).isEqualTo(x.union(y).toJson());
      assertThat(y.meets(x.toJson())).isEqualTo(!x.and(y).isEmpty());
      assertThat(y.isWithin(x.toJson())).isEqualTo(x.union(y).equals(x));
    }
  }

  /** Comparing with nothing is the model of it. */
  @ParameterizedTest
  @ValueSource(longs = {5, 6, 7, 8})
  void theMakerOfAnObjectOwnsAllThatItHas(long seed) {
    Random random = new Random(seed);
    FieldSet ignored = new FieldSet().with("f:status");
    FieldSet never =
        new FieldSet()
            .with("f:kind")
            .with("f:metadata")
            .with("f:metadata", "f:name")
            .with("f:metadata", "f:labels");
    for (int i = 0; i < 200; i++) {
      ObjectNode pod = (ObjectNode) RandomTrees.of(POD, random, 5);
      Comparison change = Comparison.of(POD, MissingNode.getInstance(), pod);
      FieldSet model = change.added.adopt(change.modified).dropTrees(ignored).drop(never).prune();
      ObjectNode written = NewFields.of(POD, pod, ignored, never);
      assertThat(written.toString()).isEqualTo(model.toJson().toString());
    }
  }

  @Test
  void whatIsNotTouchedStaysTheVeryRecord() {
    ObjectNode record =
        json("{'f:spec':{'f:nodeName':{}},'f:metadata':{'f:labels':{'.':{},'f:a':{}}}}");
    OwnedFields owned = OwnedFields.of((JsonNode) record);
    assertThat(owned.toJson()).isSameAs(record);
    assertThat(owned.minus(new FieldSet().with("f:spec", "f:x").with("f:spec"))).isSameAs(owned);
    assertThat(owned.union(new FieldSet().with("f:metadata", "f:labels"))).isSameAs(owned);
    assertThat(owned.minus(new FieldSet().with("f:spec", "f:nodeName")).toJson())
        .isEqualTo(json("{'f:metadata':{'f:labels':{'.':{},'f:a':{}}}}"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'.':{}}",
        "{'f:a':{'.':{}}}",
        "{'f:a':1}",
        "{'f:a':{'.':{'f:b':{}},'f:c':{}}}",
        "{'f:a':{'k:{\\\"b\\\":1,\\\"a\\\":2}':{}}}",
        "{'f:a':{'k:{ \\\"a\\\":2}':{}}}",
        "{'f:a':{'v:1.0':{}}}"
      })
  void whatWasWrittenOtherwiseIsBroughtIntoOurNotation(String text) {
    JsonNode record = json(text);
    assertThat(OwnedFields.of(record).toJson()).isEqualTo(FieldSet.of(record).toJson());
  }

  /** By a general parser and with the keys sorted. */
  private static String normal(String step) {
    JsonNode value = Json.parse(step.substring(2));
    if (value instanceof ObjectNode keys && step.startsWith("k:")) {
      TreeMap<String, JsonNode> sorted = new TreeMap<>();
      keys.forEachEntry(sorted::put);
      ObjectNode out = Json.object();
      sorted.forEach(out::set);
      value = out;
    }
    return step.substring(0, 2) + value;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "k:{\"name\":\"a\"}",
        "k:{\"containerPort\":80,\"protocol\":\"TCP\"}",
        "k:{\"protocol\":\"TCP\",\"containerPort\":80}",
        "k:{\"a\":0,\"b\":0}",
        "k:{\"a\":\"\\u00e9\"}",
        "k:{\"a\":\"é\"}",
        "k:{\"a\":\"\\\"\"}",
        "k:{\"a\": 1}",
        "k:{\"a\":12345678901}",
        "k:{\"a\":-1}",
        "k:{\"a\":1.50}",
        "k:{\"a\":true,\"b\":null}",
        "k:{\"a\":{\"c\":1,\"b\":2}}",
        "k:{}",
        "v:\"x\"",
        "v: \"x\"",
        "v:1",
        "v:10e1",
        "v:\"\\/\""
      })
  void aStepHasOneNotation(String step) {
    assertThat(PathStep.canonical(step)).isEqualTo(normal(step));
    assertThat(PathStep.canonical(normal(step))).isEqualTo(normal(step));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "f:a",
        "i:0",
        "x",
        "k:{\"a\":01}",
        "k:{\"a\":1",
        "k:{\"a\":1}x",
        "v:",
        "v:01",
        "k:"
      })
  void whatIsNoStepIsKept(String step) {
    assertThat(PathStep.canonical(step)).isEqualTo(step);
  }

  @Test
  void aStatusThatOneWritesAgainLeavesTheOthersRecordsAsTheyAre() {
    ObjectNode pod =
        json("{'metadata':{'name':'p'},'spec':{'containers':[{'name':'c','image':'i'}]}}");
    ObjectNode made =
        ServerSideApply.track(
            POD,
            null,
            pod,
            new ServerSideApply.Writer("a", "v1", "", ResetFields.of("status"), Instant.EPOCH));
    ObjectNode running = made.deepCopy();
    running.putObject("status").put("phase", "Running");
    JsonNode record =
        ServerSideApply.record(
            POD,
            made,
            running,
            new ServerSideApply.Writer("k", "v1", "status", ResetFields.of("spec"), Instant.EPOCH));
    assertThat(record.get(0).get("fieldsV1"))
        .isSameAs(made.get("metadata").get("managedFields").get(0).get("fieldsV1"));
    assertThat(record.get(1).get("fieldsV1")).isEqualTo(json("{'f:status':{'f:phase':{}}}"));
  }

  private static ObjectNode json(String text) {
    return Json.parseObject(text.replace("'", "\""));
  }
}
