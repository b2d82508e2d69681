package dev.coracle.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pods with ResourceClaims: selectors in CEL, counts, constraints, and what is taken already. */
class DynamicResourcesTest {

  private final SchedulerFixture f = new SchedulerFixture();

  private void deviceClass(String name, String expression) {
    f.api.put(
        Resources.DEVICE_CLASSES,
        KubeObject.parse(
            """
            {"apiVersion":"resource.k8s.io/v1","kind":"DeviceClass","metadata":{"name":"%s"},
             "spec":{"selectors":[{"cel":{"expression":"%s"}}],
              "config":[{"opaque":{"driver":"gpu.example.com","parameters":{"mode":"fast"}}}]}}\
            """
                .formatted(name, expression.replace("\"", "\\\""))));
  }

  private void slice(String node, String devices) {
    f.api.put(
        Resources.RESOURCE_SLICES,
        KubeObject.parse(
            """
            {"apiVersion":"resource.k8s.io/v1","kind":"ResourceSlice","metadata":{"name":"s-%s"},
             "spec":{"driver":"gpu.example.com","nodeName":"%s",
              "pool":{"name":"%s","generation":1,"resourceSliceCount":1},"devices":[%s]}}\
            """
                .formatted(node, node, node, devices)));
  }

  private static String device(String name, String model, int numa, String memory) {
    return """
    {"name":"%s","attributes":{"model":{"string":"%s"},"gpu.example.com/numa":{"int":%d}},
     "capacity":{"memory":{"value":"%s"}}}\
    """
        .formatted(name, model, numa, memory);
  }

  private void claim(String name, String request, String more) {
    f.api.put(
        Resources.RESOURCE_CLAIMS,
        KubeObject.parse(
            """
            {"apiVersion":"resource.k8s.io/v1","kind":"ResourceClaim",
             "metadata":{"name":"%s","namespace":"default","uid":"%s-uid"},
             "spec":{"devices":{"requests":[{"name":"r","exactly":{%s}}]%s}}}\
            """
                .formatted(name, name, request, more)));
  }

  private void pod(String name, String claim) {
    f.podOfClaim(name, claim);
    f.run();
  }

  private List<String> devicesOf(String claim) {
    KubeObject found = f.api.peek(Resources.RESOURCE_CLAIMS, "default", claim);
    assertThat(found).isNotNull();
    List<String> out = new java.util.ArrayList<>();
    found
        .at("status", "allocation", "devices", "results")
        .forEach(r -> out.add(r.path("device").asText()));
    return out;
  }

  @Test
  void aPodGoesWhereADeviceOfItsClassIsAndTheClaimSaysWhich() {
    f.node("n1", "4");
    f.node("n2", "4");
    deviceClass("gpu", "device.driver == \"gpu.example.com\"");
    slice("n2", device("d0", "A", 0, "8Gi"));
    claim("c1", "\"deviceClassName\":\"gpu\"", "");
    f.start();
    pod("p", "c1");
    assertThat(f.nodeOf("p")).isEqualTo("n2");
    KubeObject claim = f.api.peek(Resources.RESOURCE_CLAIMS, "default", "c1");
    assertThat(claim).isNotNull();
    assertThat(devicesOf("c1")).containsExactly("d0");
    assertThat(claim.finalizers()).contains("resource.kubernetes.io/delete-protection");
    assertThat(claim.at("status", "reservedFor").path(0).path("name").asText()).isEqualTo("p");
    assertThat(claim.at("status", "allocation", "nodeSelector").toString()).contains("n2");
    assertThat(claim.at("status", "allocation", "devices", "config").toString())
        .contains("FromClass", "fast");
  }

  @Test
  void selectorsLookAtAttributesAndCapacity() {
    f.node("n1", "4");
    deviceClass("gpu", "device.driver == \"gpu.example.com\"");
    slice(
        "n1",
        device("small", "A", 0, "4Gi")
            + ","
            + device("other", "B", 0, "40Gi")
            + ","
            + device("right", "A", 0, "40Gi"));
    claim(
        "c1",
        "\"deviceClassName\":\"gpu\",\"selectors\":[{\"cel\":{\"expression\":\""
            + "device.attributes['gpu.example.com'].model == 'A' &&"
            + " device.capacity['gpu.example.com'].memory.compareTo(quantity('10Gi')) >= 0 &&"
            + " !('x' in device.attributes['nobody.example.com'])\"}}]",
        "");
    f.start();
    pod("p", "c1");
    assertThat(f.message("p")).isEmpty();
    assertThat(devicesOf("c1")).containsExactly("right");
  }

