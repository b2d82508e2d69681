package dev.coracle.api.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.api.patch.ServerSideApply.Writer;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.schema.Scheme;
import java.time.Instant;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerSideApplyTest {

  private static final SchemaType DEPLOYMENT =
      Scheme.builtIn().resource("apps", "v1", "deployments").orElseThrow().schema();
  private static final SchemaType CONFIG_MAP =
      Scheme.builtIn().resource("", "v1", "configmaps").orElseThrow().schema();
  private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");

  private static Writer writer(String manager, int second) {
    return new Writer(manager, "apps/v1", "", ResetFields.of("status"), T0.plusSeconds(second));
  }

  private static ObjectNode json(String text) {
    return Json.parseObject(text.replace('\'', '"'));
  }

  private static ObjectNode apply(
      @Nullable ObjectNode live, String config, String manager, int second, boolean force) {
    return ServerSideApply.apply(DEPLOYMENT, live, json(config), writer(manager, second), force);
  }

  private static JsonNode managers(ObjectNode object) {
    return object.path("metadata").path("managedFields");
  }

  private static String config(String spec) {
    return "{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'d'},'spec':"
        + spec
        + "}";
  }

  @Test
  void recordsWhatAConfigurationSets() {
    ObjectNode d =
        apply(
            null,
            config(
                "{'replicas':3,'template':{'spec':{'containers':[{'name':'a','image':'i','ports':"
                    + "[{'containerPort':80}]}]}}}"),
            "cli",
            0,
            false);
    assertThat(managers(d).get(0).toString().replace('"', '\''))
        .isEqualTo(
            "{'manager':'cli','operation':'Apply','apiVersion':'apps/v1',"
                + "'time':'2026-01-01T00:00:00Z','fieldsType':'FieldsV1','fieldsV1':{'f:spec':{"
                + "'f:replicas':{},'f:template':{'f:spec':{'f:containers':{"
                + "'k:{\\'name\\':\\'a\\'}':{'.':{},'f:image':{},'f:name':{},'f:ports':{"
                + "'k:{\\'containerPort\\':80,\\'protocol\\':\\'TCP\\'}':{'.':{},"
                + "'f:containerPort':{}}}}}}}}}}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{'operation':'Other','apiVersion':'v1','fieldsType':'FieldsV1'};operation must be `Apply`"
            + " or `Update`",
        "{'operation':'Apply','fieldsType':'FieldsV1'};apiVersion must not be empty",
        "{'operation':'Apply','apiVersion':'v1'};missing fieldsType in managed fields entry 1",
        "{'operation':'Apply','apiVersion':'v1','fieldsType':'V2'};invalid fieldsType \"V2\" in"
            + " managed fields entry 1"
      },
      quoteCharacter = '|')
  void whatIsNoRecordOfManagersCountsForNothing(String entry, String problem) {
    ObjectNode live =
        ServerSideApply.track(CONFIG_MAP, null, json("{'data':{'a':'b'}}"), writer("before", 0));
    ObjectNode sent =
        json(
            "{'data':{'a':'b'},'metadata':{'managedFields':[{'manager':'x','operation':'Apply',"
                + "'apiVersion':'v1','fieldsType':'FieldsV1','fieldsV1':{'f:data':{'f:a':{}}}},"
                + entry
                + "]}}");
    assertThat(ServerSideApply.problemOfRecord(managers(sent))).isEqualTo(problem);
    ObjectNode written = ServerSideApply.track(CONFIG_MAP, live, sent, writer("now", 1));
    assertThat(managers(written)).isEqualTo(managers(live));
  }

  @Test
  void refusesToTakeWhatAnotherOwnsUnlessForced() {
    ObjectNode live =
        ServerSideApply.track(
            DEPLOYMENT, null, json(config("{'replicas':1,'paused':true}")), writer("kubectl", 0));
    assertThatThrownBy(() -> apply(live, config("{'replicas':2}"), "cli", 1, false))
        .isInstanceOfSatisfying(
            StatusException.class,
            e -> {
              assertThat(e.getMessage())
                  .isEqualTo(
                      "Apply failed with 1 conflict: conflict with \"kubectl\" using apps/v1:"
                          + " .spec.replicas");
              assertThat(e.status().code()).isEqualTo(409);
              assertThat(e.status().causes())
                  .containsExactly(
                      new StatusCause(
                          StatusCause.MANAGER_CONFLICT,
                          "conflict with \"kubectl\" using apps/v1",
                          ".spec.replicas"));
            });
    ObjectNode forced = apply(live, config("{'replicas':2}"), "cli", 1, true);
    assertThat(forced.at("/spec/replicas").asInt()).isEqualTo(2);
    assertThat(managers(forced).get(0).path("manager").asText()).isEqualTo("cli");
    assertThat(managers(forced).get(1).path("fieldsV1").toString())
        .isEqualTo("{\"f:spec\":{\"f:paused\":{}}}");
    // The same value is no conflict: both own it.
    ObjectNode shared = apply(live, config("{'replicas':1}"), "cli", 1, false);
    assertThat(managers(shared)).hasSize(2);
  }

  @Test
  void severalConflictsAreListedByManager() {
    ObjectNode live =
        ServerSideApply.track(
            DEPLOYMENT, null, json(config("{'replicas':1,'paused':true}")), writer("kubectl", 0));
    assertThatThrownBy(() -> apply(live, config("{'replicas':2,'paused':false}"), "cli", 1, false))
        .hasMessage(
            "Apply failed with 2 conflicts: conflicts with \"kubectl\" using apps/v1:\n"
                + "- .spec.paused\n- .spec.replicas");
  }

  @Test
  void whatIsLeftOutGoesUnlessSomebodyElseOwnsIt() {
    ObjectNode a =
        apply(
            null,
            config(
                "{'replicas':1,'minReadySeconds':5,'template':{'spec':{'containers':["
                    + "{'name':'a','image':'i','env':[{'name':'X','value':'1'},{'name':'Y','value':'2'}]}]}}}"),
            "one",
            0,
            false);
    ObjectNode b = apply(a, config("{'replicas':1}"), "two", 1, false);
    ObjectNode c =
        apply(
            b,
            config(
                "{'template':{'spec':{'containers':[{'name':'a','image':'i','env':[{'name':'Y','value':'2'}]}]}}}"),
            "one",
            2,
            false);
    assertThat(c.path("spec").toString().replace('"', '\''))
        .isEqualTo(
            "{'replicas':1,'template':{'spec':{'containers':[{'name':'a','image':'i',"
                + "'env':[{'name':'Y','value':'2'}]}]}}}");
  }

  @Test
  void keepsWhatNobodyOwnsBelowWhatItGivesUp() {
    ObjectNode a =
        apply(
            null,
            config("{'template':{'spec':{'containers':[{'name':'a','image':'i'}]}}}"),
            "one",
            0,
            false);
    ObjectNode defaulted = a.deepCopy();
    ((ObjectNode) defaulted.at("/spec/template/spec")).put("restartPolicy", "Always");
    ((ObjectNode) defaulted.at("/spec/template/spec/containers/0"))
        .put("terminationMessagePath", "/x");
    ObjectNode b =
        apply(
            defaulted,
            config("{'template':{'spec':{'containers':[{'name':'b','image':'i'}]}}}"),
            "one",
            1,
            false);
    assertThat(b.at("/spec/template/spec/containers").toString())
        .isEqualTo("[{\"name\":\"b\",\"image\":\"i\"}]");
    assertThat(b.at("/spec/template/spec/restartPolicy").asText()).isEqualTo("Always");
  }

  /** The metadata stays, which holds what nobody owns: its version, for one. */
  @Test
  void whoGivesUpTheLastLabelKeepsTheMetadata() {
    ObjectNode labelled =
        json(
            "{'apiVersion':'apps/v1','kind':'Deployment','metadata':"
                + "{'name':'d','labels':{'l':'1'}},'spec':{'replicas':1}}");
    ObjectNode a = ServerSideApply.apply(DEPLOYMENT, null, labelled, writer("one", 0), false);
    ((ObjectNode) a.path("metadata")).put("uid", "u").put("resourceVersion", "7");
    ObjectNode bare = labelled.deepCopy();
    ((ObjectNode) bare.path("metadata")).remove("labels");
    ObjectNode b = ServerSideApply.apply(DEPLOYMENT, a, bare, writer("one", 1), false);
    assertThat(b.path("metadata").has("labels")).isFalse();
    assertThat(b.at("/metadata/uid").asText()).isEqualTo("u");
    assertThat(b.at("/metadata/resourceVersion").asText()).isEqualTo("7");
    assertThat(b.at("/metadata/name").asText()).isEqualTo("d");
  }

  @Test
  void aNoopKeepsTheTime() {
    ObjectNode a = apply(null, config("{'replicas':1}"), "one", 0, false);
    ObjectNode b = apply(a, config("{'replicas':1}"), "one", 9, false);
    assertThat(b).isEqualTo(a);
    ObjectNode c = ServerSideApply.track(DEPLOYMENT, a, a, writer("kubectl", 9));
    assertThat(c).isEqualTo(a);
  }

  @Test
  void updatesTakeOverAndForgetWhatIsRemoved() {
    ObjectNode a = apply(null, config("{'replicas':1,'paused':true}"), "one", 0, false);
    ObjectNode changed = a.deepCopy();
    ((ObjectNode) changed.get("spec")).put("replicas", 5).remove("paused");
    ObjectNode b = ServerSideApply.track(DEPLOYMENT, a, changed, writer("hpa", 3));
    assertThat(managers(b)).hasSize(1);
    assertThat(managers(b).get(0).path("manager").asText()).isEqualTo("hpa");
    assertThat(managers(b).get(0).path("operation").asText()).isEqualTo("Update");
    assertThat(managers(b).get(0).path("fieldsV1").toString())
        .isEqualTo("{\"f:spec\":{\"f:replicas\":{}}}");
  }

  @Test
  void createdMapsAreOwnedThemselves() {
    ObjectNode d =
        ServerSideApply.track(
            DEPLOYMENT,
            null,
            json(
                "{'metadata':{'name':'d','labels':{'a':'b'}},'spec':{'strategy':{'type':'x','rollingUpdate':{'maxSurge':1}},'selector':{'matchLabels':{'a':'b'}}}}"),
            writer("kubectl-create", 0));
    assertThat(managers(d).get(0).path("fieldsV1").toString().replace('"', '\''))
        .isEqualTo(
            "{'f:metadata':{'f:labels':{'.':{},'f:a':{}}},'f:spec':{'f:selector':{},"
                + "'f:strategy':{'f:rollingUpdate':{'.':{},'f:maxSurge':{}},'f:type':{}}}}");
  }

  @Test
  void statusBelongsToTheStatusSubresource() {
    ObjectNode live =
        ServerSideApply.track(DEPLOYMENT, null, json(config("{'replicas':1}")), writer("a", 0));
    ObjectNode newer = live.deepCopy();
    newer.putObject("status").put("replicas", 1);
    Writer status =
        new Writer("ctrl", "apps/v1", "status", ResetFields.of("spec"), T0.plusSeconds(5));
    ObjectNode b = ServerSideApply.track(DEPLOYMENT, live, newer, status);
    JsonNode entry = managers(b).get(1);
    assertThat(entry.path("subresource").asText()).isEqualTo("status");
    assertThat(entry.path("fieldsV1").toString()).isEqualTo("{\"f:status\":{\"f:replicas\":{}}}");
  }

  @Test
  void forgetsAllManagersOnRequestAndCapsThem() {
    ObjectNode live = json("{'data':{}}");
    ObjectNode object = ServerSideApply.track(CONFIG_MAP, null, live, writer("m0", 0));
    for (int i = 1; i <= 15; i++) {
      ObjectNode next = object.deepCopy();
      next.withObjectProperty("data").put("k" + i, "v");
      object = ServerSideApply.track(CONFIG_MAP, object, next, writer("m" + i, i));
    }
    assertThat(managers(object)).hasSize(10);
    assertThat(managers(object).get(0).path("manager").asText()).isEqualTo("ancient-changes");
    ObjectNode reset = object.deepCopy();
    reset.withObjectProperty("metadata").putArray("managedFields").addObject();
    assertThat(
            managers(ServerSideApply.track(CONFIG_MAP, object, reset, writer("z", 99)))
                .isMissingNode())
        .isTrue();
    ObjectNode none = object.deepCopy();
    none.withObjectProperty("metadata").putArray("managedFields");
    assertThat(
            managers(ServerSideApply.track(CONFIG_MAP, object, none, writer("z", 99)))
                .isMissingNode())
        .isTrue();
  }

  /** What kubectl has applied by itself is its own, and what came since is not. */
  @Test
  void kubectlGoesOnWithWhatItAppliedByItself() {
    String noted =
        "{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'d','annotations':{}},"
            + "'spec':{'replicas':1,'paused':true}}";
    ObjectNode before = json(config("{'replicas':1,'paused':true}"));
    String annotation = "kubectl.kubernetes.io/last-applied-configuration";
    before
        .withObjectProperty("metadata")
        .putObject("annotations")
        .put(annotation, noted.replace('\'', '"'));
    ObjectNode live =
        ServerSideApply.track(DEPLOYMENT, null, before, writer("kubectl-client-side-apply", 0));
    String wanted = config("{'replicas':2,'paused':false}");
    assertThatThrownBy(() -> apply(live, wanted, "other", 1, false))
        .hasMessageContaining("Apply failed with 2 conflicts");
    ObjectNode applied = apply(live, wanted, "kubectl", 1, false);
    assertThat(applied.at("/spec/replicas").asInt()).isEqualTo(2);
    assertThat(applied.path("metadata").path("annotations").path(annotation).asText())
        .isEqualTo(
            "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"d\"},"
                + "\"spec\":{\"paused\":false,\"replicas\":2}}\n");
    // Somebody has scaled it since.
    ObjectNode scaled = live.deepCopy();
    scaled.withObjectProperty("spec").put("replicas", 5);
    ObjectNode since = ServerSideApply.track(DEPLOYMENT, live, scaled, writer("hand", 1));
    assertThatThrownBy(() -> apply(since, wanted, "kubectl", 2, false))
        .hasMessage(
            "Apply failed with 1 conflict: conflict with \"hand\" using apps/v1: .spec.replicas");
  }

  private static String environment(String... pairs) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < pairs.length; i += 2) {
      out.append(out.isEmpty() ? "" : ",")
          .append("{'name':'%s','value':'%s'}".formatted(pairs[i], pairs[i + 1]));
    }
    return config(
        "{'template':{'spec':{'containers':[{'name':'c','env':[" + out.toString() + "]}]}}}");
  }

  /** Updates may write an item twice: it is kept, and owned as one, until somebody applies it. */
  @Test
  void itemsThatStandTwiceAreKeptUntilTheyAreApplied() {
    String env = "/spec/template/spec/containers/0/env";
    String owned = "/fieldsV1/f:spec/f:template/f:spec/f:containers/k:{\"name\":\"c\"}/f:env";
    ObjectNode live =
        ServerSideApply.track(
            DEPLOYMENT,
            null,
            json(environment("A", "1", "P", "/bin", "P", "/usr/bin")),
            writer("update", 0));
    assertThat(managers(live).get(0).at(owned).toString())
        .isEqualTo(
            "{\".\":{},\"k:{\\\"name\\\":\\\"A\\\"}\":{\".\":{},\"f:name\":{},\"f:value\":{}},"
                + "\"k:{\\\"name\\\":\\\"P\\\"}\":{}}");
    ObjectNode other = apply(live, environment("H", "/home"), "apply", 1, false);
    assertThat(other.at(env).findValuesAsText("value"))
        .containsExactlyInAnyOrder("1", "/bin", "/usr/bin", "/home");
    ObjectNode edited = json(environment("A", "1", "P", "/bin", "P", "/local", "H", "/home"));
    edited.set("metadata", other.path("metadata").deepCopy());
    ObjectNode next = ServerSideApply.track(DEPLOYMENT, other, edited, writer("again", 2));
    assertThat(managers(next)).hasSize(3);
    assertThat(managers(next).get(2).at(owned).toString())
        .isEqualTo("{\"k:{\\\"name\\\":\\\"P\\\"}\":{}}");
    assertThatThrownBy(() -> apply(next, environment("P", "/sbin"), "apply", 3, false))
        .hasMessageContaining("conflict with \"again\"");
    ObjectNode one = apply(next, environment("P", "/sbin"), "apply", 3, true);
    assertThat(one.at(env).findValuesAsText("value")).containsExactly("1", "/sbin");
    assertThat(managers(one)).hasSize(2);
  }

  @Test
  void refusesWhatTheSchemaDoesNotKnow() {
    assertThatThrownBy(() -> apply(null, config("{'foo':1}"), "cli", 0, false))
        .hasMessage(
            "failed to create typed patch object (/d; apps/v1, Kind=Deployment): .spec.foo: field"
                + " not declared in schema")
        .isInstanceOfSatisfying(
            StatusException.class, e -> assertThat(e.status().code()).isEqualTo(400));
    assertThatThrownBy(() ->
            apply(
                null,
                config("{'template':{'spec':{'containers':[{'name':'a'},{'name':'a'}]}}}"),
                "cli",
                0,
                false))
        .hasMessageContaining("duplicate entries for key [name=\"a\"]");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void lawsOfApply(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 100; i++) {
      ObjectNode one = clean(RandomTrees.of(DEPLOYMENT, random, 7));
      ObjectNode two = clean(RandomTrees.of(DEPLOYMENT, random, 7));
      ObjectNode a = ServerSideApply.apply(DEPLOYMENT, null, one, writer("one", 0), false);
      String as = "seed " + seed + ": " + one + " then " + two;
      // What is applied to nothing is there as it is.
      assertThat(withoutRecord(a)).as(as).isEqualTo(one);
      // Applying twice changes nothing.
      assertThat(ServerSideApply.apply(DEPLOYMENT, a, one, writer("one", 5), false))
          .as(as)
          .isEqualTo(a);
      // A forced second configuration is there whole, beside what was left of the first.
      ObjectNode b = ServerSideApply.apply(DEPLOYMENT, a, two, writer("two", 1), true);
      assertThat(ServerSideApply.merge(DEPLOYMENT, b, two)).as(as).isEqualTo(b);
      // When both give everything up, only the containers that nobody owned may stay.
      ObjectNode c = ServerSideApply.apply(DEPLOYMENT, b, Json.object(), writer("one", 2), true);
      ObjectNode d = ServerSideApply.apply(DEPLOYMENT, c, Json.object(), writer("two", 3), true);
      assertThat(managers(d).isMissingNode()).as(as).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {21, 22, 23})
  void setsObeySetAlgebraOnPaths(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < 100; i++) {
      FieldSet x = fields(random);
      FieldSet y = fields(random);
      java.util.TreeSet<String> px = paths(x);
      java.util.TreeSet<String> py = paths(y);
      java.util.TreeSet<String> union = new java.util.TreeSet<>(px);
      union.addAll(py);
      assertThat(paths(x.union(y))).isEqualTo(union);
      java.util.TreeSet<String> both = new java.util.TreeSet<>(px);
      both.retainAll(py);
      assertThat(paths(x.and(y))).isEqualTo(both);
      java.util.TreeSet<String> rest = new java.util.TreeSet<>(px);
      rest.removeAll(py);
      assertThat(paths(x.minus(y))).isEqualTo(rest);
      assertThat(FieldSet.of(x.toJson())).isEqualTo(x);
    }
  }

  private static FieldSet fields(Random random) {
    return TypedTree.fieldSet(DEPLOYMENT, RandomTrees.of(DEPLOYMENT, random, 6));
  }

  private static java.util.TreeSet<String> paths(FieldSet set) {
    java.util.TreeSet<String> out = new java.util.TreeSet<>();
    set.forEachPath(out::add);
    return out;
  }

  private static ObjectNode clean(JsonNode tree) {
    ObjectNode out = (ObjectNode) tree;
    out.remove(java.util.List.of("metadata", "status", "apiVersion", "kind"));
    return out;
  }

  private static ObjectNode withoutRecord(ObjectNode object) {
    ObjectNode out = object.deepCopy();
    out.remove("metadata");
    return out;
  }

  @Test
  void comparesWithNothing() {
    assertThat(Comparison.of(CONFIG_MAP, MissingNode.getInstance(), Json.object()).added.isEmpty())
        .isTrue();
  }
}
