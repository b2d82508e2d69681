package dev.coracle.api.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Typed objects look as Go's encoder of JSON writes them. */
class ZerosTest {

  private static SchemaType schema(String kind) {
    String[] parts = kind.split(" ");
    return SchemaTable.kubernetes()
        .require(
            java.util.Objects.requireNonNull(
                    SchemaTable.kubernetes().definition(GroupVersionKind.of(parts[0], parts[1])))
                .name());
  }

  private static ObjectNode json(String text) {
    return Json.parseObject(text.replace('\'', '"'));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // A boolean, number, text, list or map that is no pointer.
        "v1 Pod | {'metadata':{'labels':{},'finalizers':[],'generation':0,'creationTimestamp':null},'spec':"
            + "{'hostNetwork':false,'nodeSelector':{},'tolerations':[],'nodeName':'','containers':[]}}"
            + " | {'metadata':{},'spec':{'containers':null},'status':{}}",
        // Pointers keep what they were given, structures too.
        "v1 Pod | {'spec':{'hostUsers':false,'priority':0,'runtimeClassName':'','securityContext':{},"
            + "'containers':[{'name':'c','resources':{},'livenessProbe':{}}]},'status':{}}"
            + " | {'metadata':{},'spec':{'hostUsers':false,'priority':0,'runtimeClassName':'',"
            + "'securityContext':{},'containers':[{'name':'c','resources':{},'livenessProbe':{}}]},'status':{}}",
        // What is always there.
        "v1 Pod | {'spec':{'containers':[{}]},'status':{'conditions':[{'type':'Ready'}]}}"
            + " | {'metadata':{},'spec':{'containers':[{'name':'','resources':{}}]},'status':{'conditions':"
            + "[{'type':'Ready','status':'','lastProbeTime':null,'lastTransitionTime':null}]}}",
        "v1 Pod | {} | {'metadata':{},'spec':{'containers':null},'status':{}}",
        "rbac.authorization.k8s.io/v1 Role | {} | {'metadata':{},'rules':null}",
        "apps/v1 Deployment | {'spec':{'replicas':0,'paused':false}} | {'metadata':{},'spec':{'replicas':0,"
            + "'selector':null,'strategy':{},'template':{'metadata':{},'spec':{'containers':null}}},'status':{}}",
        // The last of two, whichever it is.
        "v1 ConfigMap | {'immutable':false,'data':{},'data':{'a':''}}"
            + " | {'metadata':{},'immutable':false,'data':{'a':''}}",
        "v1 ConfigMap | {'data':{'a':''},'data':{}} | {'metadata':{}}",
        // The aggregator's kinds, whose marks were written by hand.
        "apiregistration.k8s.io/v1 APIService | {'spec':{'group':'','insecureSkipTLSVerify':false}}"
            + " | {'metadata':{},'spec':{'groupPriorityMinimum':0,'versionPriority':0},'status':{}}"
      })
  void areLeftOutOrWritten(String kind, String given, String expected) {
    ObjectNode decoded =
        Decoder.decode(
                given.replace('\'', '"').getBytes(java.nio.charset.StandardCharsets.UTF_8),
                schema(kind))
            .tree();
    assertThat(decoded.equals(json(expected))).as("%s is %s", decoded, expected).isTrue();
  }

  @Test
  void ofAPartNothingIsAddedOrTaken() {
    ObjectNode given =
        json("{'apiVersion':'v1','kind':'Pod','spec':{'hostNetwork':false,'tolerations':[]}}");
    ObjectNode part = Decoder.part(given, schema("v1 Pod"), GroupVersionKind.of("v1", "Pod"));
    assertThat(part.equals(given)).as("%s is %s", part, given).isTrue();
  }

  @Test
  void aFieldThatStandsTwiceIsToldWhateverItsValues() {
    byte[] twice =
        "{\"spec\":{\"hostNetwork\":false,\"hostNetwork\":true}}"
            .getBytes(java.nio.charset.StandardCharsets.UTF_8);
    assertThat(Decoder.decode(twice, schema("v1 Pod")).problems())
        .isEqualTo(List.of("duplicate field \"spec.hostNetwork\""));
  }

  @Test
  void everyDefinitionOfTheTableIsDecided() {
    Set<String> open = new TreeSet<>(SchemaTable.kubernetes().definitionNames());
    open.removeIf(name ->
        name.endsWith("List")
            || EmptyTable.unmarked(name) == WhenEmpty.LEFT_OUT
            || SchemaTable.kubernetes().require(name).kind() != SchemaType.Kind.OBJECT);
    assertThat(open).containsExactly("io.k8s.apimachinery.pkg.version.Info");
  }
}
