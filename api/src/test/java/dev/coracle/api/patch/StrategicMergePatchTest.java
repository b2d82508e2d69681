package dev.coracle.api.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.schema.Scheme;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StrategicMergePatchTest {

  private static final SchemaType DEPLOYMENT =
      Scheme.builtIn().resource("apps", "v1", "deployments").orElseThrow().schema();
  private static final SchemaType POD =
      Scheme.builtIn().resource("", "v1", "pods").orElseThrow().schema();

  private static String patch(SchemaType type, String target, String patch) {
    ObjectNode t = Json.parseObject(target.replace('\'', '"'));
    ObjectNode before = t.deepCopy();
    ObjectNode p = Json.parseObject(patch.replace('\'', '"'));
    ObjectNode patchBefore = p.deepCopy();
    String out = StrategicMergePatch.apply(t, p, type).toString().replace('"', '\'');
    assertThat(t).isEqualTo(before);
    assertThat(p).isEqualTo(patchBefore);
    return out;
  }

  @Test
  void mergesListsByTheirKey() {
    assertThat(
            patch(
                POD,
                "{'spec':{'containers':[{'name':'a','image':'1'},{'name':'b','image':'2'}]}}",
                "{'spec':{'containers':[{'name':'b','image':'3'},{'name':'c','image':'4'}]}}"))
        .isEqualTo(
            "{'spec':{'containers':[{'name':'a','image':'1'},{'name':'b','image':'3'},{'name':'c','image':'4'}]}}");
  }

  @Test
  void replacesAtomicListsAndRemovesNulls() {
    assertThat(
            patch(
                POD,
                "{'spec':{'nodeName':'x','containers':[{'name':'a','args':['1','2']}]}}",
                "{'spec':{'nodeName':null,'containers':[{'name':'a','args':['3']}]}}"))
        .isEqualTo("{'spec':{'containers':[{'name':'a','args':['3']}]}}");
  }

  @Test
  void deletesAndReplacesItemsByDirective() {
    String pod = "{'spec':{'containers':[{'name':'a'},{'name':'b'}],'nodeSelector':{'x':'y'}}}";
    assertThat(patch(POD, pod, "{'spec':{'containers':[{'name':'a','$patch':'delete'}]}}"))
        .isEqualTo("{'spec':{'containers':[{'name':'b'}],'nodeSelector':{'x':'y'}}}");
    assertThat(patch(POD, pod, "{'spec':{'containers':[{'name':'c'},{'$patch':'replace'}]}}"))
        .isEqualTo("{'spec':{'containers':[{'name':'c'}],'nodeSelector':{'x':'y'}}}");
    assertThat(patch(POD, pod, "{'spec':{'nodeSelector':{'$patch':'replace','p':'q'}}}"))
        .isEqualTo("{'spec':{'containers':[{'name':'a'},{'name':'b'}],'nodeSelector':{'p':'q'}}}");
    assertThat(patch(POD, pod, "{'spec':{'nodeSelector':{'$patch':'delete'}}}"))
        .isEqualTo("{'spec':{'containers':[{'name':'a'},{'name':'b'}],'nodeSelector':{}}}");
    assertThatThrownBy(() -> patch(POD, pod, "{'spec':{'$patch':'frob'}}"))
        .isInstanceOf(StatusException.class);
  }

  @Test
  void retainsOnlyTheKeysItNames() {
    assertThat(
            patch(
                DEPLOYMENT,
                "{'spec':{'strategy':{'type':'RollingUpdate','rollingUpdate':{'maxSurge':1}}}}",
                "{'spec':{'strategy':{'$retainKeys':['type'],'type':'Recreate'}}}"))
        .isEqualTo("{'spec':{'strategy':{'type':'Recreate'}}}");
    assertThatThrownBy(
            () -> patch(DEPLOYMENT, "{}", "{'spec':{'strategy':{'$retainKeys':['type'],'x':1}}}"))
        .hasMessageContaining("retainKeys");
  }

  @Test
  void ordersByDirective() {
    assertThat(
            patch(
                POD,
                "{'spec':{'containers':[{'name':'a'},{'name':'server'},{'name':'b'},{'name':'c'}]}}",
                "{'spec':{'$setElementOrder/containers':[{'name':'c'},{'name':'a'},{'name':'b'}],"
                    + "'containers':[{'name':'b','image':'x'}]}}"))
        .isEqualTo(
            "{'spec':{'containers':[{'name':'server'},{'name':'c'},{'name':'a'},"
                + "{'name':'b','image':'x'}]}}");
    assertThatThrownBy(() ->
            patch(
                POD,
                "{'spec':{'containers':[{'name':'a'}]}}",
                "{'spec':{'$setElementOrder/containers':[{'name':'a'}],'containers':[{'name':'b'}]}}"))
        .hasMessage("invalid patch format of setElementOrder list");
  }

  @Test
  void treatsPrimitiveListsAsSets() {
    String pod = "{'metadata':{'finalizers':['a','b','c']}}";
    assertThat(patch(POD, pod, "{'metadata':{'finalizers':['d','b']}}"))
        .isEqualTo("{'metadata':{'finalizers':['d','a','b','c']}}");
    assertThat(
            patch(
                POD,
                pod,
                "{'metadata':{'$deleteFromPrimitiveList/finalizers':['a'],"
                    + "'$setElementOrder/finalizers':['c','b','d'],'finalizers':['d']}}"))
        .isEqualTo("{'metadata':{'finalizers':['c','b','d']}}");
  }

  @Test
  void replacesWhereTheFieldSaysSo() {
    SchemaType pdb =
        Scheme.builtIn().resource("policy", "v1", "poddisruptionbudgets").orElseThrow().schema();
    assertThat(
            patch(
                pdb,
                "{'spec':{'selector':{'matchLabels':{'a':'b'}}}}",
                "{'spec':{'selector':{'matchLabels':{'c':'d'}}}}"))
        .isEqualTo("{'spec':{'selector':{'matchLabels':{'c':'d'}}}}");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5})
  void patchingTwiceIsPatchingOnceAndNothingIsPatchedByItself(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      ObjectNode target = (ObjectNode) RandomTrees.of(DEPLOYMENT, random, 7);
      ObjectNode patch = (ObjectNode) RandomTrees.of(DEPLOYMENT, random, 7);
      ObjectNode once;
      try {
        once = StrategicMergePatch.apply(target, patch, DEPLOYMENT);
      } catch (StatusException e) {
        // Random items may lack a merge key; the answer must still be a client error.
        assertThat(e.status().code()).isBetween(400, 499);
        continue;
      }
      assertThat(StrategicMergePatch.apply(once, patch, DEPLOYMENT))
          .as("seed %d: %s + %s", seed, target, patch)
          .isEqualTo(once);
      assertThat(StrategicMergePatch.apply(once, Json.object(), DEPLOYMENT)).isEqualTo(once);
    }
  }

  /** Each item of a list compared with each of another would take minutes here. */
  @Test
  void mergesLongListsInLittleTime() {
    ObjectNode target = Json.object();
    ObjectNode patch = Json.object();
    for (int i = 0; i < 100_000; i++) {
      target.withObject("/metadata").withArrayProperty("finalizers").add("example.com/a" + i);
      patch.withObject("/metadata").withArrayProperty("finalizers").add("example.com/b" + i);
      target.withObject("/spec").withArrayProperty("volumes").addObject().put("name", "a" + i);
      patch.withObject("/spec").withArrayProperty("volumes").addObject().put("name", "b" + i);
    }
    ObjectNode merged =
        assertTimeoutPreemptively(
            Duration.ofSeconds(30), () -> StrategicMergePatch.apply(target, patch, POD));
    assertThat(merged.at("/metadata/finalizers")).hasSize(200_000);
    assertThat(merged.at("/spec/volumes")).hasSize(200_000);
  }
}
