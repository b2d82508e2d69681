package dev.coracle.apiserver.warning;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.Json;
import dev.coracle.api.Yaml;
import dev.coracle.api.patch.MergePatch;
import dev.coracle.api.schema.CustomResources;
import dev.coracle.api.schema.Defaulter;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Scheme;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The words are those of Kubernetes 1.36. */
class KindWarningsTest {

  private static final Scheme SCHEME = Scheme.builtIn();
  private static final String POD =
      "{metadata: {name: p}, spec: {containers: [{name: c, image: i}]}}";

  private static ResourceDefinition resource(String name) {
    int slash = name.indexOf('/');
    return SCHEME
        .preferred(
            new GroupResource(slash < 0 ? "" : name.substring(0, slash), name.substring(slash + 1)))
        .orElseThrow();
  }

  private static ObjectNode tree(ResourceDefinition resource, String yaml) {
    ObjectNode out = (ObjectNode) yaml(yaml);
    Defaulter.apply(resource, out);
    return out;
  }

  private static JsonNode yaml(String text) {
    return Yaml.parse(text.getBytes(StandardCharsets.UTF_8), 1 << 20);
  }

  private static List<String> created(String name, String yaml) {
    ResourceDefinition resource = resource(name);
    List<String> out = new ArrayList<>();
    KindWarnings.ofCreate(resource, tree(resource, yaml), out::add);
    return out;
  }

  private static ObjectNode pod(String spec) {
    ObjectNode out = tree(resource("pods"), POD);
    return (ObjectNode) MergePatch.apply(out, Json.object().set("spec", yaml(spec)));
  }

  @Test
  void driversOfDevicesAreWrittenSmall() {
    String slice =
        "{metadata: {name: s}, spec: {driver: %s, nodeName: n, pool: {name: n, generation: 1,"
            + " resourceSliceCount: 1}}}";
    assertThat(created("resource.k8s.io/resourceslices", slice.formatted("Gpu.example.com")))
        .containsExactly(
            "spec.driver: driver names should be lowercase; \"Gpu.example.com\" contains uppercase"
                + " characters");
    assertThat(created("resource.k8s.io/resourceslices", slice.formatted("gpu.example.com")))
        .isEmpty();
  }

  @Test
  void formatsThatNobodyLooksAt() {
    String schema =
        "{type: object, properties: {a: {type: string, format: yaml}, b: {type: array, items:"
            + " {type: string, format: date-time}}, c: {type: integer, format: int64}, d: {type:"
            + " object, additionalProperties: {type: string, format: toml}}, e: {type: string,"
            + " format: yaml}, f: {type: integer, format: date}}}";
    assertThat(
            created(
                "apiextensions.k8s.io/customresourcedefinitions",
                "{metadata: {name: tabs.g.io}, spec: {group: g.io, scope: Namespaced, names: {plural:"
                    + " tabs, kind: Tab}, versions: [{name: v1, served: true, storage: true, schema:"
                    + " {openAPIV3Schema: "
                    + schema
                    + "}}]}}"))
        .containsExactly(
            "unrecognized format \"yaml\"",
            "unrecognized format \"toml\"",
            "unrecognized format \"date\"");
  }

