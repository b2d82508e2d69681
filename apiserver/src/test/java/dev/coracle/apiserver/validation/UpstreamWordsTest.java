package dev.coracle.apiserver.validation;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.schema.Defaulter;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Scheme;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Objects with several mistakes are answered with all of upstream's errors for them. */
class UpstreamWordsTest {

  private static final Scheme SCHEME = Scheme.builtIn();
  private static final String POD = "{'metadata':{'name':'p','namespace':'d'},'spec':%s}";
  private static final String TEMPLATE =
      "{'metadata':{'labels':{'a':'b'}},'spec':{'containers':[{'name':'c','image':'i'}]}}";

  private static List<String> problems(String group, String resource, String json) {
    ResourceDefinition type = SCHEME.preferred(new GroupResource(group, resource)).orElseThrow();
    ObjectNode tree = Json.parseObject(json.replace('\'', '"'));
    Defaulter.apply(type, tree);
    return Validator.validateCreate(type, tree).stream()
        .map(cause -> cause.field() + ": " + cause.message())
        .toList();
  }

  private static String named(String rest) {
    return "{'metadata':{'name':'n','namespace':'d'}," + rest + "}";
  }

  @Test
  void resourcesOfContainers() {
    String pod =
        POD.formatted(
            "{'containers':[{'name':'c','image':'i','resources':{'limits':{'gpu':'1'}}}]}");
    String at = "spec.containers[0].resources.limits[gpu]: Invalid value: \"gpu\": ";
    assertThat(problems("", "pods", pod))
        .contains(
            at + "must be a standard resource type or fully qualified",
            at + "must be a standard resource for containers");
    String pods =
        POD.formatted(
            "{'containers':[{'name':'c','image':'i','resources':{'limits':{'pods':'1'}}}]}");
    assertThat(problems("", "pods", pods))
        .contains(
            "spec.containers[0].resources.limits[pods]: Invalid value: \"pods\": must be a"
                + " standard resource for containers");
  }

  @Test
  void fieldsThatPodsDoNotHave() {
    String env =
        "{'containers':[{'name':'c','image':'i','env':[{'name':'A','valueFrom':{'fieldRef':{'fieldPath':'%s'}}}]}]}";
    String at = "spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: ";
    assertThat(problems("", "pods", POD.formatted(env.formatted("spec.foo"))))
        .containsExactly(
            at
                + "Invalid value: \"spec.foo\": error converting fieldPath: field label not"
                + " supported: spec.foo");
    assertThat(problems("", "pods", POD.formatted(env.formatted("status.phase"))))
        .singleElement()
        .asString()
        .startsWith(at + "Unsupported value: \"status.phase\": supported values: ");
    assertThat(problems("", "pods", POD.formatted(env.formatted("status.podIP")))).isEmpty();
  }

  @Test
  void usersAndPorts() {
    assertThat(
            problems(
                "",
                "pods",
                POD.formatted(
                    "{'hostNetwork':true,'securityContext':{'fsGroup':-1,'supplementalGroups':[1,-2]},'containers':[{'name':'c','image':'i','securityContext':{'runAsUser':-3},'ports':[{'containerPort':80,'hostPort':81},{'containerPort':82}]}]}")))
        .containsExactlyInAnyOrder(
            "spec.containers[0].securityContext.runAsUser: Invalid value: -3: must be between 0"
                + " and 2147483647, inclusive",
            "spec.containers[0].ports[0].hostPort: Invalid value: 81: must match"
                + " `containerPort` when `hostNetwork` is true",
            "spec.securityContext.fsGroup: Invalid value: -1: must be between 0 and 2147483647,"
                + " inclusive",
            "spec.securityContext.supplementalGroups[1]: Invalid value: -2: must be between 0 and"
                + " 2147483647, inclusive");
  }

  @Test
  void aSelectorThatIsNotThereSelectsNothing() {
    for (String kind : List.of("deployments", "replicasets", "statefulsets")) {
      assertThat(problems("apps", kind, named("'spec':{'template':" + TEMPLATE + "}")))
          .as(kind)
          .contains(
              "spec.selector: Required value",
              "spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: `selector` does not"
                  + " match template `labels`");
    }
    assertThat(
            problems(
                "batch",
                "jobs",
                named(
                    "'spec':{'manualSelector':true,'template':{'spec':{'restartPolicy':'Never','containers':[{'name':'c','image':'i'}]}}}")))
        .containsExactly(
            "spec.selector: Required value",
            "spec.template.metadata.labels: Invalid value: null: `selector` does not match template"
                + " `labels`");
  }

