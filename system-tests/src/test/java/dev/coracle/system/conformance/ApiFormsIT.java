package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Discovery, version, tables and lists in parts. */
@Conformance
class ApiFormsIT {

  /** One resource of every group that has to be there: group, version, resource. */
  private static final String[][] KNOWN = {
    {"admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations"},
    {"apiextensions.k8s.io", "v1", "customresourcedefinitions"},
    {"apiregistration.k8s.io", "v1", "apiservices"},
    {"apps", "v1", "deployments"},
    {"authentication.k8s.io", "v1", "tokenreviews"},
    {"authorization.k8s.io", "v1", "selfsubjectaccessreviews"},
    {"autoscaling", "v1", "horizontalpodautoscalers"},
    {"autoscaling", "v2", "horizontalpodautoscalers"},
    {"batch", "v1", "jobs"},
    {"certificates.k8s.io", "v1", "certificatesigningrequests"},
    {"coordination.k8s.io", "v1", "leases"},
    {"discovery.k8s.io", "v1", "endpointslices"},
    {"events.k8s.io", "v1", "events"},
    {"flowcontrol.apiserver.k8s.io", "v1", "flowschemas"},
    {"networking.k8s.io", "v1", "ingresses"},
    {"node.k8s.io", "v1", "runtimeclasses"},
    {"policy", "v1", "poddisruptionbudgets"},
    {"rbac.authorization.k8s.io", "v1", "clusterroles"},
    {"scheduling.k8s.io", "v1", "priorityclasses"},
    {"storage.k8s.io", "v1", "csidrivers"},
    {"storage.k8s.io", "v1", "csinodes"}
  };

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
      if (text(group, "/name").endsWith(".example.com")) {
        // Of another test, and gone when that has ended; upstream's leaves them out too.
        continue;
      }
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
    for (String[] known : KNOWN) {
      JsonNode group = space.api().get("/apis/" + known[0]).ok();
      List<String> versions = new ArrayList<>();
      group.path("versions").forEach(v -> versions.add(text(v, "/groupVersion")));
      assertThat(versions).as(known[0]).contains(known[0] + "/" + known[1]);
      JsonNode list = space.api().get("/apis/" + known[0] + "/" + known[1]).ok();
      assertThat(text(list, "/groupVersion")).isEqualTo(known[0] + "/" + known[1]);
      List<String> resources = new ArrayList<>();
      list.path("resources").forEach(r -> resources.add(text(r, "/name")));
      assertThat(resources).as(known[0]).contains(known[2]);
    }
  }

  private static final String AGGREGATED =
      "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

  /** What a list of groups says, as {@code group/version/resource}. */
  private static List<String> resources(JsonNode list) {
    List<String> out = new ArrayList<>();
    for (JsonNode group : list.path("items")) {
      for (JsonNode version : group.path("versions")) {
        String in = text(group, "/metadata/name") + "/" + text(version, "/version") + "/";
        version.path("resources").forEach(r -> out.add(in + text(r, "/resource")));
      }
    }
    return out;
  }

  private static List<String> known() {
    return Stream.of(KNOWN).map(k -> String.join("/", k)).toList();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] AggregatedDiscovery should support aggregated discovery interface"
          + " [Conformance]")
  void aggregated(Space space) {
    JsonNode groups = space.api().get("/apis", AGGREGATED).ok();
    assertThat(resources(groups)).containsAll(known());
    JsonNode core = space.api().get("/api", AGGREGATED).ok();
    assertThat(resources(core)).contains("/v1/namespaces", "/v1/pods", "/v1/secrets");
    // A client makes the old form of it, so the two say the same.
    List<String> aggregated = new ArrayList<>();
    for (JsonNode group : groups.path("items")) {
      for (JsonNode version : group.path("versions")) {
        aggregated.add(text(group, "/metadata/name") + "/" + text(version, "/version"));
      }
    }
    for (String[] known : KNOWN) {
      List<String> plain = new ArrayList<>();
      space
          .api()
          .get("/apis/" + known[0])
          .ok()
          .path("versions")
          .forEach(v -> plain.add(text(v, "/groupVersion")));
      assertThat(aggregated.stream().filter(v -> v.startsWith(known[0] + "/")))
          .containsExactlyElementsOf(plain);
    }
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
      assertThat(resources(reply.json())).containsAll(known());
      assertThat(resources(space.api().get("/api", accept).ok())).contains("/v1/namespaces");
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
  void chunks(Space space) throws Exception {
    int total = 400;
    List<Future<?>> created = new ArrayList<>();
    try (ExecutorService twenty = Executors.newFixedThreadPool(20)) {
      for (int i = 0; i < total; i++) {
        String template =
            "{apiVersion: v1, kind: PodTemplate, metadata: {name: template-%04d}, template: {spec: {containers: [{name: c, image: $IMAGE}]}}}"
                .formatted(i);
        created.add(twenty.submit(() -> space.create(template)));
      }
    }
    for (Future<?> one : created) {
      one.get();
    }
    Random random = new Random(36);
    for (int pass = 0; pass < 3; pass++) {
      List<String> names = new ArrayList<>();
      String more = "";
      String version = "";
      do {
        int limit = random.nextInt(total / 10) + 1;
        JsonNode page =
            space
                .api()
                .get(
                    space.path("podtemplates")
                        + "?limit=%d&continue=%s".formatted(limit, Space.encode(more)))
                .ok();
        assertThat(Space.items(page)).hasSizeLessThanOrEqualTo(limit);
        Space.items(page).forEach(i -> names.add(text(i, "/metadata/name")));
        version = version.isEmpty() ? text(page, "/metadata/resourceVersion") : version;
        assertThat(text(page, "/metadata/resourceVersion")).isEqualTo(version);
        more = text(page, "/metadata/continue");
        JsonNode remaining = page.at("/metadata/remainingItemCount");
        if (more.isEmpty()) {
          assertThat(remaining.isMissingNode()).isTrue();
        } else {
          assertThat(remaining.asInt()).isEqualTo(total - names.size());
        }
      } while (!more.isEmpty());
      assertThat(names).hasSize(total).isSorted().doesNotHaveDuplicates();
    }
    assertThat(
            Space.items(space.api().get(space.path("podtemplates") + "?limit=" + (total + 1)).ok()))
        .hasSize(total);
  }
}
