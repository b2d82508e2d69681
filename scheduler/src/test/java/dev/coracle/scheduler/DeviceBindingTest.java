package dev.coracle.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Devices that are made ready for a pod before it is bound (KEP-5007), and tolerations. */
class DeviceBindingTest {

  private static final String AWAITED =
      "\"bindingConditions\":[\"example.com/attached\"],"
          + "\"bindingFailureConditions\":[\"example.com/broken\"]";

  private final SchedulerFixture f = new SchedulerFixture();

  private void cluster(String... devices) {
    f.node("n1", "4");
    f.api.put(
        Resources.DEVICE_CLASSES,
        KubeObject.parse(
            "{\"apiVersion\":\"resource.k8s.io/v1\",\"kind\":\"DeviceClass\","
                + "\"metadata\":{\"name\":\"any\"},\"spec\":{}}"));
    for (int i = 0; i < devices.length; i++) {
      String name = "pool" + i;
      f.api.put(
          Resources.RESOURCE_SLICES,
          KubeObject.parse(
              """
              {"apiVersion":"resource.k8s.io/v1","kind":"ResourceSlice","metadata":{"name":"%s"},
               "spec":{"driver":"example.com","allNodes":true,
                "pool":{"name":"%s","generation":1,"resourceSliceCount":1},
                "devices":[{"name":"d%d"%s}]}}\
              """
                  .formatted(name, name, i, devices[i].isEmpty() ? "" : "," + devices[i])));
    }
    f.api.put(
        Resources.RESOURCE_CLAIMS,
        KubeObject.parse(
            """
            {"apiVersion":"resource.k8s.io/v1","kind":"ResourceClaim",
             "metadata":{"name":"c","namespace":"default","uid":"c-uid"},
             "spec":{"devices":{"requests":[{"name":"r","exactly":{"deviceClassName":"any",
              "tolerations":[{"key":"example.com/old","operator":"Exists"}]}}]}}}\
            """));
    f.start();
    f.podOfClaim("p", "c");
    f.run();
  }

  private KubeObject claim() {
    KubeObject found = f.api.peek(Resources.RESOURCE_CLAIMS, "default", "c");
    assertThat(found).isNotNull();
    return found;
  }

  private String device() {
    return claim().at("status", "allocation", "devices", "results").path(0).path("device").asText();
  }

  private void condition(String type, String status) {
    f.api.put(
        Resources.RESOURCE_CLAIMS,
        claim()
            .with(n -> {
              var device =
                  n.withObjectProperty("status")
                      .putArray("devices")
                      .addObject()
                      .put("driver", "example.com")
                      .put("pool", "pool0")
                      .put("device", "d0");
              device
                  .putArray("conditions")
                  .addObject()
                  .put("type", type)
                  .put("status", status)
                  .put("reason", "Tried")
                  .put("message", "no luck");
            }));
    f.run();
  }

  @Test
  void theAllocationTellsWhatWasAskedForAndWhen() {
    cluster("\"taints\":[{\"key\":\"example.com/old\",\"effect\":\"NoSchedule\"}]");
    assertThat(f.nodeOf("p")).isEqualTo("n1");
    var allocation = claim().at("status", "allocation");
    assertThat(allocation.at("/devices/results/0/tolerations").toString())
        .isEqualTo("[{\"key\":\"example.com/old\",\"operator\":\"Exists\"}]");
    assertThat(allocation.path("allocationTimestamp").asText())
        .isEqualTo(
            f.context
                .clock()
                .instant()
                .truncatedTo(java.time.temporal.ChronoUnit.SECONDS)
                .toString());
    assertThat(allocation.path("nodeSelector").isMissingNode()).isTrue();
  }

  @Test
  void aDeviceThatBindsToItsNodeKeepsTheClaimThere() {
    cluster("\"bindsToNode\":true");
    assertThat(claim().at("status", "allocation", "nodeSelector").toString())
        .contains("metadata.name", "n1");
  }

  @Test
  void thePodIsBoundWhenItsDeviceIsReady() {
    cluster(AWAITED);
    assertThat(device()).isEqualTo("d0");
    assertThat(claim().at("status", "allocation", "devices", "results").path(0).toString())
        .contains(AWAITED);
    assertThat(f.nodeOf("p")).isEmpty();
    assertThat(f.events())
        .contains("BindingConditionsPending: waiting for binding conditions for device on node n1");
    condition("example.com/attached", "False");
    assertThat(f.nodeOf("p")).isEmpty();
    condition("example.com/attached", "True");
    assertThat(f.nodeOf("p")).isEqualTo("n1");
  }

  @Test
  void devicesThatNeedNoWaitingComeFirst() {
    cluster(AWAITED, "");
    assertThat(device()).isEqualTo("d1");
    assertThat(f.nodeOf("p")).isEqualTo("n1");
  }

  @Test
  void aDeviceThatFailedIsGivenBack() {
    cluster(AWAITED);
    condition("example.com/broken", "True");
    assertThat(f.nodeOf("p")).isEmpty();
    assertThat(f.message("p"))
        .contains("claim c binding failed: reason=Tried, message=\"no luck\"");
    f.context.advance(Duration.ofSeconds(20));
    f.run();
    // Deallocated, and allocated anew: what the driver said of the device before is gone.
    assertThat(claim().at("status", "devices").isMissingNode()).isTrue();
    condition("example.com/attached", "True");
    assertThat(f.nodeOf("p")).isEqualTo("n1");
  }

  @Test
  void nobodyWaitsForEver() {
    cluster(AWAITED);
    String first = claim().text("status", "allocation", "allocationTimestamp");
    f.context.advance(Duration.ofSeconds(600));
    f.run();
    assertThat(f.message("p")).contains("device binding timeout");
    f.context.advance(Duration.ofSeconds(20));
    f.run();
    assertThat(claim().text("status", "allocation", "allocationTimestamp")).isGreaterThan(first);
  }

  @Test
  void aClaimElsewhereIsNotTakenFromOthers() {
    cluster(AWAITED);
    f.api.put(
        Resources.RESOURCE_CLAIMS,
        claim()
            .with(n ->
                n.withObjectProperty("status")
                    .withArrayProperty("reservedFor")
                    .addObject()
                    .put("resource", "pods")
                    .put("name", "q")
                    .put("uid", "q-uid")));
    condition("example.com/broken", "True");
    f.context.advance(Duration.ofSeconds(20));
    f.run();
    assertThat(device()).isEqualTo("d0");
    assertThat(f.nodeOf("p")).isEmpty();
    assertThat(f.message("p")).contains("resourceclaim not available on the node");
  }
}