  @Test
  void podFailurePolicies() {
    String rules =
        """
        [{'action':'X','onExitCodes':{'operator':'In','values':[0,2,1,1],'containerName':'z'}},
         {'action':'FailIndex'},
         {'action':'Ignore','onExitCodes':{'operator':'NotIn'},
          'onPodConditions':[{'type':'a b','status':'Maybe'}]}]
        """;
    List<String> problems =
        problems(
            "batch",
            "jobs",
            named(
                "'spec':{'selector':{},'podFailurePolicy':{'rules':"
                    + rules
                    + "},'template':{'spec':{'restartPolicy':'Never','containers':[{'name':'c','image':'i'}]}}}"));
    String at = "spec.podFailurePolicy.rules";
    assertThat(problems)
        .contains(
            at
                + "[0].action: Unsupported value: \"X\": supported values: \"Count\","
                + " \"FailIndex\", \"FailJob\", \"Ignore\"",
            at
                + "[0].onExitCodes.containerName: Invalid value: \"z\": must be one of the"
                + " container or initContainer names in the pod template",
            at + "[0].onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator",
            at + "[0].onExitCodes.values[3]: Duplicate value: 1",
            at + "[0].onExitCodes.values: Invalid value: [0,2,1,1]: must be ordered",
            at
                + "[1].action: Invalid value: \"FailIndex\": requires the backoffLimitPerIndex to be"
                + " set",
            at
                + "[1]: Invalid value: specifying one of OnExitCodes and OnPodConditions is"
                + " required",
            at + "[2].onExitCodes.values: Invalid value: null: at least one value is required",
            at
                + "[2].onPodConditions[0].status: Unsupported value: \"Maybe\": supported values:"
                + " \"False\", \"True\", \"Unknown\"",
            at
                + "[2]: Invalid value: specifying both OnExitCodes and OnPodConditions is not"
                + " supported");
  }

  @Test
  void ingresses() {
    String paths =
        "[{'path':'/','pathType':'Prefix','backend':{}},"
            + "{'path':'/','pathType':'Prefix','backend':{'service':{'name':'s'}}},"
            + "{'path':'/','pathType':'Prefix','backend':{'service':{'name':'s','port':{'name':'x','number':1}}}}]";
    String at = "spec.rules[0].http.paths";
    assertThat(
            problems(
                "networking.k8s.io",
                "ingresses",
                named("'spec':{'rules':[{'host':'a.*','http':{'paths':" + paths + "}}]}")))
        .contains(
            at + "[0].backend: Invalid value: \"\": resource or service backend is required",
            at + "[1].backend: Required value: port name or number is required",
            at + "[2].backend: Invalid value: \"\": cannot set both port name & port number")
        .anySatisfy(problem ->
            assertThat(problem)
                .startsWith(
                    "spec.rules[0].host: Invalid value: \"a.*\": a wildcard DNS-1123 subdomain must"
                        + " start with '*.', followed by a valid DNS subdomain"));
    assertThat(
            problems(
                "networking.k8s.io",
                "ingresses",
                named("'spec':{'rules':[{'host':'*.a.b'}],'tls':[{'hosts':['*.a.b','c']}]}")))
        .isEmpty();
  }

  @Test
  void networks() {
    String policy =
        named(
            "'spec':{'podSelector':{},'policyTypes':['Ingress','Egress','Ingress'],'ingress':[{'from':[{'ipBlock':{'cidr':'10.0.0.0/8','except':['11.0.0.0/8','10.0.0.0/8','10.1.0.0/16']}}]}]}");
    String at = "spec.ingress[0].from[0].ipBlock.except";
    assertThat(problems("networking.k8s.io", "networkpolicies", policy))
        .containsExactly(
            at + "[0]: Invalid value: \"11.0.0.0/8\": must be a strict subset of `cidr`",
            at + "[1]: Invalid value: \"10.0.0.0/8\": must be a strict subset of `cidr`",
            "spec.policyTypes: Invalid value: [\"Ingress\",\"Egress\",\"Ingress\"]: may not"
                + " specify more than two policyTypes");
    assertThat(
            problems(
                "",
                "services",
                named(
                    "'spec':{'ports':[{'port':80}],'externalIPs':['127.0.0.1','169.254.1.1','0.0.0.0','10.1.1.1']}")))
        .containsExactly(
            "spec.externalIPs[0]: Invalid value: \"127.0.0.1\": may not be in the loopback range"
                + " (127.0.0.0/8, ::1/128)",
            "spec.externalIPs[1]: Invalid value: \"169.254.1.1\": may not be in the link-local"
                + " range (169.254.0.0/16, fe80::/10)",
            "spec.externalIPs[2]: Invalid value: \"0.0.0.0\": may not be unspecified (0.0.0.0)");
  }