  @Test
  void ordinaryObjectsWarnOfNothing() {
    assertThat(created("pods", POD)).isEmpty();
    assertThat(
            created(
                "services",
                "{metadata: {name: s}, spec: {clusterIPs: [10.0.0.1], ports: [{port: 80}]}}"))
        .isEmpty();
    assertThat(
            created(
                "apps/deployments",
                "{metadata: {name: d}, spec: {template: {spec: {containers: [{name: c}]}}}}"))
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "{nodeSelector: {beta.kubernetes.io/os: linux}} | spec.nodeSelector[beta.kubernetes.io/os]:"
            + " deprecated since v1.14; use \"kubernetes.io/os\" instead",
        "{topologySpreadConstraints: [{topologyKey: zone}]} |"
            + " spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in"
            + " matching no pod",
        "{topologySpreadConstraints: [{topologyKey: failure-domain.beta.kubernetes.io/zone,"
            + " labelSelector: {}}]} | spec.topologySpreadConstraints[0].topologyKey:"
            + " failure-domain.beta.kubernetes.io/zone is deprecated since v1.17; use"
            + " \"topology.kubernetes.io/zone\" instead",
        "{affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution:"
            + " [{podAffinityTerm: {topologyKey: a}}]}}} |"
            + " spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm.labelSelector:"
            + " a null labelSelector results in matching no pod",
        "{affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution:"
            + " {nodeSelectorTerms: [{matchExpressions: [{key: beta.kubernetes.io/arch}]}]}}}} |"
            + " spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].key:"
            + " beta.kubernetes.io/arch is deprecated since v1.14; use \"kubernetes.io/arch\""
            + " instead",
        "{volumes: [{name: v, gitRepo: {}}]} | spec.volumes[0].gitRepo: deprecated in v1.11",
        "{hostAliases: [{ip: 1.1.1.1}, {ip: 1.1.1.1}]} | spec.hostAliases[1].ip: duplicate ip"
            + " \"1.1.1.1\"",
        "{imagePullSecrets: [{name: a}, {name: a}]} | spec.imagePullSecrets[1].name: duplicate name"
            + " \"a\"",
        "{imagePullSecrets: [{name: ''}]} | spec.imagePullSecrets[0].name: invalid empty name \"\"",
        "{terminationGracePeriodSeconds: -1} | spec.terminationGracePeriodSeconds: must be >= 0;"
            + " negative values are invalid and will be treated as 1",
        "{containers: [{name: c, resources: {limits: {memory: 100m}}}]} |"
            + " spec.containers[0].resources.limits[memory]: fractional byte value \"100m\" is"
            + " invalid, must be an integer",
        "{containers: [{name: c, env: [{name: A, value: x}, {name: A, value: y}]}]} |"
            + " spec.containers[0].env[1]: hides previous definition of \"A\", which may be dropped"
            + " when using apply",
        "{containers: [{name: c, ports: [{containerPort: 80, hostIP: 1.2.3.4, protocol: TCP}]}]} |"
            + " spec.containers[0].ports[0]: hostIP set without hostPort: {Name: HostPort:0"
            + " ContainerPort:80 Protocol:TCP HostIP:1.2.3.4}",
        "{containers: [{name: c, ports: [{containerPort: 80}]}, {name: d, ports: [{containerPort:"
            + " 80}]}]} | spec.containers[1].ports[0]: duplicate port definition with"
            + " spec.containers[0].ports[0]",
        "{containers: [{name: c, ports: [{containerPort: 80, hostPort: 8080}]}, {name: d, ports:"
            + " [{containerPort: 80}]}]} | spec.containers[1].ports[0]: overlapping port definition"
            + " with spec.containers[0].ports[0]",
        "{containers: [{name: c, ports: [{containerPort: 80, hostPort: 8080}, {containerPort: 80,"
            + " hostPort: 8080, hostIP: 1.2.3.4}]}]} | spec.containers[0].ports[1]: dangerously"
            + " ambiguous port definition with spec.containers[0].ports[0]",
        "{volumes: [{name: v, projected: {sources: [{serviceAccountToken: {path: t}}, {secret:"
            + " {items: [{key: k, path: t}]}}]}}]} | spec.volumes[0].projected.sources.secrets[0]:"
            + " has duplicated path with ServiceAccountToken \"t\"",
      })
  void oddPodsWarnOnce(String spec, String warning) {
    List<String> out = new ArrayList<>();
    KindWarnings.ofCreate(resource("pods"), pod(spec), out::add);
    assertThat(out).containsExactly(warning);
  }

  @Test
  void aVariableThatBuildsOnTheOneBeforeItHidesNothing() {
    List<String> out = new ArrayList<>();
    ObjectNode pod =
        pod("{containers: [{name: c, env: [{name: A, value: x}, {name: A, value: 'y$(A)'}]}]}");
    KindWarnings.ofCreate(resource("pods"), pod, out::add);
    assertThat(out).isEmpty();
  }

  @Test
  void namesThatAreNoLabelsWarn() {
    assertThat(created("pods", "{metadata: {name: a.b}, spec: {containers: []}}"))
        .containsExactly(
            "metadata.name: this is used in the Pod's hostname, which can result in surprising"
                + " behavior; a DNS label is recommended: [must not contain dots]");
    assertThat(created("batch/jobs", "{metadata: {name: a.b}, spec: {}}"))
        .containsExactly(
            "metadata.name: this is used in Pod names and hostnames, which can result in surprising"
                + " behavior; a DNS label is recommended: [must not contain dots]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "services | {spec: {clusterIP: None, externalIPs: [1.2.3.4]}} | spec.externalIPs is ignored"
            + " for headless services",
        "services | {spec: {externalIPs: [1.2.3.4]}} | spec.externalIPs is deprecated and may no"
            + " longer be implemented in some clusters",
        "services | {spec: {externalName: a.b}} | spec.externalName is ignored when spec.type is"
            + " not \"ExternalName\"",
        "services | {spec: {trafficDistribution: PreferClose}} | spec.trafficDistribution:"
            + " \"PreferClose\" is deprecated; use \"PreferSameZone\"",
        "services | {spec: {loadBalancerSourceRanges: [10.0.0.1/8]}} |"
            + " spec.loadBalancerSourceRanges[0]: CIDR value \"10.0.0.1/8\" is ambiguous in this"
            + " context (should be \"10.0.0.0/8\" or \"10.0.0.1/32\"?)",
        "services | {spec: {clusterIPs: ['2001:DB8::1']}} | spec.clusterIPs[0]: IPv6 address"
            + " \"2001:DB8::1\" should be in RFC 5952 canonical format (\"2001:db8::1\")",
        "persistentvolumes | {spec: {persistentVolumeReclaimPolicy: Recycle}} |"
            + " spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated."
            + " Instead, the recommended approach is to use dynamic provisioning.",
        "persistentvolumeclaims | {metadata: {annotations:"
            + " {volume.beta.kubernetes.io/storage-class: a}}} |"
            + " metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since"
            + " v1.8; use \"storageClassName\" attribute instead",
        "persistentvolumeclaims | {spec: {resources: {requests: {storage: 1500m}}}} |"
            + " spec.resources.requests[storage]: fractional byte value \"1500m\" is invalid, must"
            + " be an integer",
        "networking.k8s.io/ingresses | {metadata: {annotations: {kubernetes.io/ingress.class: a}}}"
            + " | annotation \"kubernetes.io/ingress.class\" is deprecated, please use"
            + " 'spec.ingressClassName' instead",
        "discovery.k8s.io/endpointslices | {addressType: FQDN, endpoints: [{addresses: [a.b]}]} |"
            + " spec.addressType: FQDN endpoints are deprecated",
        "networking.k8s.io/networkpolicies | {spec: {ingress: [{from: [{ipBlock: {cidr:"
            + " '::1/64'}}]}]}} | spec.ingress[0].from[0].ipBlock.cidr: CIDR value \"::1/64\" is"
            + " ambiguous in this context (should be \"::/64\" or \"::1/128\"?)",
        "apps/statefulsets | {spec: {revisionHistoryLimit: -1}} | spec.revisionHistoryLimit: a"
            + " negative value retains all historical revisions; a value >= 0 is recommended",
        "apps/deployments | {metadata: {name: d}, spec: {template: {spec: {nodeSelector:"
            + " {beta.kubernetes.io/os: l}}}}} |"
            + " spec.template.spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use"
            + " \"kubernetes.io/os\" instead",
        "batch/cronjobs | {metadata: {name: c}, spec: {jobTemplate: {spec: {template: {spec:"
            + " {volumes: [{rbd: {}}]}}}}}} | spec.jobTemplate.spec.template.spec.volumes[0].rbd:"
            + " deprecated in v1.28, non-functional in v1.31+",
      })
  void oddObjectsWarnOnce(String kind, String yaml, String warning) {
    assertThat(created(kind, yaml)).containsExactly(warning);
  }

  @Test
  void theClassOfAnIngressMayStandInItsAnnotationAsWell() {
    assertThat(
            created(
                "networking.k8s.io/ingresses",
                "{metadata: {annotations: {kubernetes.io/ingress.class: a}}, spec:"
                    + " {ingressClassName: a}}"))
        .isEmpty();
  }

  @Test
  void anUpdateThatChangesNothingWantedSaysNothing() {
    ResourceDefinition deployments = resource("apps/deployments");
    String odd =
        "{metadata: {name: d, generation: %d}, spec: {template: {spec: {nodeSelector:"
            + " {beta.kubernetes.io/os: l}}}}}";
    ObjectNode before = tree(deployments, odd.formatted(1));
    List<String> out = new ArrayList<>();
    KindWarnings.ofUpdate(deployments, tree(deployments, odd.formatted(1)), before, out::add);
    assertThat(out).isEmpty();
    KindWarnings.ofUpdate(deployments, tree(deployments, odd.formatted(2)), before, out::add);
    assertThat(out).hasSize(1);
  }

  private static List<String> updated(String name, String before, String now) {
    ResourceDefinition resource = resource(name);
    List<String> out = new ArrayList<>();
    KindWarnings.ofUpdate(resource, tree(resource, now), tree(resource, before), out::add);
    return out;
  }

  @Test
  void aDaemonSetTellsOfItsTemplateWhenThatChanges() {
    String odd =
        "{metadata: {generation: %d}, spec: {minReadySeconds: %d, template: {spec: {nodeSelector:"
            + " {beta.kubernetes.io/os: %s}}}}}";
    String before = odd.formatted(1, 0, "l");
    assertThat(updated("apps/daemonsets", before, odd.formatted(2, 3, "l"))).isEmpty();
    assertThat(updated("apps/daemonsets", before, odd.formatted(2, 3, "m"))).hasSize(1);
  }

  @Test
  void whatIsToldWithEveryUpdate() {
    String set =
        "{metadata: {generation: 1}, spec: {revisionHistoryLimit: -1, volumeClaimTemplates: [{spec:"
            + " {resources: {requests: {storage: 1500m}}}}]}}";
    assertThat(updated("apps/statefulsets", set, set))
        .containsExactly(
            "spec.volumeClaimTemplates[0].Spec.resources.requests[storage]: fractional byte value"
                + " \"1500m\" is invalid, must be an integer",
            "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value"
                + " >= 0 is recommended");
    String cron = "{metadata: {name: c, generation: 1}, spec: {schedule: 'TZ=UTC 0 0 * * *'}}";
    assertThat(updated("batch/cronjobs", cron, cron))
        .containsExactly(
            "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see"
                + " https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more"
                + " details");
    assertThat(created("batch/cronjobs", cron)).isEmpty();
  }

  @Test
  void newFinalizersOfCustomResourcesShouldHaveADomainAndAPath() {
    ResourceDefinition tabs =
        CustomResources.definitions(
                (ObjectNode)
                    yaml(
                        "{spec: {group: g.io, scope: Namespaced, names: {plural: tabs, kind: Tab},"
                            + " versions: [{name: v1, served: true, storage: true, schema:"
                            + " {openAPIV3Schema: {type: object}}}]}}"))
            .getFirst();
    ObjectNode before = tree(tabs, "{metadata: {finalizers: [old.g.io]}}");
    ObjectNode now =
        tree(
            tabs,
            "{metadata: {finalizers: [z, old.g.io, g.io/a, g.io/-, orphan, foregroundDeletion, kubernetes, a.g.io]}}");
    List<String> words = new ArrayList<>();
    KindWarnings.ofUpdate(tabs, now, before, words::add);
    String better = ": prefer a domain-qualified finalizer name";
    String end = " to avoid accidental conflicts with other finalizer writers";
    assertThat(words)
        .containsExactly(
            "metadata.finalizers: \"a.g.io\"" + better + " including a path (/)" + end,
            "metadata.finalizers: \"g.io/-\": name part must consist of alphanumeric characters, '-',"
                + " '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',"
                + "  or 'my.name',  or '123-abc', regex used for validation is"
                + " '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
            "metadata.finalizers: \"z\"" + better + end);
    words.clear();
    KindWarnings.ofCreate(tabs, before, words::add);
    assertThat(words)
        .containsExactly(
            "metadata.finalizers: \"old.g.io\"" + better + " including a path (/)" + end);
  }
}
