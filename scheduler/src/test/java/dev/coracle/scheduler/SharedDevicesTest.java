package dev.coracle.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Devices that are given to several claims, each with a share of what they have (KEP-5075). */
class SharedDevicesTest {

  private final SchedulerFixture f = new SchedulerFixture();

  @BeforeEach
  void nodeAndClass() {
    f.node("n1", "4");
    f.api.put(
        Resources.DEVICE_CLASSES,
        KubeObject.parse(
            """
            {"apiVersion":"resource.k8s.io/v1","kind":"DeviceClass","metadata":{"name":"nic"},
             "spec":{}}\
            """));
  }

  private void slice(String... devices) {
    sliceWith("", devices);
  }

  private void sliceWith(String more, String... devices) {
    f.api.put(
        Resources.RESOURCE_SLICES,
        KubeObject.parse(
            """
            {"apiVersion":"resource.k8s.io/v1","kind":"ResourceSlice","metadata":{"name":"s"},
             "spec":{"driver":"nic.example.com","nodeName":"n1",%s
              "pool":{"name":"p","generation":1,"resourceSliceCount":1},"devices":[%s]}}\
            """
                .formatted(more, String.join(",", devices))));
  }

  private static String shared(String name, String capacity) {
    return """
    {"name":"%s","allowMultipleAllocations":true,"attributes":{"port":{"string":"%s"}},
     "capacity":{%s}}\
    """
        .formatted(name, name, capacity);
  }

  private static String exactly(String request, String capacity) {
    return """
    {"name":"%s","exactly":{"deviceClassName":"nic","capacity":{"requests":{%s}}}}\
    """
        .formatted(request, capacity);
  }

  /** A claim, and a pod that has it. */
  private void want(String name, String requests, String more) {
    f.api.put(
        Resources.RESOURCE_CLAIMS,
        KubeObject.parse(
            """
            {"apiVersion":"resource.k8s.io/v1","kind":"ResourceClaim",
             "metadata":{"name":"%s","namespace":"default","uid":"%s-uid"},
             "spec":{"devices":{"requests":[%s]%s}}}\
            """
                .formatted(name, name, requests, more)));
    f.podOfClaim(name, name);
    f.run();
  }

  private void want(String name, String capacity) {
    want(name, exactly("r", capacity), "");
  }

  private List<JsonNode> results(String claim) {
    KubeObject found = f.api.peek(Resources.RESOURCE_CLAIMS, "default", claim);
    assertThat(found).isNotNull();
    List<JsonNode> out = new ArrayList<>();
    found.at("status", "allocation", "devices", "results").forEach(out::add);
    return out;
  }

  private String device(String claim) {
    List<JsonNode> results = results(claim);
    return results.isEmpty() ? "" : results.getFirst().path("device").asText();
  }

  @Test
  void severalClaimsShareADeviceUntilItsCapacityIsTaken() {
    slice(shared("eth0", "\"bandwidth\":{\"value\":\"10G\"}"));
    f.start();
    want("a", "\"bandwidth\":\"4G\"");
    want("b", "\"nic.example.com/bandwidth\":\"5G\"");
    want("c", "\"bandwidth\":\"2G\"");
    want("d", "\"bandwidth\":\"1G\"");
    assertThat(device("a")).isEqualTo("eth0");
    assertThat(results("b").getFirst().path("consumedCapacity").toString())
        .isEqualTo("{\"bandwidth\":\"5G\"}");
    assertThat(f.message("c")).contains("cannot allocate all claims");
    assertThat(device("d")).isEqualTo("eth0");
    Set<String> ids = new HashSet<>();
    for (String claim : List.of("a", "b", "d")) {
      ids.add(results(claim).getFirst().path("shareID").asText());
    }
    assertThat(ids)
        .hasSize(3)
        .allMatch(id -> id.matches("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"));
  }

