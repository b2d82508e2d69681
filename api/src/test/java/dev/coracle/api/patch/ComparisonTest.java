package dev.coracle.api.patch;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.schema.Scheme;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What came, went and changed between two versions of an object. */
class ComparisonTest {

  private static final SchemaType POD =
      Scheme.builtIn().resource("", "v1", "pods").orElseThrow().schema();

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void isTheSameFromBothSides(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 300; i++) {
      ObjectNode a = (ObjectNode) RandomTrees.of(POD, random, 5);
      ObjectNode b = (ObjectNode) RandomTrees.of(POD, random, 5);
      Comparison there = Comparison.of(POD, a, b);
      Comparison back = Comparison.of(POD, b, a);
      assertThat(there.added.prune()).as("seed %d", seed).isEqualTo(back.removed.prune());
      assertThat(there.removed.prune()).as("seed %d", seed).isEqualTo(back.added.prune());
      assertThat(there.modified.prune()).as("seed %d", seed).isEqualTo(back.modified.prune());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void ofEqualObjectsIsNothing(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 300; i++) {
      ObjectNode a = (ObjectNode) RandomTrees.of(POD, random, 5);
      Comparison same = Comparison.of(POD, a, a.deepCopy());
      assertThat(same.added.hasChildren() || same.added.isMember()).isFalse();
      assertThat(same.modified.hasChildren() || same.modified.isMember()).isFalse();
      assertThat(same.removed.hasChildren() || same.removed.isMember()).isFalse();
    }
  }

  @Test
  void namesWhatCameAndWentAndChanged() {
    Comparison change =
        Comparison.of(
            POD,
            pod(
                "{'nodeName':'a','hostNetwork':true,'containers':[{'name':'c','image':'one'},{'name':'d'}]}"),
            pod(
                "{'nodeName':'b','priority':1,'containers':[{'name':'e'},{'name':'c','image':'two'}]}"));
    assertThat(change.added.prune())
        .hasToString(
            pod(
                    "{'f:containers':{'k:{\\\"name\\\":\\\"e\\\"}':{'.':{},'f:name':{}}},'f:priority':{}}",
                    "f:")
                .toString());
    assertThat(change.removed.prune())
        .hasToString(
            pod(
                    "{'f:containers':{'k:{\\\"name\\\":\\\"d\\\"}':{'.':{},'f:name':{}}},'f:hostNetwork':{}}",
                    "f:")
                .toString());
    assertThat(change.modified.prune())
        .hasToString(
            pod(
                    "{'f:containers':{'k:{\\\"name\\\":\\\"c\\\"}':{'f:image':{}}},'f:nodeName':{}}",
                    "f:")
                .toString());
  }

  /** Of lists whose items have identities the order is no change. */
  @Test
  void theOrderOfKeyedItemsIsNoChange() {
    Comparison change =
        Comparison.of(
            POD,
            pod("{'containers':[{'name':'c'},{'name':'d'}]}"),
            pod("{'containers':[{'name':'d'},{'name':'c'}]}"));
    assertThat(change.added.isEmpty() && change.removed.isEmpty() && change.modified.isEmpty())
        .isTrue();
  }

  private static ObjectNode pod(String spec) {
    return pod(spec, "");
  }

  private static ObjectNode pod(String spec, String step) {
    return Json.parseObject("{\"" + step + "spec\":" + spec.replace('\'', '"') + "}");
  }
}