  @Test
  void whatOneClaimHasNoOtherGets() {
    f.node("n1", "4");
    deviceClass("gpu", "true");
    slice("n1", device("d0", "A", 0, "1Gi") + "," + device("d1", "A", 0, "1Gi"));
    claim("c1", "\"deviceClassName\":\"gpu\"", "");
    claim("c2", "\"deviceClassName\":\"gpu\"", "");
    claim("c3", "\"deviceClassName\":\"gpu\"", "");
    f.start();
    pod("p1", "c1");
    pod("p2", "c2");
    pod("p3", "c3");
    assertThat(devicesOf("c1")).isNotEqualTo(devicesOf("c2"));
    assertThat(f.nodeOf("p3")).isEmpty();
    assertThat(f.message("p3")).contains("cannot allocate all claims");
  }

  @Test
  void aClaimGetsNoMoreDevicesThanItsStatusHolds() {
    f.node("n1", "4");
    deviceClass("gpu", "true");
    slice(
        "n1",
        java.util.stream.IntStream.range(0, 33)
            .mapToObj(i -> device("d" + i, "A", 0, "1Gi"))
            .collect(java.util.stream.Collectors.joining(",")));
    claim("many", "\"deviceClassName\":\"gpu\",\"count\":33", "");
    claim("most", "\"deviceClassName\":\"gpu\",\"count\":32", "");
    f.start();
    pod("p1", "many");
    pod("p2", "most");
    assertThat(f.nodeOf("p1")).isEmpty();
    assertThat(f.message("p1")).contains("cannot allocate all claims");
    assertThat(devicesOf("most")).hasSize(32);
  }

  @Test
  void constraintsKeepDevicesTogether() {
    f.node("n1", "4");
    deviceClass("gpu", "true");
    slice(
        "n1",
        device("a0", "A", 0, "1Gi")
            + ","
            + device("b0", "A", 1, "1Gi")
            + ","
            + device("b1", "A", 1, "1Gi"));
    claim(
        "c1",
        "\"deviceClassName\":\"gpu\",\"count\":2",
        ",\"constraints\":[{\"matchAttribute\":\"gpu.example.com/numa\"}]");
    f.start();
    pod("p", "c1");
    assertThat(devicesOf("c1")).containsExactly("b0", "b1");
  }

  @Test
  void anExpressionThatIsWrongIsToldAndNobodyElseSuffers() {
    f.node("n1", "4");
    deviceClass("broken", "device.driver ==");
    slice("n1", device("d0", "A", 0, "1Gi"));
    claim("c1", "\"deviceClassName\":\"broken\"", "");
    claim("c2", "\"deviceClassName\":\"nowhere\"", "");
    f.start();
    pod("p1", "c1");
    pod("p2", "c2");
    f.pod("plain", "1");
    f.run();
    assertThat(f.message("p1")).contains("does not compile");
    assertThat(f.message("p2")).contains("device class nowhere does not exist");
    assertThat(f.nodeOf("plain")).isEqualTo("n1");
  }

  @Test
  void aPodWaitsForTheClaimOfItsTemplate() {
    f.node("n1", "4");
    deviceClass("gpu", "true");
    slice("n1", device("d0", "A", 0, "1Gi"));
    f.start();
    f.pod(
        "p",
        "",
        n ->
            n.withObjectProperty("spec")
                .putArray("resourceClaims")
                .addObject()
                .put("name", "c")
                .put("resourceClaimTemplateName", "t"));
    f.run();
    assertThat(f.message("p")).contains("ResourceClaim not created yet");
    claim("p-c-1", "\"deviceClassName\":\"gpu\"", "");
    f.api.change(
        Resources.PODS,
        "default",
        "p",
        n ->
            n.withObjectProperty("status")
                .putArray("resourceClaimStatuses")
                .addObject()
                .put("name", "c")
                .put("resourceClaimName", "p-c-1"));
    f.run();
    assertThat(f.nodeOf("p")).isEqualTo("n1");
  }

