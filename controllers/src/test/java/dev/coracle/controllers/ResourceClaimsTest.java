package dev.coracle.controllers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ResourceClaimsTest {

  private final Cluster c = new Cluster();

  private static final String TEMPLATE =
      """
      {"apiVersion":"resource.k8s.io/v1","kind":"ResourceClaimTemplate",
       "metadata":{"namespace":"default","name":"t"},
       "spec":{"metadata":{"labels":{"a":"b"}},"spec":{"devices":{"requests":[
        {"name":"r","exactly":{"deviceClassName":"gpu"}}]}}}}\
      """;

  private static final String POD =
      """
      {"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"default","name":"p"},
       "spec":{"resourceClaims":[{"name":"gpu","resourceClaimTemplateName":"t"}],
        "containers":[{"name":"c"}]}}\
      """;

  private KubeObject onlyClaim() {
    assertThat(c.api.all(Resources.RESOURCE_CLAIMS)).hasSize(1);
    return c.api.all(Resources.RESOURCE_CLAIMS).getFirst();
  }

  private void allocated(KubeObject claim, KubeObject pod) {
    c.api.change(
        Resources.RESOURCE_CLAIMS,
        "default",
        claim.name(),
        n -> {
          n.withObjectProperty("metadata")
              .putArray("finalizers")
              .add("resource.kubernetes.io/delete-protection");
          n.withObjectProperty("status").putObject("allocation").putObject("devices");
          n.withObjectProperty("status")
              .putArray("reservedFor")
              .addObject()
              .put("resource", "pods")
              .put("name", pod.name())
              .put("uid", pod.uid());
        });
    c.context.runUntilIdle();
  }

  @Test
  void aPodGetsTheClaimOfItsTemplateAndHearsItsName() {
    c.create(Resources.PODS, POD);
    assertThat(c.events("FailedResourceClaimCreation")).isNotEmpty();
    c.create(Resources.RESOURCE_CLAIM_TEMPLATES, TEMPLATE);
    KubeObject claim = onlyClaim();
    assertThat(claim.name()).startsWith("p-gpu-");
    assertThat(claim.labels()).containsEntry("a", "b");
    assertThat(claim.controllerOwner().orElseThrow().name()).isEqualTo("p");
    KubeObject pod = c.get(Resources.PODS, "p");
    assertThat(pod.at("status", "resourceClaimStatuses").path(0).path("resourceClaimName").asText())
        .isEqualTo(claim.name());
    c.pass(Duration.ofSeconds(5));
    assertThat(onlyClaim().uid()).isEqualTo(claim.uid());
  }

  @Test
  void whatAnEndedPodHeldIsFreeAgainAndTheClaimMadeForItGoes() {
    c.create(Resources.RESOURCE_CLAIM_TEMPLATES, TEMPLATE);
    c.create(Resources.PODS, POD);
    allocated(onlyClaim(), c.get(Resources.PODS, "p"));
    assertThat(onlyClaim().at("status", "reservedFor")).hasSize(1);
    c.api.change(
        Resources.PODS,
        "default",
        "p",
        n -> n.withObjectProperty("status").put("phase", "Succeeded"));
    c.context.runUntilIdle();
    assertThat(c.api.all(Resources.RESOURCE_CLAIMS)).isEmpty();
  }

  @Test
  void aSharedClaimOutlivesItsPods() {
    c.create(
        Resources.RESOURCE_CLAIMS,
        """
        {"apiVersion":"resource.k8s.io/v1","kind":"ResourceClaim",
         "metadata":{"namespace":"default","name":"shared"},
         "spec":{"devices":{"requests":[{"name":"r","exactly":{"deviceClassName":"gpu"}}]}}}\
        """);
    c.create(
        Resources.PODS,
        POD.replace("\"resourceClaimTemplateName\":\"t\"", "\"resourceClaimName\":\"shared\""));
    allocated(onlyClaim(), c.get(Resources.PODS, "p"));
    c.api.remove(Resources.PODS, "default", "p");
    c.context.runUntilIdle();
    KubeObject claim = onlyClaim();
    assertThat(claim.at("status").has("allocation")).isFalse();
    assertThat(claim.at("status").has("reservedFor")).isFalse();
    assertThat(claim.finalizers()).isEmpty();
  }

  @Test
  void whatTheSchedulerIsAboutToAllocateStaysProtected() {
    c.create(Resources.RESOURCE_CLAIM_TEMPLATES, TEMPLATE);
    c.create(Resources.PODS, POD);
    c.api.change(
        Resources.RESOURCE_CLAIMS,
        "default",
        onlyClaim().name(),
        n ->
            n.withObjectProperty("metadata")
                .putArray("finalizers")
                .add("resource.kubernetes.io/delete-protection"));
    c.pass(Duration.ofSeconds(5));
    assertThat(onlyClaim().finalizers())
        .containsExactly("resource.kubernetes.io/delete-protection");
  }

  @Test
  void theClaimOfExtendedResourcesGoesWhenItsPodHasEnded() {
    KubeObject pod =
        c.create(
            Resources.PODS,
            """
            {"apiVersion":"v1","kind":"Pod","metadata":{"namespace":"default","name":"p"},
             "spec":{"containers":[{"name":"c","resources":{"requests":{"a.b/gpu":"1"}}}]}}\
            """);
    c.create(
        Resources.RESOURCE_CLAIMS,
        """
        {"apiVersion":"resource.k8s.io/v1","kind":"ResourceClaim",
         "metadata":{"namespace":"default","name":"p-extended-resources-x",
          "annotations":{"resource.kubernetes.io/extended-resource-claim":"true"},
          "ownerReferences":[{"apiVersion":"v1","kind":"Pod","name":"p","uid":"%s",
           "controller":true}]},
         "spec":{"devices":{"requests":[{"name":"container-0-request-0",
          "exactly":{"deviceClassName":"gpu"}}]}}}\
        """
            .formatted(pod.uid()));
    allocated(onlyClaim(), pod);
    c.api.change(
        Resources.PODS,
        "default",
        "p",
        n ->
            n.withObjectProperty("status")
                .putObject("extendedResourceClaimStatus")
                .put("resourceClaimName", "p-extended-resources-x"));
    c.pass(Duration.ofSeconds(5));
    assertThat(onlyClaim().at("status", "reservedFor")).hasSize(1);
    c.api.change(
        Resources.PODS, "default", "p", n -> n.withObjectProperty("status").put("phase", "Failed"));
    c.context.runUntilIdle();
    assertThat(c.api.all(Resources.RESOURCE_CLAIMS)).isEmpty();
  }
}
