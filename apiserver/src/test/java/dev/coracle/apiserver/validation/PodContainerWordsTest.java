package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of containers and of what they refer to in their Pod. */
class PodContainerWordsTest {

  private static final Judge PODS = Judge.of("", "pods");
  private static final String POD =
      "{'metadata':{'name':'p','namespace':'d'},'spec':{'serviceAccountName':'s','volumes':["
          + "{'name':'e','emptyDir':{}},{'name':'m','configMap':{'name':'m'}}],"
          + "'containers':[{'name':'c','image':'i'}]}}";
  private static final String QUALIFIED =
      "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end"
          + " with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex"
          + " used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          livenessProbe={'httpGet':{'port':1,'path':'/','httpHeaders':[{'name':'X-Good'},{'name':'a b'}]}} | livenessProbe.httpGet.httpHeaders: Invalid value: "a b": a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')
          lifecycle={'preStop':{'sleep':{'seconds':31}}} | lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)
          lifecycle={'preStop':{'sleep':{'seconds':30}}} |
          restartPolicyRules=[{'action':'Restart','exitCodes':{'operator':'In','values':[1]}}] | restartPolicy: Required value: must specify restartPolicy when restart rules are used
          restartPolicy='Never';;restartPolicyRules=[{'action':'DoNotRestart','exitCodes':{'operator':'Equals'}}] | restartPolicyRules[0].action: Unsupported value: "DoNotRestart": supported values: "Restart", "RestartAllContainers";;restartPolicyRules[0].exitCodes.operator: Unsupported value: "Equals": supported values: "In", "NotIn"
          restartPolicy='Never';;restartPolicyRules=[{'action':'RestartAllContainers','exitCodes':{'operator':'NotIn','values':[0]}}] |
          env=[{'name':'A','valueFrom':{'fieldRef':{'fieldPath':'metadata.labels[\\u0027a b\\u0027]'}}}] | env[0].valueFrom.fieldRef: Invalid value: "a b": QUALIFIED
          env=[{'name':'A','valueFrom':{'fieldRef':{'fieldPath':'spec.x[\\u0027a\\u0027]'}}}] | env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.x['a']": error converting fieldPath: field label does not support subscript: spec.x['a']
          env=[{'name':'A','valueFrom':{'fieldRef':{'apiVersion':'v2','fieldPath':'metadata.name'}}}] | env[0].valueFrom.fieldRef.fieldPath: Invalid value: "metadata.name": error converting fieldPath: unsupported pod version: v2
          env=[{'name':'A','valueFrom':{'fieldRef':{'fieldPath':'spec.host'}}}] |
          env=[{'name':'A','valueFrom':{'fileKeyRef':{'volumeName':'e','path':'a','key':'K'}}}] |
          env=[{'name':'A','valueFrom':{'fileKeyRef':{'volumeName':'x','path':'../a','key':'K'}}}] | env[0].valueFrom.fileKeyRef.volumeName: Not found: "x";;env[0].valueFrom.fileKeyRef.path: Invalid value: "../a": must not contain '..'
          env=[{'name':'A','valueFrom':{'fileKeyRef':{'volumeName':'m'}}}] | env[0].valueFrom.fileKeyRef.key: Required value;;env[0].valueFrom.fileKeyRef.volumeName: Invalid value: "m": the volume must be an emptyDir;;env[0].valueFrom.fileKeyRef.path: Required value
          resources={'limits':{'hugepages-2Mi':'4Mi'}} | resources: Forbidden: HugePages require cpu or memory
          resources={'limits':{'hugepages-2Mi':'3Mi','cpu':'1'}} | resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi;;resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive integer multiple of hugepages-2Mi
          resources={'requests':{'requests.example.com/a':'1'},'limits':{'requests.example.com/a':'1'}} | resources.limits[requests.example.com/a]: Invalid value: "requests.example.com/a": doesn't follow extended resource name standard;;resources.requests[requests.example.com/a]: Invalid value: "requests.example.com/a": doesn't follow extended resource name standard
          resources={'claims':[{'name':'x'},{}]} | resources.claims[0]: Not found: "x": must be one of the names in pod.spec.resourceClaims which is empty;;resources.claims[1]: Required value
          """)
  void whatIsWrongWithAContainer(String edits, @Nullable String words) {
    String at = "spec.containers[0].";
    String all = "/spec/containers/0/" + edits.replace(";;", ";;/spec/containers/0/");
    List<String> expected =
        words == null
            ? List.of()
            : List.of(
                (at + words.replace(";;", ";;" + at)).replace("QUALIFIED", QUALIFIED).split(";;"));
    assertThat(PODS.create(POD, all)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      textBlock =
          """
          /spec/hostnameOverride='a.b' |
          /spec/hostnameOverride='a.b';;/spec/setHostnameAsFQDN=true | spec.hostnameOverride: Forbidden: may not be specified when `setHostnameAsFQDN` is true
          /spec/hostnameOverride='a.b';;/spec/hostNetwork=true | spec.hostnameOverride: Forbidden: may not be specified when `hostNetwork` is true
          /spec/overhead={'cpu':'-1'} | spec.overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0
          /spec/ephemeralContainers=[{'name':'d','image':'i'}] | spec.ephemeralContainers: Forbidden: cannot be set on create
          /spec/nodeName='n';;/spec/schedulingGates=[{'name':'g'}] | spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared
          /spec/resourceClaims=[{'name':'a'},{'name':'a','resourceClaimName':'x'}] | spec.resourceClaims[0]: Invalid value: {"Name":"a","ResourceClaimName":null,"ResourceClaimTemplateName":null}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`;;spec.resourceClaims[1].name: Duplicate value: "a"
          /spec/volumes=[{'name':'v','ephemeral':{'volumeClaimTemplate':{'spec':{'accessModes':['ReadWriteOnce'],'resources':{'requests':{'storage':'1'}}}}}},{'name':'w','persistentVolumeClaim':{'claimName':'p-v'}}] | spec.volumes[1].persistentVolumeClaim.claimName: Invalid value: "p-v": must not reference a PVC that gets created for an ephemeral volume
          /spec/volumes=[{'name':'v','hostPath':{}}];;/spec/containers/0/volumeMounts=[{'name':'v','mountPath':'/v'}] | spec.volumes[0].hostPath.path: Required value;;spec.containers[0].volumeMounts[0].name: Not found: "v"
          /spec/volumes=[{'name':'v','iscsi':{'targetPortal':'0123456789012345678901234567890123456789012345678901234567890123','iqn':'eui.0123456789abcdef','lun':1,'initiatorName':'x'}}] | spec.volumes[0].iscsi.initiatorname: Invalid value: "x": must be valid format starting with iqn, eui, or naa;;spec.volumes[0].name: Invalid value: "v": Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.
          /spec/affinity={'nodeAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':{'nodeSelectorTerms':[{'matchExpressions':[{'key':'a','operator':'In','values':['a.']}]}]}}} | spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values[0]: Invalid value: "a.": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')
          """)
  void whatIsWrongWithAPod(String edits, @Nullable String words) {
    assertThat(PODS.create(POD, edits))
        .isEqualTo(words == null ? List.of() : List.of(words.split(";;")));
  }

  @Test
  void debuggersHaveLessAndStay() {
    String one = "/spec/ephemeralContainers=[{'name':'d','image':'i'}]";
    assertThat(
            PODS.change(
                POD,
                "",
                "/spec/ephemeralContainers=[{'name':'d','image':' i','resizePolicy':["
                    + "{'resourceName':'cpu','restartPolicy':'NotRequired'}],'volumeMounts':["
                    + "{'name':'e','mountPath':'/e','subPath':'a'}]}]",
                "ephemeralcontainers"))
        .containsExactly(
            "spec.ephemeralContainers[0].image: Invalid value: \" i\": must not have leading or"
                + " trailing whitespace",
            "spec.ephemeralContainers[0].resizePolicy: Forbidden: cannot be set for an Ephemeral"
                + " Container",
            "spec.ephemeralContainers[0].volumeMounts[0].subPath: Forbidden: cannot be set for an"
                + " Ephemeral Container");
    assertThat(PODS.change(POD, one, "/spec/ephemeralContainers=[]", "ephemeralcontainers"))
        .containsExactly(
            "spec.ephemeralContainers: Forbidden: existing ephemeral containers \"d\" may not be"
                + " removed\n");
    assertThat(
            PODS.change(
                POD,
                "/metadata/annotations={'kubernetes.io~1config.mirror':'x'}".replace("~1", "/"),
                one,
                "ephemeralcontainers"))
        .containsExactly(": Forbidden: static pods do not support ephemeral containers");
  }

  @Test
  void whatAGateLeavesOpen() {
    String terms =
        "/spec/affinity={'nodeAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':"
            + "{'nodeSelectorTerms':[{'matchExpressions':[%s]}]}}}";
    String a = "{'key':'a','operator':'Exists'}";
    String b = "{'key':'b','operator':'Exists'}";
    String gated = "/spec/schedulingGates=[{'name':'g'}];;/spec/nodeSelector={'x':'y'};;";
    String before = gated + terms.formatted(a);
    assertThat(
            PODS.change(
                POD, before, "/spec/nodeSelector/z='y';;" + terms.formatted(a + "," + b), ""))
        .isEmpty();
    assertThat(PODS.change(POD, before, "/spec/nodeSelector/x='z'", ""))
        .containsExactly(
            "spec.nodeSelector: Invalid value: {\"x\":\"z\"}: only additions to"
                + " spec.nodeSelector are allowed (no mutations or deletions)");
    String at =
        "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"
            + ".nodeSelectorTerms";
    assertThat(PODS.change(POD, before, terms.formatted(b), ""))
        .containsExactly(
            at
                + "[0]: Invalid value: {\"MatchExpressions\":[{\"Key\":\"b\",\"Operator\":"
                + "\"Exists\",\"Values\":null}],\"MatchFields\":null}: only additions are allowed"
                + " (no mutations or deletions)");
    assertThat(PODS.change(POD, before, "/spec/affinity-", ""))
        .containsExactly(
            at
                + ": Invalid value: null: no additions/deletions to non-empty NodeSelectorTerms"
                + " list are allowed");
    assertThat(PODS.change(POD, before, "/spec/affinity/podAffinity={}", "")).hasSize(1);
  }
}
