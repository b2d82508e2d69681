package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContainerRulesTest {

  private static final Judge JUDGE = Judge.of("", "pods");
  private static final String POD =
      """
      {'metadata':{'name':'p','namespace':'d'},
       'spec':{'volumes':[{'name':'v','emptyDir':{}},
                          {'name':'b','persistentVolumeClaim':{'claimName':'x'}}],
               'containers':[{'name':'c','image':'i'}]}}\
      """;
  private static final String SUBDOMAIN =
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or"
          + " '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex"
          + " used for validation is"
          + " '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "volumeMounts=[{'mountPath':'/a'}] | .volumeMounts[0].name: Required"
            + " value;;.volumeMounts[0].name: Not found: \"\"",
        "volumeMounts=[{'name':'v','mountPath':'/a'},{'name':'v','mountPath':'/a'}] |"
            + " .volumeMounts[1].mountPath: Invalid value: \"/a\": must be unique",
        "volumeMounts=[{'name':'b','mountPath':'/a'}];;volumeDevices=[{'name':'b','devicePath':"
            + "'/a'}] | .volumeMounts[0].name: Invalid value: \"b\": must not already exist in"
            + " volumeDevices;;.volumeMounts[0].mountPath: Invalid value: \"/a\": must not already"
            + " exist as a path in volumeDevices;;.volumeDevices[0].name: Invalid value: \"b\":"
            + " must not already exist in volumeMounts;;.volumeDevices[0].devicePath: Invalid"
            + " value: \"/a\": must not already exist as a path in volumeMounts",
        "volumeMounts=[{'name':'v','mountPath':'/a','mountPropagation':'X'}] |"
            + " .volumeMounts.mountPropagation: Unsupported value: \"X\": supported values:"
            + " \"Bidirectional\", \"HostToContainer\", \"None\"",
        "volumeMounts=[{'name':'v','mountPath':'/a','mountPropagation':'Bidirectional',"
            + "'recursiveReadOnly':'Enabled'}] | .volumeMounts.mountPropagation: Forbidden:"
            + " Bidirectional mount propagation is available only to privileged"
            + " containers;;.volumeMounts.recursiveReadOnly: Forbidden: may only be specified"
            + " when readOnly is true;;.volumeMounts.recursiveReadOnly: Forbidden: may only be"
            + " specified when mountPropagation is None or not specified",
        "volumeMounts=[{'name':'v','mountPath':'/a','recursiveReadOnly':'X'}] |"
            + " .volumeMounts.recursiveReadOnly: Unsupported value: \"X\": supported values:"
            + " \"Disabled\", \"Enabled\", \"IfPossible\"",
        "resizePolicy=[{'resourceName':'cpu','restartPolicy':'X'},{'resourceName':'cpu',"
            + "'restartPolicy':'NotRequired'},{'resourceName':'gpu','restartPolicy':'NotRequired'}]"
            + " | .resizePolicy: Unsupported value: \"X\": supported values: \"NotRequired\","
            + " \"RestartContainer\";;.resizePolicy[1]: Duplicate value: \"cpu\";;.resizePolicy:"
            + " Unsupported value: \"gpu\": supported values: \"cpu\", \"memory\"",
        "envFrom=[{},{'configMapRef':{'name':'A'},'secretRef':{}}] | .envFrom: Invalid value: \"\":"
            + " must specify one of: `configMapRef` or"
            + " `secretRef`;;.envFrom[1].configMapRef.name: Invalid value: \"A\":"
            + " SUBDOMAIN;;.envFrom[1].secretRef.name: Required value;;.envFrom: Invalid value:"
            + " \"\": may not have more than one field specified at a time",
        "env=[{'name':'A','value':'x','valueFrom':{'secretKeyRef':{'key':'a b'}}}] |"
            + " .env[0].valueFrom.secretKeyRef.name: Invalid value: \"\":"
            + " SUBDOMAIN;;.env[0].valueFrom.secretKeyRef.key: Invalid value: \"a b\": a valid"
            + " config key must consist of alphanumeric characters, '-', '_' or '.' (e.g."
            + " 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is"
            + " '[-._a-zA-Z0-9]+');;.env[0].valueFrom: Invalid value: \"\": may not be specified"
            + " when `value` is not empty",
        "env=[{'name':'A','valueFrom':{'resourceFieldRef':{'resource':'limits.x'}}},{'name':'B',"
            + "'valueFrom':{'resourceFieldRef':{'resource':'limits.cpu','divisor':'2'}}}] |"
            + " .env[0].valueFrom.resourceFieldRef.resource: Unsupported value: \"limits.x\":"
            + " supported values: \"limits.cpu\", \"limits.ephemeral-storage\", \"limits.memory\","
            + " \"requests.cpu\", \"requests.ephemeral-storage\","
            + " \"requests.memory\";;.env[1].valueFrom.resourceFieldRef.divisor: Invalid value:"
            + " \"limits.cpu\": only divisor's values 1m and 1 are supported with the cpu resource",
      })
  void whatIsWrongWithAContainer(String edits, String expected) {
    String at = "spec.containers[0]";
    String all = "/spec/containers/0/" + edits.replace(";;", ";;/spec/containers/0/");
    assertThat(JUDGE.create(POD, all))
        .containsExactly(
            (at + expected.replace(";;", ";;" + at)).replace("SUBDOMAIN", SUBDOMAIN).split(";;"));
  }
}