  @Test
  void whatIsGivenBackIsThereForTheNext() {
    slice(shared("eth0", "\"bandwidth\":{\"value\":\"10G\"}"));
    f.start();
    want("a", "\"bandwidth\":\"8G\"");
    want("b", "\"bandwidth\":\"8G\"");
    assertThat(device("b")).isEmpty();
    f.api.change(
        Resources.RESOURCE_CLAIMS,
        "default",
        "a",
        n -> n.withObjectProperty("status").remove("allocation"));
    f.run();
    assertThat(device("b")).isEqualTo("eth0");
  }

  @Test
  void whoAsksForNothingGetsAllOrTheDefault() {
    slice(
        shared("eth0", "\"bandwidth\":{\"value\":\"10G\"}"),
        shared(
            "eth1",
            "\"bandwidth\":{\"value\":\"10G\",\"requestPolicy\":{\"default\":\"1G\"}},"
                + "\"queues\":{\"value\":\"8\",\"requestPolicy\":{\"default\":\"0\"}}"));
    f.start();
    want("a", "");
    want("b", "");
    want("c", "");
    assertThat(results("a").getFirst().path("consumedCapacity").toString())
        .isEqualTo("{\"bandwidth\":\"10G\"}");
    assertThat(device("b")).isEqualTo("eth1");
    assertThat(results("c").getFirst().path("consumedCapacity").toString())
        .isEqualTo("{\"bandwidth\":\"1G\",\"queues\":\"0\"}");
  }

  @ParameterizedTest
  @CsvSource({
    // In a range with steps: up to the next one, at least the least, at most the most.
    "'\"validRange\":{\"min\":\"2Gi\",\"max\":\"8Gi\",\"step\":\"1536Mi\"}', 1Gi, 2Gi",
    "'\"validRange\":{\"min\":\"2Gi\",\"max\":\"8Gi\",\"step\":\"1536Mi\"}', 2Gi, 2Gi",
    "'\"validRange\":{\"min\":\"2Gi\",\"max\":\"8Gi\",\"step\":\"1536Mi\"}', 3Gi, 3584Mi",
    "'\"validRange\":{\"min\":\"2Gi\",\"max\":\"8Gi\",\"step\":\"1536Mi\"}', 5Gi, 5Gi",
    "'\"validRange\":{\"min\":\"2Gi\",\"max\":\"8Gi\",\"step\":\"1536Mi\"}', 8Gi, 8Gi",
    "'\"validRange\":{\"min\":\"2Gi\",\"max\":\"7Gi\",\"step\":\"1536Mi\"}', 7Gi, ''",
    "'\"validRange\":{\"min\":\"2Gi\",\"max\":\"8Gi\"}', 7Gi, 7Gi",
    "'\"validRange\":{\"min\":\"2Gi\",\"max\":\"8Gi\"}', 9Gi, ''",
    "'\"validRange\":{\"min\":\"2Gi\"}', 10Gi, 10Gi",
    "'\"validValues\":[\"1Gi\",\"4Gi\",\"16Gi\"]', 2Gi, 4Gi",
    "'\"validValues\":[\"1Gi\",\"4Gi\",\"16Gi\"]', 4Gi, 4Gi",
    // The next valid value is more than the device has.
    "'\"validValues\":[\"1Gi\",\"4Gi\",\"16Gi\"]', 5Gi, ''",
    "'\"validValues\":[\"1Gi\",\"4Gi\"]', 5Gi, ''",
    "'\"default\":\"1Gi\"', 3Gi, 3Gi",
    "'\"default\":\"1Gi\"', 11Gi, ''",
  })
  void aRequestIsMadeToFitThePolicy(String policy, String asked, String consumed) {
    slice(shared("card", "\"memory\":{\"value\":\"10Gi\",\"requestPolicy\":{" + policy + "}}"));
    f.start();
    want("a", "\"memory\":\"" + asked + "\"");
    assertThat(
            results("a").stream()
                .map(r -> r.path("consumedCapacity").path("memory").asText())
                .toList())
        .isEqualTo(consumed.isEmpty() ? List.of() : List.of(consumed));
  }

