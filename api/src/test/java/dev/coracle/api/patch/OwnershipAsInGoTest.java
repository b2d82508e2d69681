package dev.coracle.api.patch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.schema.Decoder;
import dev.coracle.api.schema.SchemaTable;
import dev.coracle.api.schema.SchemaType;
import java.time.Instant;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who owns what of built-in kinds, where empty values and those that are always there meet. */
class OwnershipAsInGoTest {

  private static ObjectNode json(String text) {
    return Json.parseObject(text.replace('\'', '"'));
  }

  private static SchemaType schema(String kind) {
    String[] parts = kind.split(" ");
    return Objects.requireNonNull(
        SchemaTable.kubernetes().definition(GroupVersionKind.of(parts[0], parts[1])));
  }

  private static ServerSideApply.Writer writer(String kind, String manager) {
    return new ServerSideApply.Writer(
        manager, kind.split(" ")[0], "", ResetFields.NONE, Instant.ofEpochSecond(0));
  }

  /** As the verbs do: what comes of an apply is brought into the form of its kind. */
  private static ObjectNode apply(String kind, ObjectNode live, String config, String manager) {
    ObjectNode applied =
        ServerSideApply.apply(
            schema(kind), live, json(config), writer(kind, manager), live != null);
    return Decoder.decode(applied, schema(kind)).tree();
  }

  private static String owned(ObjectNode object, String manager) {
    for (var entry : object.at("/metadata/managedFields")) {
      if (entry.path("manager").asText().equals(manager)) {
        return entry.path("fieldsV1").toString().replace('"', '\'');
      }
    }
    return "";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // A list of items without items has no path; an empty map has one.
        "v1 Service | {'metadata':{'labels':{},'ownerReferences':[]},'spec':{'ports':[]}}"
            + " | {'f:metadata':{'f:labels':{}}}",
        // The key of an item that is left out is what Go has there.
        "v1 Pod | {'spec':{'imagePullSecrets':[{}]}}"
            + " | {'f:spec':{'f:imagePullSecrets':{'k:{\\'name\\':\\'\\'}':{}}}}",
        // A zero is owned by whoever applies it, though it is not written.
        "v1 Pod | {'spec':{'hostNetwork':false}} | {'f:spec':{'f:hostNetwork':{}}}"
      })
  void whatAnAppliedConfigurationSays(String kind, String config, String expected) {
    ObjectNode applied = apply(kind, null, config, "m");
    assertThat(owned(applied, "m")).isEqualTo(expected.replace("\\'", "\\'"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "v1 LimitRange | {} | ``",
        "v1 Event | {'reason':'r'} | {'f:reason':{}}",
        "v1 Event | {'reason':'r','reportingComponent':'c','source':{'host':'h'}}"
            + " | {'f:reason':{},'f:reportingComponent':{},'f:source':{'f:host':{}}}",
        "rbac.authorization.k8s.io/v1 Role | {'rules':[{'verbs':['get']}]} | {'f:rules':{}}",
        "v1 Pod | {'spec':{'containers':[{'name':'c'}]}} | {'f:spec':{'f:containers':{'k:{\\'name\\':\\'c\\'}':"
            + "{'.':{},'f:name':{},'f:resources':{}}}}}"
      })
  void whatAMakerOwnsIsWhatIsNotThereAnyway(String kind, String object, String expected) {
    ObjectNode made = Decoder.decode(json(object), schema(kind)).tree();
    ObjectNode tracked = ServerSideApply.track(schema(kind), null, made, writer(kind, "m"));
    assertThat(owned(tracked, "m")).isEqualTo(expected);
    ObjectNode begun = apply(kind, made, "{}", "n");
    assertThat(owned(begun, "before-first-apply")).isEqualTo(expected);
  }

  @Test
  void aMapThatLosesAllItHadStaysWithWhoOwnsIt() {
    ObjectNode one = apply("v1 ConfigMap", null, "{'metadata':{'labels':{'a':'b'}}}", "n");
    ObjectNode two = apply("v1 ConfigMap", one, "{'metadata':{'labels':{}}}", "m");
    ObjectNode three = apply("v1 ConfigMap", two, "{}", "n");
    assertThat(three.path("metadata").has("labels")).isFalse();
    assertThat(owned(three, "m")).isEqualTo("{'f:metadata':{'f:labels':{}}}");
    assertThat(owned(three, "n")).isEmpty();
  }

  @Test
  void conflictsAreToldLevelByLevel() {
    String config = "{'metadata':{'labels':{'a':'%1$s'}},'preemptionPolicy':'%1$s','value':%2$d}";
    String kind = "scheduling.k8s.io/v1 PriorityClass";
    ObjectNode live = apply(kind, null, config.formatted("x", 1), "m");
    assertThatThrownBy(() ->
            ServerSideApply.apply(
                schema(kind), live, json(config.formatted("y", 2)), writer(kind, "n"), false))
        .hasMessage(
            "Apply failed with 3 conflicts: conflicts with \"m\":\n- .preemptionPolicy\n- .value\n"
                + "- .metadata.labels.a");
  }
}
