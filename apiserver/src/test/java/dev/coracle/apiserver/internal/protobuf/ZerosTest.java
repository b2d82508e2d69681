package dev.coracle.apiserver.internal.protobuf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.patch.Trees;
import dev.coracle.api.schema.SchemaField;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.apiserver.internal.protobuf.MessageTable.Field;
import dev.coracle.apiserver.internal.protobuf.MessageTable.Message;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Zeros in protobuf, which Go also writes where JSON would have nothing. */
class ZerosTest {

  /** Not read as objects of their fields. */
  private static final Set<String> SPECIAL =
      Set.of("Time", "MicroTime", "IntOrString", "JSONSchemaPropsOrBool");

  private static Set<String> optional(String types) {
    Set<String> out = new TreeSet<>();
    for (Message message : MessageTable.kubernetes().all()) {
      SchemaType schema = ProtobufReader.schema(message);
      for (Field field : message.fields().values()) {
        String name = MessageTable.jsonName(message, field.name());
        SchemaField known = schema == null ? null : schema.field(name);
        if (known != null
            && !known.required()
            && !field.repeated()
            && !field.map()
            && types.indexOf(field.type()) >= 0
            && !SPECIAL.contains(ProtobufReader.shortName(message))) {
          out.add(ProtobufReader.shortName(message) + "." + name);
        }
      }
    }
    return out;
  }

  @Test
  void everyNumberAndBooleanThatNeedNotBeThereIsDecided() {
    Map<Character, Set<String>> listed = ProtobufReader.Zeros.load();
    Set<String> all = new TreeSet<>(listed.getOrDefault('+', Set.of()));
    all.retainAll(listed.getOrDefault('-', Set.of()));
    assertThat(all).as("both kept and left out").isEmpty();
    Set<String> known = optional("oid");
    Set<String> open = new TreeSet<>(known);
    listed.values().forEach(open::removeAll);
    assertThat(open).as("look whether these are pointers in Go, and list them").isEmpty();
    known.addAll(optional("s"));
    Set<String> gone = new TreeSet<>();
    listed.values().forEach(gone::addAll);
    gone.removeAll(known);
    assertThat(gone).as("no such fields, or they must be there").isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "v1 Pod | {'status':{'containerStatuses':[{'name':'c','ready':false,'restartCount':0,'image':'',"
            + "'imageID':'','started':false}]}} | {'status':{'containerStatuses':[{'name':'c','ready':false,"
            + "'restartCount':0,'image':'','imageID':'','started':false}]}}",
        "v1 Pod | {'spec':{'hostPID':false,'hostUsers':false,'containers':[{'name':'c','stdin':false,"
            + "'env':[{'name':'e','value':''}]}]}}"
            + " | {'spec':{'hostUsers':false,'containers':[{'name':'c','env':[{'name':'e'}]}]}}",
        "v1 PersistentVolume | {'spec':{'storageClassName':'','fc':{'lun':0,'readOnly':false}}}"
            + " | {'spec':{'fc':{'lun':0}}}",
        "v1 PersistentVolumeClaim | {'spec':{'storageClassName':'','volumeName':''}}"
            + " | {'spec':{'storageClassName':''}}",
        "apps/v1 Deployment | {'spec':{'replicas':0,'minReadySeconds':0},'status':{'replicas':0,"
            + "'terminatingReplicas':0,'observedGeneration':0}}"
            + " | {'spec':{'replicas':0},'status':{'terminatingReplicas':0}}",
        "autoscaling/v2 HorizontalPodAutoscaler | {'status':{'currentMetrics':[{'type':'Resource','resource':"
            + "{'name':'cpu','current':{'averageUtilization':0}}}],'currentReplicas':0,'desiredReplicas':0}}"
            + " | {'status':{'currentMetrics':[{'type':'Resource','resource':{'name':'cpu','current':"
            + "{'averageUtilization':0}}}],'desiredReplicas':0}}"
      })
  void onlyThoseThatSaySomethingAreKept(String kind, String written, String read) {
    String type =
        "{'apiVersion':'%s','kind':'%s',".formatted((Object[]) kind.split(" ")).replace('\'', '"');
    byte[] bytes =
        ProtobufWriter.object(
                KubeObject.of(Json.parseObject(type + written.substring(1).replace('\'', '"'))))
            .orElseThrow();
    ObjectNode back = ProtobufReader.read(bytes);
    ObjectNode expected = Json.parseObject(type + read.substring(1).replace('\'', '"'));
    assertThat(Trees.equal(back, expected)).as("%s is %s", back, expected).isTrue();
  }
}
