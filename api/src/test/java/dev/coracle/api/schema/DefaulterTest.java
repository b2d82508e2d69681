package dev.coracle.api.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DefaulterTest {

  private final Scheme scheme = Scheme.builtIn();

  private ObjectNode defaulted(String group, String version, String plural, String json) {
    ResourceDefinition resource = scheme.resource(group, version, plural).orElseThrow();
    ObjectNode tree = Json.parseObject(json.replace('\'', '"'));
    Defaulter.apply(resource, tree);
    return tree;
  }

  @Test
  void aPodGetsWhatUpstreamGivesIt() {
    ObjectNode pod =
        defaulted(
            "",
            "v1",
            "pods",
            """
            {'spec':{'serviceAccountName':'x','volumes':[{'name':'v'},{'name':'s','secret':{'secretName':'q'}}],
             'containers':[{'name':'a','image':'busybox','ports':[{'containerPort':80}],
               'livenessProbe':{'httpGet':{'port':80},'timeoutSeconds':0},
               'resources':{'limits':{'cpu':'1','memory':'1Gi'},'requests':{'cpu':'100m'}},
               'env':[{'name':'N','valueFrom':{'fieldRef':{'fieldPath':'metadata.name'}}}]}]}}\
            """);
    JsonNode spec = pod.path("spec");
    assertThat(spec.path("restartPolicy").asText()).isEqualTo("Always");
    assertThat(spec.path("dnsPolicy").asText()).isEqualTo("ClusterFirst");
    assertThat(spec.path("schedulerName").asText()).isEqualTo("default-scheduler");
    assertThat(spec.path("terminationGracePeriodSeconds").asInt()).isEqualTo(30);
    assertThat(spec.path("enableServiceLinks").asBoolean()).isTrue();
    assertThat(spec.path("securityContext").isObject()).isTrue();
    assertThat(spec.path("serviceAccount").asText()).isEqualTo("x");
    assertThat(spec.at("/volumes/0").has("emptyDir")).isTrue();
    assertThat(spec.at("/volumes/1/secret/defaultMode").asInt()).isEqualTo(420);
    JsonNode c = spec.at("/containers/0");
    assertThat(c.path("imagePullPolicy").asText()).isEqualTo("Always");
    assertThat(c.path("terminationMessagePath").asText()).isEqualTo("/dev/termination-log");
    assertThat(c.at("/ports/0/protocol").asText()).isEqualTo("TCP");
    assertThat(c.at("/livenessProbe/timeoutSeconds").asInt()).isEqualTo(1);
    assertThat(c.at("/livenessProbe/httpGet/path").asText()).isEqualTo("/");
    assertThat(c.at("/resources/requests").toString())
        .isEqualTo("{\"cpu\":\"100m\",\"memory\":\"1Gi\"}");
    assertThat(c.at("/env/0/valueFrom/fieldRef/apiVersion").asText()).isEqualTo("v1");
  }

  @Test
  void aPodAsAWholeAsksForWhatItsContainersDoElseForItsLimits() {
    ObjectNode pod =
        defaulted(
            "",
            "v1",
            "pods",
            """
            {'spec':{'resources':{'limits':{'cpu':'2','memory':'1Gi'}},
             'initContainers':[{'name':'i','image':'a:1','resources':{'requests':{'cpu':'50m'}}}],
             'containers':[{'name':'a','image':'a:1','resources':{'requests':{'cpu':'100m'}}},
               {'name':'b','image':'a:1','resources':{'requests':{'cpu':'200m'}}}]}}\
            """);
    assertThat(pod.at("/spec/resources/requests").toString())
        .isEqualTo("{\"cpu\":\"300m\",\"memory\":\"1Gi\"}");
  }

  @Test
  void aTemplateGetsNeitherRequestsNorServiceLinks() {
    ObjectNode d =
        defaulted(
            "apps",
            "v1",
            "deployments",
            "{'spec':{'template':{'spec':{'containers':[{'name':'a','image':'a:1','resources':{'limits':{'cpu':'1'}}}]}}}}");
    assertThat(d.at("/spec/template/spec/containers/0/resources").has("requests")).isFalse();
    assertThat(d.at("/spec/template/spec").has("enableServiceLinks")).isFalse();
    assertThat(d.at("/spec/template/spec/containers/0/imagePullPolicy").asText())
        .isEqualTo("IfNotPresent");
    assertThat(d.at("/spec/strategy").toString())
        .isEqualTo(
            "{\"type\":\"RollingUpdate\",\"rollingUpdate\":{\"maxUnavailable\":\"25%\",\"maxSurge\":\"25%\"}}");
    assertThat(d.at("/spec/replicas").asInt()).isEqualTo(1);
    ObjectNode zero =
        defaulted(
            "apps", "v1", "deployments", "{'spec':{'strategy':{'rollingUpdate':{'maxSurge':0}}}}");
    assertThat(zero.at("/spec/strategy/rollingUpdate/maxSurge").asText()).isEqualTo("0");
    ObjectNode recreate =
        defaulted("apps", "v1", "deployments", "{'spec':{'strategy':{'type':'Recreate'}}}");
    assertThat(recreate.at("/spec/strategy").has("rollingUpdate")).isFalse();
  }

  @Test
  void aServiceGetsPortsPoliciesByItsType() {
    ObjectNode s =
        defaulted("", "v1", "services", "{'spec':{'type':'LoadBalancer','ports':[{'port':80}]}}");
    assertThat(s.at("/spec/ports/0").toString())
        .isEqualTo("{\"port\":80,\"targetPort\":80,\"protocol\":\"TCP\"}");
    assertThat(s.at("/spec/externalTrafficPolicy").asText()).isEqualTo("Cluster");
    assertThat(s.at("/spec/allocateLoadBalancerNodePorts").asBoolean()).isTrue();
    ObjectNode ip =
        defaulted("", "v1", "services", "{'spec':{'ports':[{'port':80,'targetPort':'http'}]}}");
    assertThat(ip.at("/spec/type").asText()).isEqualTo("ClusterIP");
    assertThat(ip.at("/spec").has("externalTrafficPolicy")).isFalse();
    assertThat(ip.at("/spec/internalTrafficPolicy").asText()).isEqualTo("Cluster");
    assertThat(ip.at("/spec/ports/0/targetPort").asText()).isEqualTo("http");
  }

  @Test
  void otherKinds() {
    assertThat(
            defaulted(
                    "batch",
                    "v1",
                    "jobs",
                    "{'spec':{'template':{'metadata':{'labels':{'a':'b'}},'spec':{}}}}")
                .path("metadata")
                .path("labels")
                .toString())
        .isEqualTo("{\"a\":\"b\"}");
    assertThat(
            defaulted("", "v1", "secrets", "{'stringData':{'a':'b'},'data':{'c':'ZA=='}}")
                .toString())
        .isEqualTo("{\"data\":{\"c\":\"ZA==\",\"a\":\"Yg==\"},\"type\":\"Opaque\"}");
    assertThat(defaulted("", "v1", "namespaces", "{'metadata':{'name':'n'}}").toString())
        .contains("\"kubernetes.io/metadata.name\":\"n\"", "\"phase\":\"Active\"");
    assertThat(
            defaulted("networking.k8s.io", "v1", "networkpolicies", "{'spec':{'egress':[{}]}}")
                .at("/spec/policyTypes")
                .toString())
        .isEqualTo("[\"Ingress\",\"Egress\"]");
    assertThat(
            defaulted(
                    "rbac.authorization.k8s.io",
                    "v1",
                    "rolebindings",
                    "{'subjects':[{'kind':'User','name':'a'},{'kind':'ServiceAccount','name':'b'}],'roleRef':{}}")
                .toString())
        .contains(
            "{\"kind\":\"User\",\"name\":\"a\",\"apiGroup\":\"rbac.authorization.k8s.io\"},{\"kind\":\"ServiceAccount\",\"name\":\"b\"}");
  }

  @ParameterizedTest
  @CsvSource({
    "busybox,true", "busybox:latest,true", "busybox:1,false", "reg:5000/a,true",
    "reg:5000/a:2,false", "a@sha256:00,false", "a:latest@sha256:00,true", "'',false"
  })
  void pullPolicyFollowsTheTag(String image, boolean latest) {
    assertThat(PodDefaults.isLatest(image)).isEqualTo(latest);
  }

  @Test
  void isIdempotentForEveryKind() {
    for (ResourceDefinition r : scheme.resources()) {
      ObjectNode tree = Json.parseObject("{\"metadata\":{\"name\":\"a\"},\"spec\":{}}");
      try {
        Defaulter.apply(r, tree);
      } catch (RuntimeException e) {
        throw new AssertionError(r.toString(), e);
      }
      ObjectNode again = tree.deepCopy();
      Defaulter.apply(r, again);
      assertThat(again).as(r.toString()).isEqualTo(tree);
    }
  }

  @Test
  void servicesThatAreReachedFromOutside() {
    ObjectNode service =
        defaulted(
            "",
            "v1",
            "services",
            "{'spec':{'externalIPs':['10.0.0.1']},'status':{'loadBalancer':{'ingress':[{'ip':'x'}]}}}");
    assertThat(service.at("/spec/externalTrafficPolicy").asText()).isEqualTo("Cluster");
    assertThat(service.at("/status/loadBalancer/ingress/0").has("ipMode")).isFalse();
    ObjectNode balancer =
        defaulted(
            "",
            "v1",
            "services",
            "{'spec':{'type':'LoadBalancer'},'status':{'loadBalancer':{'ingress':[{'ip':'10.0.0.1'},"
                + "{'hostname':'a'},{'ip':'10.0.0.2','ipMode':'Proxy'}]}}}");
    assertThat(balancer.at("/status/loadBalancer/ingress/0/ipMode").asText()).isEqualTo("VIP");
    assertThat(balancer.at("/status/loadBalancer/ingress/1").has("ipMode")).isFalse();
    assertThat(balancer.at("/status/loadBalancer/ingress/2/ipMode").asText()).isEqualTo("Proxy");
    ObjectNode inside = defaulted("", "v1", "services", "{'spec':{}}");
    assertThat(inside.path("spec").has("externalTrafficPolicy")).isFalse();
  }
}
