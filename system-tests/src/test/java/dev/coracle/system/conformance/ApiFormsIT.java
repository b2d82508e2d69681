package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Discovery, version, tables and lists in parts. */
@Conformance
class ApiFormsIT {

  @Test
  @DisplayName("[sig-api-machinery] server version should find the server version [Conformance]")
  void version(Space space) {
    JsonNode version = space.api().get("/version").ok();
    assertThat(text(version, "/major")).isEqualTo("1");
    assertThat(text(version, "/minor")).isEqualTo("36");
    assertThat(text(version, "/gitVersion")).matches("v1\\.36\\.\\d+.*");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Discovery should validate PreferredVersion for each APIGroup"
          + " [Conformance]")
  void preferredVersion(Space space) {
    for (JsonNode group : space.api().get("/apis").ok().path("groups")) {
      String preferred = text(group, "/preferredVersion/groupVersion");
      JsonNode own = space.api().get("/apis/" + text(group, "/name")).ok();
      assertThat(text(own, "/preferredVersion/groupVersion")).isEqualTo(preferred);
      List<String> versions = new ArrayList<>();
      own.path("versions").forEach(v -> versions.add(text(v, "/groupVersion")));
      assertThat(versions).contains(preferred);
    }
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Discovery should locate the groupVersion and a resource within each"
          + " APIGroup [Conformance]")
  void groupVersions(Space space) {
    for (String[] known :
        new String[][] {
          {"admissionregistration.k8s.io", "validatingwebhookconfigurations"},
          {"apiextensions.k8s.io", "customresourcedefinitions"},
          {"apiregistration.k8s.io", "apiservices"},
          {"apps", "deployments"},
          {"authentication.k8s.io", "tokenreviews"},
          {"authorization.k8s.io", "selfsubjectaccessreviews"},
          {"autoscaling", "horizontalpodautoscalers"},
          {"batch", "jobs"},
          {"certificates.k8s.io", "certificatesigningrequests"},
          {"coordination.k8s.io", "leases"},
          {"discovery.k8s.io", "endpointslices"},
          {"events.k8s.io", "events"},
          {"flowcontrol.apiserver.k8s.io", "flowschemas"},
          {"networking.k8s.io", "ingresses"},
          {"node.k8s.io", "runtimeclasses"},
          {"policy", "poddisruptionbudgets"},
          {"rbac.authorization.k8s.io", "clusterroles"},
          {"scheduling.k8s.io", "priorityclasses"},
          {"storage.k8s.io", "csidrivers"}
        }) {
      List<String> versions = new ArrayList<>();
      space
          .api()
          .get("/apis/" + known[0])
          .ok()
          .path("versions")
          .forEach(v -> versions.add(text(v, "/version")));
      assertThat(versions).as(known[0]).contains(known[0].equals("autoscaling") ? "v2" : "v1");
      List<String> resources = new ArrayList<>();
      space
          .api()
          .get("/apis/" + known[0] + "/" + versions.get(0))
          .ok()
          .path("resources")
          .forEach(r -> resources.add(text(r, "/name")));
      assertThat(resources).as(known[0]).contains(known[1]);
    }
  }

  private static final String AGGREGATED =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

  private static List<String> groups(JsonNode list) {
    List<String> out = new ArrayList<>();
    list.path("items").forEach(g -> out.add(text(g, "/metadata/name")));
    return out;
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AggregatedDiscovery should support aggregated discovery interface"
          + " [Conformance]")
  void aggregated(Space space) {
    assertThat(groups(space.api().get("/apis", AGGREGATED).ok()))
        .contains("apps", "batch", "admissionregistration.k8s.io", "rbac.authorization.k8s.io");
    JsonNode core = space.api().get("/api", AGGREGATED).ok();
    List<String> resources = new ArrayList<>();
    core.at("/items/0/versions/0/resources").forEach(r -> resources.add(text(r, "/resource")));
    assertThat(resources).contains("namespaces", "pods", "secrets", "configmaps");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AggregatedDiscovery should support raw aggregated discovery endpoint"
          + " Accept headers [Conformance]")
  void acceptHeaders(Space space) {
    for (String accept : List.of(AGGREGATED, AGGREGATED + ",application/json")) {
      Reply reply = space.api().get("/apis", accept);
      assertThat(text(reply.ok(), "/kind")).as(accept).isEqualTo("APIGroupDiscoveryList");
      assertThat(text(reply.json(), "/apiVersion")).isEqualTo("apidiscovery.k8s.io/v2");
      assertThat(reply.headers().firstValue("Content-Type")).contains(AGGREGATED);
    }
    assertThat(text(space.api().get("/apis", "application/json").ok(), "/kind"))
        .isEqualTo("APIGroupList");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Servers with support for Table transformation should return a 406 for a"
          + " backend which does not implement metadata [Conformance]")
  void noTable(Space space) {
    Reply reply =
        space
            .api()
            .send(
                "POST",
                "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                "application/json",
                """
                {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
                 "spec": {"resourceAttributes": {"resource": "pods", "verb": "list"}}}
                """,
                Map.of("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io"));
    assertThat(reply.refused(406).path("reason").asText()).isEqualTo("NotAcceptable");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] Servers with support for API chunking should return chunks of results"
          + " for list calls [Conformance]")
  void chunks(Space space) {
    int total = 40;
    for (int i = 0; i < total; i++) {
      space.create(
          "{apiVersion: v1, kind: PodTemplate, metadata: {name: template-%04d}, template: {spec: {containers: [{name: c, image: $IMAGE}]}}}"
              .formatted(i));
    }
    List<String> names = new ArrayList<>();
    String more = "";
    String version = "";
    do {
      JsonNode page =
          space
              .api()
              .get(space.path("podtemplates") + "?limit=17&continue=" + Space.encode(more))
              .ok();
      Space.items(page).forEach(i -> names.add(text(i, "/metadata/name")));
      version = version.isEmpty() ? text(page, "/metadata/resourceVersion") : version;
      assertThat(text(page, "/metadata/resourceVersion")).isEqualTo(version);
      more = text(page, "/metadata/continue");
      if (more.isEmpty()) {
        assertThat(page.at("/metadata/remainingItemCount").asInt()).isZero();
      } else {
        assertThat(page.at("/metadata/remainingItemCount").asInt()).isEqualTo(total - names.size());
      }
    } while (!more.isEmpty());
    assertThat(names).hasSize(total).isSorted();
    assertThat(space.list("podtemplates")).hasSize(total);
  }
}
