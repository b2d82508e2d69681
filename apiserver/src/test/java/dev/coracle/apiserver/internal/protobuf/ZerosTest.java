package dev.coracle.apiserver.internal.protobuf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.patch.Trees;
import dev.coracle.api.schema.Decoder;
import dev.coracle.api.schema.SchemaTable;
import dev.coracle.api.schema.SchemaType;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Zeros in protobuf, which Go also writes where JSON would have nothing. */
class ZerosTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "v1 Pod | {'status':{'containerStatuses':[{'name':'c','ready':false,'restartCount':0,'image':'',"
            + "'imageID':'','started':false}]}}",
        "v1 Pod | {'spec':{'hostPID':false,'hostUsers':false,'containers':[{'name':'c','stdin':false,"
            + "'env':[{'name':'e','value':''}],'command':[],'ports':[{'containerPort':1,'hostPort':0}]}],"
            + "'tolerations':[{'tolerationSeconds':0}],'nodeSelector':{}},'status':{'conditions':"
            + "[{'type':'a','status':'b'}]}}",
        "v1 PersistentVolume | {'spec':{'storageClassName':'','fc':{'lun':0,'readOnly':false}}}",
        "v1 PersistentVolumeClaim | {'spec':{'storageClassName':'','volumeName':''}}",
        "v1 Event | {'metadata':{'name':'e'},'reason':'','count':0}",
        "apps/v1 Deployment | {'spec':{'replicas':0,'minReadySeconds':0,'paused':false},'status':{'replicas':0,"
            + "'terminatingReplicas':0,'observedGeneration':0}}",
        "rbac.authorization.k8s.io/v1 Role | {'metadata':{'name':'r'}}",
        "autoscaling/v2 HorizontalPodAutoscaler | {'status':{'currentMetrics':[{'type':'Resource','resource':"
            + "{'name':'cpu','current':{'averageUtilization':0}}}],'currentReplicas':0,'desiredReplicas':0}}"
      })
  void anObjectIsTheSameReadFromEitherForm(String kind, String fields) {
    String type =
        "{'apiVersion':'%s','kind':'%s',".formatted((Object[]) kind.split(" ")).replace('\'', '"');
    ObjectNode given = Json.parseObject(type + fields.substring(1).replace('\'', '"'));
    SchemaType schema =
        Objects.requireNonNull(
            SchemaTable.kubernetes()
                .definition(
                    GroupVersionKind.of(
                        given.path("apiVersion").asText(), given.path("kind").asText())));
    ObjectNode fromJson = Decoder.decode(given, schema).tree();
    for (ObjectNode written : new ObjectNode[] {given, fromJson}) {
      byte[] bytes = ProtobufWriter.object(KubeObject.of(written)).orElseThrow();
      ObjectNode back = Decoder.decode(ProtobufReader.read(bytes), schema).tree();
      assertThat(Trees.equal(back, fromJson)).as("%s is %s", back, fromJson).isTrue();
    }
  }
}
