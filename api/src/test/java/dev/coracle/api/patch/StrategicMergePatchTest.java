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
import org.junit.jupiter.params.provider.CsvSource;
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
  }

  /** Where nothing was, a directive has nothing to act on, and what it stands in is left out. */
  @Test
  void bringsNothingThatHasADirective() {
    assertThat(
            patch(
                POD, "{}", "{'spec':{'nodeSelector':{'$patch':'delete','a':'b'},'hostname':'h'}}"))
        .isEqualTo("{'spec':{'hostname':'h'}}");
    assertThat(patch(POD, "{}", "{'spec':{'nodeSelector':{'$patch':'replace','a':'b'}}}"))
        .isEqualTo("{'spec':{}}");
    assertThat(
            patch(
                POD,
                "{}",
                "{'spec':{'volumes':[{'$patch':'delete','name':'a'},{'name':'b','x':null}]}}"))
        .isEqualTo("{'spec':{'volumes':[{'name':'b'}]}}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'spec':{'$patch':'frob'}} | unknown patch type: frob in map: map[$patch:frob]",
        "{'metadata':{'labels':{'$patch':'merge','q':'w'}}} |"
            + " unknown patch type: merge in map: map[$patch:merge q:w]",
        "{'spec':{'containers':[{'$patch':'merge','name':'a'}]}} |"
            + " merging lists cannot yet be specified in the patch",
        "{'spec':{'containers':[{'$patch':'x','name':'a'}]}} |"
            + " unknown patch type: x in map: map[$patch:x name:a]",
        "{'spec':{'containers':[{'image':'a'}]}} |"
            + " map: map[image:a] does not contain declared merge key: name",
        "{'spec':{'containers':[5]}} |"
            + " list element types are not identical: [[map[name:a]] [5]]",
        "{'spec':{'$setElementOrder/containers':'a'}} |"
            + " expected a []interface {}, but received a string",
        "{'spec':{'$setElementOrder/nope':[]}} |"
            + " unable to find api field in struct PodSpec for the json field \"nope\"",
      })
  void tellsWhatItCannotMakeOfAPatchInUpstreamsWords(String patch, String words) {
    assertThatThrownBy(() ->
            patch(
                POD,
                "{'metadata':{'labels':{'a':'b'}},'spec':{'containers':[{'name':'a'}]}}",
                patch))
        .isInstanceOfSatisfying(
            StatusException.class, e -> assertThat(e.status().code()).isEqualTo(400))
        .hasMessage(words);
  }

  @Test
  void retainsOnlyTheKeysItNames() {
    assertThat(
            patch(
                DEPLOYMENT,
                "{'spec':{'strategy':{'type':'RollingUpdate','rollingUpdate':{'maxSurge':1}}}}",
                "{'spec':{'strategy':{'$retainKeys':['type'],'type':'Recreate'}}}"))
        .isEqualTo("{'spec':{'strategy':{'type':'Recreate'}}}");
    assertThatThrownBy(() ->
            patch(
                DEPLOYMENT,
                "{'spec':{'strategy':{}}}",
                "{'spec':{'strategy':{'$retainKeys':['type'],'x':1}}}"))
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
        .hasMessage(
            "The order in patch list:\n[map[name:b]]\n doesn't match $setElementOrder list:\n[map[name:a]]\n");
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
        // Random items may lack a merge key.
        assertThat(e).hasMessageContaining("does not contain declared merge key");
        continue;
      }
      // What a patch brings may have items twice, which a second one makes one of.
      ObjectNode twice = StrategicMergePatch.apply(once, patch, DEPLOYMENT);
      assertThat(StrategicMergePatch.apply(twice, patch, DEPLOYMENT))
          .as("seed %d: %s + %s", seed, target, patch)
          .isEqualTo(twice);
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
