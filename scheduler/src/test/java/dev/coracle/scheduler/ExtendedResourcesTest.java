package dev.coracle.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Extended resources that are devices of a DeviceClass (KEP-5004). */
class ExtendedResourcesTest {

  private static final String GPU = "example.com/gpu";
  private static final String IMPLICIT = "deviceclass.resource.kubernetes.io/gpu";

  private final SchedulerFixture f = new SchedulerFixture();

  private void deviceClass(String name, String resource, String created) {
    f.api.put(
        Resources.DEVICE_CLASSES,
        KubeObject.parse(
            """
            {"apiVersion":"resource.k8s.io/v1","kind":"DeviceClass",
             "metadata":{"name":"%s","creationTimestamp":"%s"},
             "spec":{"extendedResourceName":"%s"}}\
            """
                .formatted(name, created, resource)));
    f.run();
  }

  private void deviceClass() {
    deviceClass("gpu", GPU, "2026-01-01T00:00:00Z");
  }

  private void devices(String node, int count) {
    StringBuilder devices = new StringBuilder();
    for (int i = 0; i < count; i++) {
      devices.append(i == 0 ? "" : ",").append("{\"name\":\"d").append(i).append("\"}");
    }
    f.api.put(
        Resources.RESOURCE_SLICES,
        KubeObject.parse(
            """
            {"apiVersion":"resource.k8s.io/v1","kind":"ResourceSlice","metadata":{"name":"s-%s"},
             "spec":{"driver":"gpu.example.com","nodeName":"%s",
              "pool":{"name":"%s","generation":1,"resourceSliceCount":1},"devices":[%s]}}\
            """
                .formatted(node, node, node, devices)));
    f.run();
  }

  private KubeObject pod(String name, String containers) {
    KubeObject made =
        f.pod(
            name,
            "",
            n -> n.withObjectProperty("spec").setAll(Json.parseObject("{" + containers + "}")));
    f.run();
    return made;
  }

  private KubeObject pod(String name, String resource, int count) {
    return pod(
        name,
        "\"containers\":[{\"name\":\"c\",\"resources\":{\"requests\":{\"%s\":\"%d\"}}}]"
            .formatted(resource, count));
  }

  private List<KubeObject> claims() {
    return f.api.all(Resources.RESOURCE_CLAIMS);
  }

  private JsonNode statusOf(String pod) {
    KubeObject found = f.peek(pod);
    assertThat(found).isNotNull();
    return found.at("status", "extendedResourceClaimStatus");
  }

  @ParameterizedTest
  @ValueSource(strings = {GPU, IMPLICIT})
  void aPodGetsDevicesOfTheClassByAClaimThatTheSchedulerMakes(String resource) {
    f.node("n1", "4");
    f.node("n2", "4");
    deviceClass();
    devices("n2", 2);
    f.start();
    KubeObject pod = pod("p", resource, 2);
    assertThat(f.message("p")).isEmpty();
    assertThat(f.nodeOf("p")).isEqualTo("n2");
    assertThat(claims()).hasSize(1);
    KubeObject claim = claims().getFirst();
    assertThat(claim.name()).startsWith("p-extended-resources-");
    assertThat(claim.annotation("resource.kubernetes.io/extended-resource-claim")).contains("true");
    assertThat(claim.controllerOwner().orElseThrow().uid()).isEqualTo(pod.uid());
    assertThat(claim.at("spec", "devices", "requests"))
        .hasToString(
            "[{\"name\":\"container-0-request-0\",\"exactly\":{\"deviceClassName\":\"gpu\","
                + "\"allocationMode\":\"ExactCount\",\"count\":2}}]");
    assertThat(claim.at("status", "allocation", "devices", "results")).hasSize(2);
    assertThat(claim.at("status", "reservedFor").path(0).path("uid").asText()).isEqualTo(pod.uid());
    assertThat(claim.finalizers()).contains("resource.kubernetes.io/delete-protection");
    assertThat(statusOf("p"))
        .isEqualTo(
            Json.parse(
                """
                {"resourceClaimName":"%s","requestMappings":[{"containerName":"c",
                  "resourceName":"%s","requestName":"container-0-request-0"}]}\
                """
                    .formatted(claim.name(), resource)));
  }

  @Test
  void aNodeWhosePluginHasTheResourceIsCountedAsBefore() {
    f.node(
        "n1",
        "4",
        n -> n.withObjectProperty("status").withObjectProperty("allocatable").put(GPU, "1"));
    deviceClass();
    devices("n1", 4);
    f.start();
    pod("p1", GPU, 1);
    assertThat(f.nodeOf("p1")).isEqualTo("n1");
    assertThat(claims()).isEmpty();
    assertThat(statusOf("p1").isMissingNode()).isTrue();
    pod("p2", GPU, 1);
    assertThat(f.nodeOf("p2")).isEmpty();
    assertThat(f.message("p2")).contains("Insufficient " + GPU);
  }