  private static String part(String name, String model, String memory) {
    return """
    {"name":"%s","attributes":{"model":{"string":"%s"}},
     "consumesCounters":[{"counterSet":"card","counters":{"memory":{"value":"%s"}}}]}\
    """
        .formatted(name, model, memory);
  }

  /** One card of 40Gi that is given whole or in parts, told by two slices. */
  private void card(String node) {
    for (String content :
        new String[] {
          "\"sharedCounters\":[{\"name\":\"card\",\"counters\":{\"memory\":{\"value\":\"40Gi\"}}}]",
          "\"devices\":["
              + String.join(
                  ",",
                  part("whole", "whole", "40Gi"),
                  part("half-0", "half", "20Gi"),
                  part("half-1", "half", "20Gi"),
                  part("quarter-0", "quarter", "10Gi"))
              + "]"
        }) {
      f.api.put(
          Resources.RESOURCE_SLICES,
          KubeObject.parse(
              """
              {"apiVersion":"resource.k8s.io/v1","kind":"ResourceSlice",
               "metadata":{"name":"s-%s-%d"},
               "spec":{"driver":"gpu.example.com","nodeName":"%s",
                "pool":{"name":"%s","generation":1,"resourceSliceCount":2},%s}}\
              """
                  .formatted(node, content.length(), node, node, content)));
    }
  }

  private void claimPart(String name, String model, int count) {
    claim(
        name,
        "\"deviceClassName\":\"gpu\",\"count\":"
            + count
            + ",\"selectors\":[{\"cel\":{\"expression\":\"device.attributes['gpu.example.com'].model"
            + " == '"
            + model
            + "'\"}}]",
        "");
  }

  @Test
  void partsOfADeviceTakeFromWhatTheyShare() {
    f.node("n1", "4");
    deviceClass("gpu", "true");
    card("n1");
    claimPart("half", "half", 1);
    claimPart("whole", "whole", 1);
    claimPart("quarter", "quarter", 1);
    claimPart("other", "half", 1);
    f.start();
    pod("p1", "half");
    assertThat(devicesOf("half")).containsExactly("half-0");
    pod("p2", "whole");
    assertThat(f.message("p2")).contains("cannot allocate all claims");
    pod("p3", "quarter");
    assertThat(devicesOf("quarter")).containsExactly("quarter-0");
    pod("p4", "other");
    assertThat(f.message("p4")).contains("cannot allocate all claims");
  }

  @Test
  void partsOfOneClaimTakeFromWhatTheyShareToo() {
    f.node("n1", "4");
    deviceClass("gpu", "true");
    card("n1");
    claimPart("halves", "half", 2);
    claimPart("quarter", "quarter", 1);
    f.start();
    pod("p1", "halves");
    assertThat(devicesOf("halves")).containsExactly("half-0", "half-1");
    pod("p2", "quarter");
    assertThat(f.message("p2")).contains("cannot allocate all claims");
  }

  @Test
  void aSearchThatTurnsBackGivesBackWhatItTook() {
    f.node("n1", "4");
    deviceClass("gpu", "true");
    card("n1");
    // The whole card comes first, but leaves nothing for the second request.
    f.api.put(
        Resources.RESOURCE_CLAIMS,
        KubeObject.parse(
            """
            {"apiVersion":"resource.k8s.io/v1","kind":"ResourceClaim",
             "metadata":{"name":"c","namespace":"default","uid":"c-uid"},
             "spec":{"devices":{"requests":[
              {"name":"any","exactly":{"deviceClassName":"gpu"}},
              {"name":"half","exactly":{"deviceClassName":"gpu","selectors":[{"cel":{"expression":
               "device.attributes['gpu.example.com'].model == 'half'"}}]}}]}}}\
            """));
    f.start();
    pod("p", "c");
    assertThat(devicesOf("c")).containsExactly("half-0", "half-1");
  }
}