  @Test
  void namesOfWhatIsLimitedAndOfWhoMay() {
    assertThat(
            problems(
                "",
                "resourcequotas",
                named("'spec':{'hard':{'foo':'1','storage':'1','pods':'1','a.b/c':'1'}}")))
        .containsExactly(
            "spec.hard[foo]: Invalid value: \"foo\": must be a standard resource type or fully"
                + " qualified",
            "spec.hard[foo]: Invalid value: \"foo\": must be a standard resource for quota",
            "spec.hard[storage]: Invalid value: \"storage\": must be a standard resource for"
                + " quota");
    assertThat(
            problems(
                "rbac.authorization.k8s.io",
                "rolebindings",
                named(
                    "'roleRef':{'kind':'Role','name':'r'},'subjects':[{'kind':'User','name':''},{'kind':'Group','name':''}]")))
        .containsExactly("subjects[0].name: Required value", "subjects[1].name: Required value");
    assertThat(
            problems(
                "rbac.authorization.k8s.io",
                "clusterroles",
                "{'metadata':{'name':'r'},'rules':[],'aggregationRule':{'clusterRoleSelectors':"
                    + "[{'matchExpressions':[{'key':'a','operator':'X'}]}]}}"))
        .containsExactly(
            "aggregationRule.clusterRoleSelectors[0].matchExpressions[0].operator: Invalid value:"
                + " \"X\": not a valid selector operator",
            "aggregationRule.clusterRoleSelectors[0]: Invalid value: \"null\": invalid label"
                + " selector.");
  }

  @Test
  void wildcardsOfWebhooks() {
    String hook =
        "'webhooks':[{'name':'a.b.c','clientConfig':{'url':'https://x'},'sideEffects':'None','admissionReviewVersions':['v1'],'rules':[{'operations':['*'],'apiGroups':['*'],'apiVersions':['*'],'resources':%s}]}]";
    String at = "webhooks[0].rules[0].resources";
    assertThat(webhook(hook.formatted("['pods','*/*']")))
        .containsExactly(
            at
                + ": Invalid value: [\"pods\",\"*/*\"]: if '*/*' is present, must not specify other"
                + " resources");
    assertThat(webhook(hook.formatted("['*','pods']")))
        .containsExactly(
            at
                + ": Invalid value: [\"*\",\"pods\"]: if '*' is present, must not specify other"
                + " resources without subresources");
    assertThat(webhook(hook.formatted("['pods/*','pods/status','*/scale','x/scale']")))
        .containsExactly(
            at
                + "[1]: Invalid value: \"pods/status\": if 'pods/*' is present, must not specify"
                + " pods/status",
            at
                + "[3]: Invalid value: \"x/scale\": if '*/scale' is present, must not specify"
                + " x/scale");
    assertThat(webhook(hook.formatted("['pods','pods/status']"))).isEmpty();
  }

  private static List<String> webhook(String rest) {
    return problems(
        "admissionregistration.k8s.io",
        "validatingwebhookconfigurations",
        "{'metadata':{'name':'n'}," + rest + "}");
  }

  @Test
  void secretsForRegistriesAreJson() {
    String secret =
        named("'type':'kubernetes.io/dockerconfigjson','data':{'.dockerconfigjson':'%s'}");
    String at = "data[.dockerconfigjson]: Invalid value: \"<secret contents redacted>\": ";
    assertThat(problems("", "secrets", secret.formatted("eA==")))
        .containsExactly(at + "invalid character 'x' looking for beginning of value");
    assertThat(problems("", "secrets", secret.formatted("eyJh")))
        .containsExactly(at + "unexpected end of JSON input");
    assertThat(problems("", "secrets", secret.formatted("W10=")))
        .containsExactly(
            at + "json: cannot unmarshal array into Go value of type map[string]interface {}");
    assertThat(problems("", "secrets", secret.formatted("e30="))).isEmpty();
  }

  @Test
  void aDaemonSetWithoutSelector() {
    assertThat(problems("apps", "daemonsets", named("'spec':{'template':" + TEMPLATE + "}")))
        .containsExactly(
            "spec.template.metadata.labels: Invalid value: {\"a\":\"b\"}: `selector` does not match"
                + " template `labels`");
    assertThat(problems("apps", "deployments", named("'spec':{'template':" + TEMPLATE + "}")))
        .hasSize(2)
        .contains("spec.selector: Required value");
  }