  @Test
  void whatIsGivenByResourceNobodyGetsByClaimAndTheOtherWayRound() {
    f.node("n1", "4");
    deviceClass();
    devices("n1", 2);
    f.start();
    pod("p1", GPU, 1);
    f.api.put(
        Resources.RESOURCE_CLAIMS,
        KubeObject.parse(
            """
            {"apiVersion":"resource.k8s.io/v1","kind":"ResourceClaim",
             "metadata":{"name":"c","namespace":"default","uid":"c-uid"},
             "spec":{"devices":{"requests":[{"name":"r","exactly":{"deviceClassName":"gpu"}}]}}}\
            """));
    f.podOfClaim("p2", "c");
    f.run();
    assertThat(List.of(f.nodeOf("p1"), f.nodeOf("p2"))).containsOnly("n1");
    assertThat(
            claims().stream()
                .map(c ->
                    c.at("status", "allocation", "devices", "results")
                        .path(0)
                        .path("device")
                        .asText()))
        .containsExactlyInAnyOrder("d0", "d1");
    pod("p3", GPU, 1);
    assertThat(f.nodeOf("p3")).isEmpty();
    assertThat(f.message("p3")).contains("cannot allocate all claims");
    assertThat(claims()).hasSize(2);
  }

  @Test
  void everyContainerHasRequestsOfItsOwn() {
    f.node("n1", "4");
    deviceClass();
    devices("n1", 4);
    f.start();
    pod(
        "p",
        """
        "initContainers":[{"name":"i","resources":{"requests":{"cpu":"1","example.com/gpu":"1"}}}],
        "containers":[{"name":"plain"},
         {"name":"c","resources":{"requests":{"example.com/gpu":"2","cpu":"1","memory":"1Mi"}}}]\
        """);
    assertThat(f.nodeOf("p")).isEqualTo("n1");
    JsonNode mappings = statusOf("p").path("requestMappings");
    assertThat(mappings).hasSize(2);
    assertThat(mappings.at("/0/containerName").asText()).isEqualTo("i");
    assertThat(mappings.at("/0/requestName").asText()).isEqualTo("container-0-request-1");
    assertThat(mappings.at("/1/containerName").asText()).isEqualTo("c");
    assertThat(mappings.at("/1/requestName").asText()).isEqualTo("container-2-request-1");
    assertThat(claims().getFirst().at("status", "allocation", "devices", "results")).hasSize(3);
  }

  @Test
  void theNewestClassOfANameCounts() {
    f.node("n1", "4");
    devices("n1", 1);
    deviceClass("old", GPU, "2026-01-01T00:00:00Z");
    deviceClass("z", GPU, "2026-02-01T00:00:00Z");
    deviceClass("b", GPU, "2026-02-01T00:00:00Z");
    f.start();
    pod("p", GPU, 1);
    assertThat(
            claims().getFirst().at("spec", "devices", "requests").at("/0/exactly/deviceClassName"))
        .hasToString("\"b\"");
  }

  @Test
  void aPodWaitsForTheClass() {
    f.node("n1", "4");
    devices("n1", 1);
    f.start();
    pod("p", GPU, 1);
    assertThat(f.message("p")).contains("Insufficient " + GPU);
    deviceClass();
    f.context.advance(Duration.ofSeconds(30));
    assertThat(f.nodeOf("p")).isEqualTo("n1");
  }

  @Test
  void theClaimOfAnAttemptThatFailedIsMadeAnew() {
    f.node("n1", "4");
    deviceClass();
    devices("n1", 1);
    KubeObject pod = pod("p", GPU, 1);
    f.api.put(
        Resources.RESOURCE_CLAIMS,
        KubeObject.parse(
            """
            {"apiVersion":"resource.k8s.io/v1","kind":"ResourceClaim",
             "metadata":{"name":"p-extended-resources-old","namespace":"default","uid":"old-uid",
              "finalizers":["resource.kubernetes.io/delete-protection"],
              "annotations":{"resource.kubernetes.io/extended-resource-claim":"true"},
              "ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p","uid":"%s",
               "controller":true}]},
             "spec":{"devices":{"requests":[{"name":"container-0-request-0",
              "exactly":{"deviceClassName":"gpu"}}]}},
             "status":{"allocation":{"devices":{"results":[{"request":"container-0-request-0",
              "driver":"gpu.example.com","pool":"n1","device":"d0"}]}}}}\
            """
                .formatted(pod.uid())));
    f.start();
    f.context.advance(Duration.ofMinutes(1));
    assertThat(f.nodeOf("p")).isEqualTo("n1");
    assertThat(claims()).hasSize(1);
    assertThat(claims().getFirst().uid()).isNotEqualTo("old-uid");
    assertThat(statusOf("p").path("resourceClaimName").asText())
        .isEqualTo(claims().getFirst().name());
  }
}
