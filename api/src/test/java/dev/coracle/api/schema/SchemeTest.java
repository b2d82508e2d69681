package dev.coracle.api.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import java.util.List;
import org.junit.jupiter.api.Test;

class SchemeTest {

  static final String CRD =
      """
      {"spec":{"group":"stable.example.com","scope":"Namespaced",
        "names":{"plural":"crontabs","kind":"CronTab","shortNames":["ct"]},
        "versions":[{"name":"v1beta1","served":true,"storage":false,"schema":{"openAPIV3Schema":{"type":"object"}}},
         {"name":"v1","served":true,"storage":true,
          "subresources":{"status":{},"scale":{"specReplicasPath":".spec.replicas"}},
          "schema":{"openAPIV3Schema":{"type":"object","properties":{
            "spec":{"type":"object","required":["cronSpec"],"properties":{
              "cronSpec":{"type":"string","default":"* * * * *"},
              "replicas":{"type":"integer","default":1},
              "port":{"x-kubernetes-int-or-string":true},
              "free":{"type":"object","x-kubernetes-preserve-unknown-fields":true},
              "items":{"type":"array","x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["name"],
                "items":{"type":"object","required":["name"],"properties":{
                  "name":{"type":"string"},"mode":{"type":"string","default":"fast"}}}}}}}}}}]}}
      """;

  private final Scheme scheme = Scheme.builtIn();

  @Test
  void knowsPodsWithEverythingDiscoveryTells() {
    ResourceDefinition pods = scheme.resource("", "v1", "pods").orElseThrow();
    assertThat(pods.kind()).isEqualTo(new GroupVersionKind("", "v1", "Pod"));
    assertThat(pods.listKind()).isEqualTo("PodList");
    assertThat(pods.singular()).isEqualTo("pod");
    assertThat(pods.namespaced()).isTrue();
    assertThat(pods.shortNames()).containsExactly("po");
    assertThat(pods.categories()).containsExactly("all");
    assertThat(pods.verbs()).contains("deletecollection", "watch");
    assertThat(pods.subresources())
        .extracting(Subresource::name)
        .contains("log", "exec", "status", "resize", "ephemeralcontainers", "eviction", "binding");
    assertThat(pods.subresource("exec").orElseThrow().verbs()).containsExactly("create", "get");
    assertThat(scheme.kind(new GroupVersionKind("apps", "v1", "Deployment"))).isPresent();
  }

  @Test
  void ordersGroupsAndVersionsAsUpstream() {
    assertThat(scheme.groups())
        .extracting(Scheme.ApiGroup::name)
        .startsWith("", "apiregistration.k8s.io", "apps", "events.k8s.io", "authentication.k8s.io");
    assertThat(scheme.group("autoscaling").orElseThrow().preferred().version()).isEqualTo("v2");
    assertThat(scheme.preferred(new GroupResource("networking.k8s.io", "ipaddresses")))
        .get()
        .extracting(r -> r.gvr().version())
        .isEqualTo("v1");
  }

  @Test
  void storesEveryVersionOfAResourceInOne() {
    assertThat(
            scheme
                .resource("autoscaling", "v1", "horizontalpodautoscalers")
                .orElseThrow()
                .storage())
        .hasToString("autoscaling/v2, Resource=horizontalpodautoscalers");
    assertThat(scheme.resource("events.k8s.io", "v1", "events").orElseThrow().storage())
        .hasToString("v1, Resource=events");
  }

  @Test
  void leavesAlphaOutUnlessWanted() {
    assertThat(scheme.version("scheduling.k8s.io", "v1alpha2")).isEmpty();
    assertThat(Scheme.builtIn(g -> true).version("scheduling.k8s.io", "v1alpha2")).isPresent();
  }

  @Test
  void carriesListTypesAndMergeKeys() {
    SchemaType pod = scheme.resource("", "v1", "pods").orElseThrow().schema();
    SchemaType ports = pod.at("spec", "containers", "0", "ports");
    assertThat(ports).isNotNull();
    assertThat(ports.listType()).isEqualTo(ListType.MAP);
    assertThat(ports.mapKeys()).containsExactly("containerPort", "protocol");
    SchemaType container = pod.at("spec", "containers", "0");
    assertThat(container).isNotNull();
    assertThat(container.fields().get("ports").mergeKey()).isEqualTo("containerPort");
    assertThat(container.fields().get("name").required()).isTrue();
    assertThat(ports.item().fields().get("protocol").defaultValue()).hasToString("\"TCP\"");
  }

  @Test
  void addsAndRemovesCustomResources() {
    ObjectNode crd = Json.parseObject(CRD);
    GroupResource name = new GroupResource("stable.example.com", "crontabs");
    long before = scheme.generation();
    scheme.put(name, CustomResources.definitions(crd));
    assertThat(scheme.groups().getLast().versions())
        .extracting(Scheme.Version::version)
        .containsExactly("v1", "v1beta1");
    ResourceDefinition v1 = scheme.resource("stable.example.com", "v1", "crontabs").orElseThrow();
    assertThat(v1.hasStatus()).isTrue();
    assertThat(v1.listKind()).isEqualTo("CronTabList");
    assertThat(scheme.generation()).isGreaterThan(before);
    scheme.remove(name);
    assertThat(scheme.group("stable.example.com")).isEmpty();
    assertThatThrownBy(() -> scheme.put(new GroupResource("", "pods"), List.of()))
        .hasMessageContaining("built in");
  }

  @Test
  void sortsVersionsByPriority() {
    List<String> versions =
        new java.util.ArrayList<>(
            List.of(
                "foo10", "v1alpha1", "v11beta2", "v10", "v2", "v1", "v3beta1", "foo1", "v10beta3"));
    versions.sort(KubeVersions.NEWEST_FIRST);
    assertThat(versions)
        .containsExactly(
            "v10", "v2", "v1", "v11beta2", "v10beta3", "v3beta1", "v1alpha1", "foo1", "foo10");
  }

  @Test
  void everyDefinitionResolves() {
    SchemaTable table = SchemaTable.kubernetes();
    int fields = 0;
    for (String name : table.definitionNames()) {
      fields += table.require(name).fields().size();
    }
    assertThat(fields).isGreaterThan(3000);
  }
}