  private static List<String> volume(String modes) {
    return problems(
        "",
        "persistentvolumes",
        "{'metadata':{'name':'v'},'spec':{'capacity':{'storage':'1Gi'},'hostPath':{'path':'/x'}"
            + modes
            + "}}");
  }

  @Test
  void modesOfVolumes() {
    assertThat(volume("")).containsExactly("spec.accessModes: Required value");
    assertThat(volume(",'accessModes':['ReadWriteOncePod','ReadWriteOncePod']")).isEmpty();
    assertThat(volume(",'accessModes':['ReadWriteOncePod','ReadOnlyMany']"))
        .containsExactly(
            "spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes");
    assertThat(volume(",'accessModes':['ReadWriteOncePod','Often']"))
        .containsExactly(
            "spec.accessModes: Unsupported value: \"Often\": supported values: \"ReadOnlyMany\","
                + " \"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\"");
  }

  @Test
  void aLocalVolumeNamesItsNode() {
    assertThat(
            problems(
                "",
                "persistentvolumes",
                "{'metadata':{'name':'v'},'spec':{'capacity':{'storage':'1Gi'},'accessModes':['ReadWriteOnce'],'local':{'path':'/x'}}}"))
        .containsExactly("spec.nodeAffinity: Required value: Local volume requires node affinity");
  }

  private static List<String> range(String cidrs) {
    return problems(
        "networking.k8s.io",
        "servicecidrs",
        "{'metadata':{'name':'r'},'spec':{'cidrs':" + cidrs + "}}");
  }

  @Test
  void rangesOfServices() {
    String two =
        "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64";
    assertThat(range("[]"))
        .containsExactly("spec.cidrs: Required value: at least one CIDR required");
    assertThat(range("['10.0.0.0/24','2001:db8::/64']")).isEmpty();
    assertThat(range("['10.0.0.0/24','10.1.0.0/24']"))
        .containsExactly(
            "spec.cidrs: Invalid value: {\"cidrs\":[\"10.0.0.0/24\",\"10.1.0.0/24\"]}: " + two);
    assertThat(range("['10.0.0.0/24','nonsense']")).singleElement().asString().endsWith(two);
    assertThat(range("['a','b','c']"))
        .containsExactly(
            "spec.cidrs: Invalid value: {\"cidrs\":[\"a\",\"b\",\"c\"]}: may only hold up to 2"
                + " values");
    assertThat(range("['10.0.0/24']"))
        .containsExactly(
            "spec.cidrs[0]: Invalid value: \"10.0.0/24\": must be a valid CIDR value, (e.g."
                + " 10.9.8.0/24 or 2001:db8::/64)");
  }

  private static List<String> rangeChanged(String before, String after) {
    ResourceDefinition type =
        SCHEME.preferred(new GroupResource("networking.k8s.io", "servicecidrs")).orElseThrow();
    String form = "{'metadata':{'name':'r','resourceVersion':'1'},'spec':{'cidrs':%s}}";
    return Validator.validateUpdate(
            type,
            KubeObject.of(Json.parseObject(form.formatted(before).replace('\'', '"'))),
            KubeObject.of(Json.parseObject(form.formatted(after).replace('\'', '"'))))
        .stream()
        .map(cause -> cause.field() + ": " + cause.message())
        .toList();
  }

  @Test
  void aRangeTakesASecondFamilyAndNothingElse() {
    assertThat(rangeChanged("['10.0.0.0/24']", "['10.0.0.0/24','2001:db8::/64']")).isEmpty();
    assertThat(rangeChanged("['10.0.0.0/24']", "['10.1.0.0/24']"))
        .containsExactly("spec.cidrs[0]: Invalid value: \"10.1.0.0/24\": field is immutable");
    assertThat(rangeChanged("['10.0.0.0/24','2001:db8::/64']", "['10.0.0.0/24']"))
        .containsExactly("spec.cidrs: Invalid value: [\"10.0.0.0/24\"]: field is immutable");
  }