  @Test
  void aCapacityThatADeviceDoesNotHaveIsLookedForElsewhere() {
    slice(
        shared("eth0", "\"bandwidth\":{\"value\":\"10G\"}"),
        shared("eth1", "\"other.example.com/queues\":{\"value\":\"4\"}"),
        // One that is given whole has to have as much, and says nothing of shares.
        "{\"name\":\"eth2\",\"capacity\":{\"queues\":{\"value\":\"1\"}}}",
        "{\"name\":\"eth3\",\"capacity\":{\"queues\":{\"value\":\"4\"}}}");
    f.start();
    want("a", "\"queues\":\"2\"");
    assertThat(device("a")).isEqualTo("eth3");
    assertThat(results("a").getFirst().has("shareID")).isFalse();
    assertThat(results("a").getFirst().has("consumedCapacity")).isFalse();
    want("b", "\"other.example.com/queues\":\"2\"");
    assertThat(results("b").getFirst().path("consumedCapacity").toString())
        .isEqualTo("{\"other.example.com/queues\":\"2\"}");
  }

  @Test
  void requestsOfOneClaimShareADeviceUnlessAConstraintKeepsThemApart() {
    slice(
        shared("eth0", "\"bandwidth\":{\"value\":\"10G\"}"),
        shared("eth1", "\"bandwidth\":{\"value\":\"10G\"}"));
    f.start();
    String two =
        exactly("one", "\"bandwidth\":\"2G\"") + "," + exactly("two", "\"bandwidth\":\"3G\"");
    want("together", two, "");
    assertThat(results("together"))
        .extracting(r -> r.path("device").asText())
        .containsExactly("eth0", "eth0");
    want("apart", two, ",\"constraints\":[{\"distinctAttribute\":\"nic.example.com/port\"}]");
    assertThat(results("apart"))
        .extracting(r -> r.path("device").asText())
        .containsExactly("eth0", "eth1");
    // 7G of eth0 and 3G of eth1 are taken; the search has to turn back from eth0.
    want(
        "more",
        exactly("one", "\"bandwidth\":\"3G\"") + "," + exactly("two", "\"bandwidth\":\"7G\""),
        "");
    assertThat(results("more"))
        .extracting(r -> r.path("device").asText())
        .containsExactly("eth0", "eth1");
    want("none", "\"bandwidth\":\"1\"");
    assertThat(device("none")).isEmpty();
  }

  @Test
  void aSharedPartTakesFromItsPoolsCountersOnce() {
    sliceWith(
        "\"sharedCounters\":[{\"name\":\"card\",\"counters\":{\"memory\":{\"value\":\"10Gi\"}}}],",
        """
        {"name":"part","allowMultipleAllocations":true,"capacity":{"cores":{"value":"4"}},
         "consumesCounters":[{"counterSet":"card","counters":{"memory":{"value":"6Gi"}}}]}\
        """,
        """
        {"name":"rest","attributes":{"port":{"string":"rest"}},
         "consumesCounters":[{"counterSet":"card","counters":{"memory":{"value":"4Gi"}}}]}\
        """);
    f.start();
    want("a", "\"cores\":\"2\"");
    want("b", "\"cores\":\"2\"");
    assertThat(device("a")).isEqualTo("part");
    assertThat(device("b")).isEqualTo("part");
    want("c", "");
    assertThat(device("c")).isEqualTo("rest");
  }

  @Test
  void aDeviceThatIsNoLongerSharedStaysWithThoseWhoHaveIt() {
    slice(shared("eth0", "\"bandwidth\":{\"value\":\"10G\"}"));
    f.start();
    want("a", "\"bandwidth\":\"1G\"");
    slice("{\"name\":\"eth0\",\"capacity\":{\"bandwidth\":{\"value\":\"10G\"}}}");
    want("b", "\"bandwidth\":\"1G\"");
    assertThat(device("b")).isEmpty();
    assertThat(f.message("b")).contains("cannot allocate all claims");
  }
}
