package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A pod that asks for devices by an extended resource, from its claim to its eviction, with the
 * rights that the components have. No driver is there, so it gets as far as the node.
 */
class ExtendedResourcesIT {

  private static final String OBJECTS =
      """
      apiVersion: resource.k8s.io/v1
      kind: DeviceClass
      metadata: {name: gpu}
      spec: {extendedResourceName: example.com/gpu}
      ---
      apiVersion: resource.k8s.io/v1
      kind: ResourceSlice
      metadata: {name: gpus}
      spec:
        driver: gpu.example.com
        allNodes: true
        pool: {name: gpus, generation: 1, resourceSliceCount: 1}
        devices: [{name: d0}]
      ---
      apiVersion: v1
      kind: Pod
      metadata: {name: user}
      spec:
        terminationGracePeriodSeconds: 1
        containers:
        - {name: c, image: "coracle/demo:1", resources: {limits: {example.com/gpu: "1"}}}
      """;

  private static final String RULE =
      """
      apiVersion: resource.k8s.io/v1beta2
      kind: DeviceTaintRule
      metadata: {name: sick}
      spec:
        deviceSelector: {driver: gpu.example.com, device: d0}
        taint: {key: example.com/sick, effect: NoExecute}
      """;

  @Test
  void theSchedulerMakesTheClaimAndATaintOfTheDeviceEndsThePod(@TempDir Path directory)
      throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root");
    try (CoracleProcess coracle = CoracleProcess.start(directory.resolve("data"))) {
      Kubectl kubectl = coracle.kubectl();
      kubectl.runWithInput(OBJECTS, "create", "-f", "-");
      kubectl.run("wait", "--for=condition=PodScheduled", "pod/user", "--timeout=60s");
      String claim =
          kubectl.run(
              "get",
              "pod",
              "user",
              "-o",
              "jsonpath={.status.extendedResourceClaimStatus.resourceClaimName}");
      assertThat(claim).startsWith("user-extended-resources-");
      kubectl.run(
          "wait",
          "--for=jsonpath={.status.allocation.devices.results[0].device}=d0",
          "resourceclaim/" + claim,
          "--timeout=10s");
      // The kubelet may read the claim, and misses only the driver.
      Awaitility.await()
          .atMost(Duration.ofMinutes(1))
          .untilAsserted(() ->
              assertThat(
                      kubectl.run(
                          "get",
                          "events",
                          "--field-selector=reason=FailedPrepareDynamicResources",
                          "-o",
                          "jsonpath={.items[*].message}"))
                  .contains("DRA driver gpu.example.com is not registered"));

      kubectl.runWithInput(RULE, "create", "-f", "-");
      kubectl.run("wait", "--for=delete", "pod/user", "--timeout=60s");
      kubectl.run("wait", "--for=delete", "resourceclaim/" + claim, "--timeout=60s");
      kubectl.run(
          "wait",
          "--for=jsonpath={.status.conditions[0].reason}=Completed",
          "devicetaintrule/sick",
          "--timeout=60s");
      assertThat(
              kubectl.run(
                  "get",
                  "events",
                  "--field-selector=reason=DeviceTaintManagerEviction",
                  "-o",
                  "jsonpath={.items[*].message}"))
          .isEqualTo("Marking for deletion");
    }
  }
}
