package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusCause;
import dev.coracle.api.schema.Defaulter;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Scheme;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ValidatorTest {

  private static final Scheme SCHEME = Scheme.builtIn();
  private static final String POD =
      "{'metadata':{'name':'p','namespace':'d'},'spec':{'containers':[{'name':'a','image':'i'}]}}";
  private static final String DEPLOYMENT =
      "{'metadata':{'name':'p','namespace':'d'},'spec':{'selector':{'matchLabels':{'a':'b'}},'template':"
          + "{'metadata':{'labels':{'a':'b'}},'spec':{'containers':[{'name':'a','image':'i'}]}}}}";
  private static final String SERVICE =
      "{'metadata':{'name':'s','namespace':'d'},'spec':{'ports':[{'port':80}]}}";
  private static final String JOB =
      "{'metadata':{'name':'j','namespace':'d'},'spec':{'manualSelector':true,'selector':{'matchLabels':{'a':'b'}},'template':"
          + "{'metadata':{'labels':{'a':'b'}},'spec':{'restartPolicy':'Never','containers':[{'name':'a','image':'i'}]}}}}";

  private static ResourceDefinition resource(String name) {
    int slash = name.indexOf('/');
    String group = slash < 0 ? "" : name.substring(0, slash);
    return SCHEME
        .preferred(new dev.coracle.api.GroupResource(group, name.substring(slash + 1)))
        .orElseThrow();
  }

  private static ObjectNode edited(String json, String edits) {
    return Judge.edited(json, edits);
  }

  private static List<String> problems(ResourceDefinition r, ObjectNode tree) {
    Defaulter.apply(r, tree);
    return Validator.validateCreate(r, tree).stream().map(ValidatorTest::show).toList();
  }

  @Test
  void containersOfAStatefulSetMountItsClaims() {
    ObjectNode set =
        edited(
            DEPLOYMENT,
            "/spec/serviceName='s';;/spec/volumeClaimTemplates=[{'metadata':{'name':'d'}}];;"
                + "/spec/template/spec/containers/0/volumeMounts=[{'name':'d','mountPath':'/d'}]");
    assertThat(problems(resource("apps/statefulsets"), set))
        .noneMatch(p -> p.contains("volumeMounts"));
    assertThat(
            problems(
                resource("apps/statefulsets"),
                edited(
                    DEPLOYMENT,
                    "/spec/template/spec/containers/0/volumeMounts=[{'name':'d','mountPath':'/d'}]")))
        .anyMatch(p -> p.contains("volumeMounts[0].name: Not found"));
  }

  private static String show(StatusCause cause) {
    return cause.field() + ": " + cause.message();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/metadata/name='A_b' | metadata.name: Invalid value: \"A_b\": a lowercase RFC 1123"
            + " subdomain must consist of lower case alphanumeric characters, '-' or '.', and must"
            + " start and end with an alphanumeric character (e.g. 'example.com', regex used for"
            + " validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        "/metadata/name- | metadata.name: Required value: name or generateName is required",
        "/metadata/labels={'a b':'c'} | metadata.labels: Invalid value: \"a b\": name part must"
            + " consist of alphanumeric characters, '-', '_' or '.', and must start and end with an"
            + " alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for"
            + " validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
        "/spec/containers=[] | spec.containers: Required value",
        "/spec/hostUsers=false;;/spec/hostNetwork=true | spec.hostNetwork: Forbidden: when"
            + " `hostUsers` is false",
        "/spec/hostUsers=false;;/spec/hostPID=true | spec.hostPID: Forbidden: when `hostUsers` is"
            + " false",
        "/spec/hostUsers=false;;/spec/hostIPC=true | spec.hostIPC: Forbidden: when `hostUsers` is"
            + " false",
        "/spec/hostUsers=false;;/spec/volumes=[{'name':'v','persistentVolumeClaim':{'claimName':'c'}}];;/spec/containers/0/volumeDevices=[{'name':'v','devicePath':'/dev/x'}]"
            + " | spec.containers[0].volumeDevices: Forbidden: when `hostUsers` is false",
        "/spec/volumes=[{'name':'v','emptyDir':{}}];;/spec/containers/0/volumeDevices=[{'name':'v','devicePath':'/dev/x'}]"
            + " | spec.containers[0].volumeDevices[0].name: Invalid value: \"v\": can only use"
            + " volume source type of PersistentVolumeClaim or Ephemeral for block mode",
        "/spec/containers/0/volumeDevices=[{'name':'v','devicePath':'/dev/x'}] |"
            + " spec.containers[0].volumeDevices[0].name: Not found: \"v\"",
        "/spec/volumes=[{'name':'v','persistentVolumeClaim':{'claimName':'c'}}];;/spec/containers/0/volumeDevices=[{'name':'v'}]"
            + " | spec.containers[0].volumeDevices[0].devicePath: Required value",
        "/spec/volumes=[{'name':'v','persistentVolumeClaim':{'claimName':'c'}}];;/spec/containers/0/volumeDevices=[{'name':'v','devicePath':'/dev/../x'}]"
            + " | spec.containers[0].volumeDevices[0].devicePath: Invalid value: \"/dev/../x\": can"
            + " not contain backsteps ('..')",
        "/spec/containers/0/image- | spec.containers[0].image: Required value",
        "/spec/containers/0/name='A' | spec.containers[0].name: Invalid value: \"A\": a lowercase"
            + " RFC 1123 label must consist of lower case alphanumeric characters or '-', and must"
            + " start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex"
            + " used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
        "/spec/containers/-={'name':'a','image':'i'} | spec.containers[1].name: Duplicate value:"
            + " \"a\"",
        "/spec/containers/0/imagePullPolicy='x' | spec.containers[0].imagePullPolicy: Unsupported"
            + " value: \"x\": supported values: \"Always\", \"IfNotPresent\", \"Never\"",
        "/spec/restartPolicy='x' | spec.restartPolicy: Unsupported value: \"x\": supported values:"
            + " \"Always\", \"OnFailure\", \"Never\"",
        "/spec/containers/0/ports=[{'containerPort':70000}] |"
            + " spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1"
            + " and 65535, inclusive",
        "/spec/containers/0/volumeMounts=[{'name':'v','mountPath':'/a'}] |"
            + " spec.containers[0].volumeMounts[0].name: Not found: \"v\"",
        "/spec/resources={'requests':{'cpu':'1'}};;/spec/containers/0/resources={'requests':{'cpu':'2'}}"
            + " | spec.resources.requests[cpu]: Invalid value: \"1\": must be greater than or equal"
            + " to aggregate container requests of 2",
        "/spec/resources={'limits':{'cpu':'1'}};;/spec/containers/0/resources={'limits':{'cpu':'2'},'requests':{'cpu':'1'}}"
            + " | spec.resources.containers[0][cpu].limits: Invalid value: \"2\": must be less than or equal"
            + " to pod limits of 1",
        "/spec/resources={'limits':{'ephemeral-storage':'1'}} | spec.resources.limits[ephemeral-storage]: Unsupported"
            + " value: \"ephemeral-storage\": supported values: \"cpu\", \"hugepages-\","
            + " \"memory\"",
        "/spec/containers/0/resources={'limits':{'cpu':'1'},'requests':{'cpu':'2'}} |"
            + " spec.containers[0].resources.requests: Invalid value: \"2\": must be less than or"
            + " equal to cpu limit of 1",
        "/spec/containers/0/livenessProbe={'periodSeconds':1} | spec.containers[0].livenessProbe:"
            + " Required value: must specify a handler type",
        "/spec/containers/0/env=[{'name':''}] | spec.containers[0].env[0].name: Required value",
        "/spec/tolerations=[{'operator':'Equal'}] | spec.tolerations[0].operator: Invalid value:"
            + " \"Equal\": operator must be Exists when `key` is empty, which means \"match all"
            + " values and all keys\"",
        "/spec/volumes=[{'name':'v','secret':{}}] | spec.volumes[0].secret.secretName: Required"
            + " value",
      })
  void pods(String edit, String problem) {
    assertThat(problems(resource("pods"), edited(POD, edit))).containsExactly(problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/spec/template/metadata/labels={'x':'y'} | spec.template.metadata.labels: Invalid value:"
            + " {\"x\":\"y\"}: `selector` does not match template `labels`",
        "/spec/replicas=-1 | spec.replicas: Invalid value: -1: must be greater than or equal to 0",
        "/spec/template/spec/restartPolicy='Never' | spec.template.spec.restartPolicy: Unsupported"
            + " value: \"Never\": supported values: \"Always\"",
        "/spec/strategy={'type':'RollingUpdate','rollingUpdate':{'maxSurge':0,'maxUnavailable':0}}"
            + " | spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when"
            + " `maxSurge` is 0",
        "/spec/strategy={'type':'x'} | spec.strategy: Unsupported value:"
            + " {\"Type\":\"x\",\"RollingUpdate\":null}: supported values: \"Recreate\", \"RollingUpdate\"",
      })
  void deployments(String edit, String problem) {
    assertThat(problems(resource("apps/deployments"), edited(DEPLOYMENT, edit)))
        .containsExactly(problem);
  }

  @Test
  void aServicesNameMayBeginWithADigit() {
    assertThat(problems(resource("services"), edited(SERVICE, "/metadata/name='1a'"))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/metadata/name='1_' | metadata.name: Invalid value: \"1_\": a lowercase RFC 1123 label must"
            + " consist of lower case alphanumeric characters or '-', and must start and end with"
            + " an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation"
            + " is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
        "/spec/ports- | spec.ports: Required value",
        "/spec/ports/-={'port':81} | spec.ports[0].name: Required value",
        "/spec/ports/0/port=0 | spec.ports[0].port: Invalid value: 0: must be between 1 and 65535,"
            + " inclusive",
        "/spec/type='x' | spec.type: Unsupported value: \"x\": supported values: \"ClusterIP\","
            + " \"ExternalName\", \"LoadBalancer\", \"NodePort\"",
        "/spec/ports/0/nodePort=30000 | spec.ports[0].nodePort: Forbidden: may not be used when"
            + " `type` is 'ClusterIP'",
        "/spec/externalTrafficPolicy='Local' | spec.externalTrafficPolicy: Invalid value:"
            + " \"Local\": may only be set for externally-accessible services",
      })
  void services(String edit, String problem) {
    assertThat(problems(resource("services"), edited(SERVICE, edit))).contains(problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "batch/jobs |"
            + " {'metadata':{'name':'j','namespace':'d'},'spec':{'selector':{},'template':{'spec':{'containers':[{'name':'a','image':'i'}]}}}}"
            + " | spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\","
            + " \"Never\"",
        "batch/cronjobs | {'metadata':{'name':'c','namespace':'d'},'spec':{'schedule':'99 * * *"
            + " *','jobTemplate':{'spec':{'template':{'spec':{'restartPolicy':'Never','containers':[{'name':'a','image':'i'}]}}}}}}"
            + " | spec.schedule: Invalid value: \"99 * * * *\": end of range (99) above maximum"
            + " (59): 99",
        "configmaps | {'metadata':{'name':'c','namespace':'d'},'data':{'a b':'c'}} | data[a b]:"
            + " Invalid value: \"a b\": a valid config key must consist of alphanumeric characters,"
            + " '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for"
            + " validation is '[-._a-zA-Z0-9]+')",
        "secrets | {'metadata':{'name':'c','namespace':'d'},'type':'kubernetes.io/tls'} |"
            + " data[tls.crt]: Required value",
        "namespaces | {'metadata':{'name':'a.b'}} | metadata.name: Invalid value: \"a.b\": must not"
            + " contain dots",
        "namespaces | {'metadata':{'name':'A'}} | metadata.name: Invalid value: \"A\": a lowercase RFC"
            + " 1123 label must consist of lower case alphanumeric characters or '-', and must start"
            + " and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for"
            + " validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
        "persistentvolumeclaims |"
            + " {'metadata':{'name':'c','namespace':'d'},'spec':{'resources':{'requests':{'storage':'1Gi'}}}}"
            + " | spec.accessModes: Required value: at least 1 access mode is required",
        "rbac.authorization.k8s.io/roles |"
            + " {'metadata':{'name':'system:x','namespace':'d'},'rules':[{'apiGroups':[''],'resources':['pods']}]}"
            + " | rules[0].verbs: Required value: verbs must contain at least one value",
        "networking.k8s.io/ingresses |"
            + " {'metadata':{'name':'i','namespace':'d'},'spec':{'rules':[{'http':{'paths':[{'path':'a','pathType':'Prefix','backend':{'service':{'name':'s','port':{'number':80}}}}]}}]}}"
            + " | spec.rules[0].http.paths[0].path: Invalid value: \"a\": must be an absolute path",
        "autoscaling/horizontalpodautoscalers |"
            + " {'metadata':{'name':'i','namespace':'d'},'spec':{'minReplicas':3,'maxReplicas':2,'scaleTargetRef':{'kind':'Deployment','name':'x'}}}"
            + " | spec.maxReplicas: Invalid value: 2: must be greater than or equal to"
            + " `minReplicas`",
        "apiextensions.k8s.io/customresourcedefinitions |"
            + " {'metadata':{'name':'x'},'spec':{'group':'g.io','scope':'Cluster','names':{'plural':'as','kind':'A'},'versions':[{'name':'v1','served':true,'storage':true,'schema':{'openAPIV3Schema':{'type':'object'}}}]}}"
            + " | metadata.name: Invalid value: \"x\": must be spec.names.plural+\".\"+spec.group",
        "apiextensions.k8s.io/customresourcedefinitions |"
            + " {'metadata':{'name':'as.g.io'},'spec':{'group':'g.io','scope':'Cluster','names':{'plural':'as','kind':'A'},'versions':[{'name':'v1','served':true,'storage':true,'schema':{'openAPIV3Schema':{'type':'object','properties':{'spec':{}}}}}]}}"
            + " | spec.validation.openAPIV3Schema.properties[spec].type: Required value: must not"
            + " be empty for specified object fields",
      })
  void otherKinds(String resource, String json, String problem) {
    assertThat(problems(resource(resource), edited(json, ""))).contains(problem);
  }

  @Test
  void whatIsGoodPasses() {
    assertThat(problems(resource("pods"), edited(POD, ""))).isEmpty();
    assertThat(problems(resource("apps/deployments"), edited(DEPLOYMENT, ""))).isEmpty();
    assertThat(problems(resource("apps/replicasets"), edited(DEPLOYMENT, ""))).isEmpty();
    assertThat(problems(resource("apps/daemonsets"), edited(DEPLOYMENT, ""))).isEmpty();
    assertThat(problems(resource("apps/statefulsets"), edited(DEPLOYMENT, ""))).isEmpty();
    assertThat(problems(resource("services"), edited(SERVICE, ""))).isEmpty();
    assertThat(problems(resource("batch/jobs"), edited(JOB, ""))).isEmpty();
  }

  private static List<String> update(String resource, String json, String edit) {
    ResourceDefinition r = resource(resource);
    ObjectNode before = edited(json, "");
    Defaulter.apply(r, before);
    ObjectNode now = edited(before.toString(), edit);
    return Validator.validateUpdate(r, KubeObject.of(before), now, "").stream()
        .map(ValidatorTest::show)
        .toList();
  }

  @Test
  void onlyImagesOfAPodMayChange() {
    assertThat(update("pods", POD, "/spec/containers/0/image='j'")).isEmpty();
    assertThat(update("pods", POD, "/metadata/labels={'a':'b'}")).isEmpty();
    assertThat(update("pods", POD, "/spec/tolerations=[{'key':'a','operator':'Exists'}]"))
        .isEmpty();
    assertThat(update("pods", POD, "/spec/hostname='h'"))
        .singleElement()
        .asString()
        .startsWith(
            "spec: Forbidden: pod updates may not change fields other than"
                + " `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations`"
                + " (only additions to existing tolerations)");
    assertThat(
            update(
                "pods",
                POD,
                "/spec/containers/-={'name':'b','image':'i','imagePullPolicy':'Always','terminationMessagePolicy':'File'}"))
        .containsExactly(
            "spec.containers: Forbidden: pod updates may not add or remove containers");
  }

  @Test
  void selectorsAndNamesAreImmutable() {
    assertThat(
            update(
                "apps/deployments",
                DEPLOYMENT,
                "/spec/selector/matchLabels/c='d';;/spec/template/metadata/labels/c='d'"))
        .containsExactly(
            "spec.selector: Invalid value: {\"matchLabels\":{\"a\":\"b\",\"c\":\"d\"}}: field is"
                + " immutable");
    assertThat(update("apps/deployments", DEPLOYMENT, "/metadata/name='q'"))
        .containsExactly("metadata.name: Invalid value: \"q\": field is immutable");
    assertThat(update("apps/statefulsets", DEPLOYMENT, "/spec/serviceName='q'"))
        .singleElement()
        .asString()
        .startsWith(
            "spec: Forbidden: updates to statefulset spec for fields other than 'replicas'");
    assertThat(
            update(
                "configmaps",
                "{'metadata':{'name':'c','namespace':'d'},'data':{'a':'b'},'immutable':true}",
                "/data/a='c'"))
        .containsExactly("data: Forbidden: field is immutable when `immutable` is set");
    assertThat(update("batch/jobs", JOB, "/spec/template/spec/containers/0/image='x'"))
        .singleElement()
        .asString()
        .startsWith("spec.template: Invalid value: ")
        .endsWith(": field is immutable");
  }

  @Test
  void aDeletingObjectTakesNoNewFinalizers() {
    assertThat(
            update(
                "configmaps",
                "{'metadata':{'name':'c','namespace':'d','deletionTimestamp':'2026-01-01T00:00:00Z'}}",
                "/metadata/finalizers=['a.b/c']"))
        .containsExactly(
            "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being"
                + " deleted, found new finalizers []string{\"a.b/c\"}");
  }

  @Test
  void everyKindSurvivesAnEmptyObject() {
    for (ResourceDefinition r : SCHEME.resources()) {
      ObjectNode tree = Json.object();
      // What is stored needs a name; who asks about rights says about which.
      boolean lacking = r.supports("get") || r.kind().kind().endsWith("AccessReview");
      assertThat(problems(r, tree).isEmpty()).as(r.toString()).isNotEqualTo(lacking);
      ObjectNode spec =
          Json.parseObject(
              "{\"metadata\":{\"name\":\"a\"},\"spec\":{},\"rules\":[{}],\"webhooks\":[{}],\"subsets\":[{}],\"ports\":[{}],\"endpoints\":[{}]}");
      Validator.validateUpdate(r, KubeObject.of(spec), spec.deepCopy(), "");
      Validator.validateUpdate(r, KubeObject.of(spec), spec.deepCopy(), "status");
      problems(r, spec);
    }
  }
}