  @Test
  void valuesAreShownInTheOrderInWhichUpstreamKnowsThem() {
    String spec = "'selector':{'matchLabels':{'a':'b'}},'template':" + TEMPLATE;
    assertThat(
            problems("apps", "deployments", named("'spec':{'strategy':{'type':'X'}," + spec + "}")))
        .containsExactly(
            "spec.strategy: Unsupported value: {\"Type\":\"X\",\"RollingUpdate\":null}: supported"
                + " values: \"Recreate\", \"RollingUpdate\"");
    assertThat(
            problems(
                "apps", "daemonsets", named("'spec':{'updateStrategy':{'type':'X'}," + spec + "}")))
        .containsExactly(
            "spec.updateStrategy: Unsupported value: {\"Type\":\"X\",\"RollingUpdate\":null}:"
                + " supported values: \"RollingUpdate\", \"OnDelete\"");
    assertThat(
            problems(
                "networking.k8s.io",
                "networkpolicies",
                named(
                    "'spec':{'podSelector':{},'policyTypes':['X'],"
                        + "'ingress':[{'ports':[{'protocol':'X'}]}]}")))
        .containsExactly(
            "spec.ingress[0].ports[0].protocol: Unsupported value: \"X\": supported values:"
                + " \"TCP\", \"UDP\", \"SCTP\"",
            "spec.policyTypes[0]: Unsupported value: \"X\": supported values: \"Ingress\","
                + " \"Egress\"");
    assertThat(
            problems(
                "rbac.authorization.k8s.io",
                "rolebindings",
                named(
                    "'roleRef':{'apiGroup':'rbac.authorization.k8s.io','kind':'X','name':'r'},"
                        + "'subjects':[{'kind':'Y','name':'s'}]")))
        .containsExactly(
            "roleRef.kind: Unsupported value: \"X\": supported values: \"Role\", \"ClusterRole\"",
            "subjects[0].kind: Unsupported value: \"Y\": supported values: \"ServiceAccount\","
                + " \"User\", \"Group\"");
  }

  @Test
  void metricsOfAutoscalers() {
    String target =
        "'scaleTargetRef':{'apiVersion':'apps/v1','kind':'Deployment','name':'d'},'maxReplicas':3";
    assertThat(
            problems(
                "autoscaling",
                "horizontalpodautoscalers",
                named(
                    "'spec':{'minReplicas':0,"
                        + target
                        + ",'metrics':["
                        + "{'type':'Pods','pods':{'metric':{'name':'a/b'},'target':{'type':'X',"
                        + "'value':'0'}}},"
                        + "{'type':'Resource','object':{'metric':{},'describedObject':{'kind':'K',"
                        + "'name':'n'},'target':{'type':'Value','value':'1'}},'pods':{'metric':{'name':"
                        + "'m'},'target':{'type':'Value'}}},"
                        + "{'type':'ContainerResource','containerResource':{'target':{'type':"
                        + "'Utilization','averageUtilization':0,'averageValue':'1'}}}],"
                        + "'behavior':{'scaleUp':{'stabilizationWindowSeconds':3601,'selectPolicy':'X',"
                        + "'policies':[{'type':'X','value':0,'periodSeconds':1801}]}}}")))
        .containsExactly(
            "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1",
            "spec.metrics[0].pods.metric.name: Invalid value: \"a/b\": may not contain '/'",
            "spec.metrics[0].pods.target.type: Invalid value: \"X\": must be either Utilization,"
                + " Value, or AverageValue",
            "spec.metrics[0].pods.target.value: Invalid value: \"0\": must be positive",
            "spec.metrics[0].pods.target.averageValue: Required value: must specify a positive"
                + " target averageValue",
            "spec.metrics[1].object.metric.name: Required value: must specify a metric name",
            "spec.metrics[1].resource: Required value: must populate information for the given"
                + " metric source",
            "spec.metrics[1].object: Forbidden: must populate the given metric source only",
            "spec.metrics[1].pods: Forbidden: must populate the given metric source only",
            "spec.metrics[2].containerResource.name: Required value: must specify a resource name",
            "spec.metrics[2].containerResource.container: Required value: must specify a container",
            "spec.metrics[2].containerResource.target.averageUtilization: Invalid value: 0: must be"
                + " greater than 0",
            "spec.metrics[2].containerResource.target.averageValue: Forbidden: may not set both a"
                + " target raw value and a target utilization",
            "spec.metrics: Forbidden: must specify at least one Object or External metric to"
                + " support scaling to zero replicas",
            "spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: must be less"
                + " than or equal to 3600",
            "spec.behavior.scaleUp.selectPolicy: Unsupported value: \"X\": supported values:"
                + " \"Disabled\", \"Max\", \"Min\"",
            "spec.behavior.scaleUp.policies[0].type: Unsupported value: \"X\": supported values:"
                + " \"Percent\", \"Pods\"",
            "spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero",
            "spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: must be less"
                + " than or equal to 1800");
  }
}
