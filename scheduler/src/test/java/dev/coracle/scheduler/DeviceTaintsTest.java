package dev.coracle.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Devices that are tainted, by their driver or by a rule (KEP-5055). */
class DeviceTaintsTest {

  private final SchedulerFixture f = new SchedulerFixture();

  /** Two devices on one node; the first one has the taints. */
  private void devices(String taints) {
    f.node("n1", "4");
    f.api.put(
        Resources.DEVICE_CLASSES,
        KubeObject.parse(
            """
            {"apiVersion":"resource.k8s.io/v1","kind":"DeviceClass","metadata":{"name":"gpu"},
             "spec":{}}\
            """));
    f.api.put(
        Resources.RESOURCE_SLICES,
        KubeObject.parse(
            """
            {"apiVersion":"resource.k8s.io/v1","kind":"ResourceSlice","metadata":{"name":"s"},
             "spec":{"driver":"gpu.example.com","nodeName":"n1",
              "pool":{"name":"n1","generation":1,"resourceSliceCount":1},
              "devices":[{"name":"d0","taints":[%s]},{"name":"d1"}]}}\
            """
                .formatted(taints)));
  }

  private void pod(String name, String tolerations) {
    f.api.put(
        Resources.RESOURCE_CLAIMS,
        KubeObject.parse(
            """
            {"apiVersion":"resource.k8s.io/v1","kind":"ResourceClaim",
             "metadata":{"name":"%s","namespace":"default","uid":"%s-uid"},
             "spec":{"devices":{"requests":[{"name":"r","exactly":
              {"deviceClassName":"gpu","tolerations":[%s]}}]}}}\
            """
                .formatted(name, name, tolerations)));
    f.podOfClaim(name, name);
    f.run();
  }

  private void rule(String name, String selector, String effect) {
    f.api.put(
        Resources.DEVICE_TAINT_RULES,
        KubeObject.parse(
            """
            {"apiVersion":"resource.k8s.io/v1beta2","kind":"DeviceTaintRule",
             "metadata":{"name":"%s"},
             "spec":{%s"taint":{"key":"sick","value":"very","effect":"%s"}}}\
            """
                .formatted(name, selector, effect)));
    f.run();
  }

  private String deviceOf(String claim) {
    KubeObject found = f.api.peek(Resources.RESOURCE_CLAIMS, "default", claim);
    assertThat(found).isNotNull();
    return found.at("status", "allocation", "devices", "results").path(0).path("device").asText("");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "NoSchedule |                                                              | d1",
        "NoExecute  |                                                              | d1",
        "None       |                                                              | d0",
        "NotKnown   |                                                              | d0",
        "NoSchedule | {'key':'sick','operator':'Exists'}                           | d0",
        "NoSchedule | {'operator':'Exists'}                                        | d0",
        "NoSchedule | {'key':'sick','operator':'Equal','value':'very'}             | d0",
        "NoSchedule | {'key':'sick','value':'little'}                              | d1",
        "NoSchedule | {'key':'other','operator':'Exists'}                          | d1",
        "NoExecute  | {'key':'sick','operator':'Exists','effect':'NoSchedule'}     | d1",
        "NoExecute  | {'key':'sick','operator':'Exists','tolerationSeconds':0}     | d0",
      })
  void aTaintOfADriverAndOneOfARuleKeepTheSameClaimsAway(
      String effect, String tolerations, String expected) {
    String wanted = tolerations == null ? "" : tolerations.replace('\'', '"');
    devices("{\"key\":\"sick\",\"value\":\"very\",\"effect\":\"" + effect + "\"}");
    f.start();
    pod("p", wanted);
    assertThat(deviceOf("p")).isEqualTo(expected);

    DeviceTaintsTest other = new DeviceTaintsTest();
    other.devices("");
    other.rule("r", "\"deviceSelector\":{\"device\":\"d0\"},", effect);
    other.f.start();
    other.pod("p", wanted);
    assertThat(other.deviceOf("p")).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "'deviceSelector':{}, | nowhere",
        "'deviceSelector':{'driver':'gpu.example.com'}, | nowhere",
        "'deviceSelector':{'driver':'gpu.example.com','pool':'n1'}, | nowhere",
        "'deviceSelector':{'driver':'gpu.example.com','pool':'n1','device':'d0'}, | d1",
        "'deviceSelector':{'driver':'other.example.com','device':'d0'}, | d0",
        "'deviceSelector':{'pool':'n2'}, | d0",
        "| d0",
      })
  void aRuleIsAboutTheDevicesThatItsWholeSelectorFits(String selector, String expected) {
    devices("");
    rule("r", selector == null ? "" : selector.replace('\'', '"'), "NoSchedule");
    f.start();
    pod("p", "");
    if (expected.equals("nowhere")) {
      assertThat(f.nodeOf("p")).isEmpty();
      assertThat(f.message("p")).contains("cannot allocate all claims");
    } else {
      assertThat(deviceOf("p")).isEqualTo(expected);
    }
  }

  @Test
  void rulesCountFromWhenTheyAreMadeUntilTheyAreGone() {
    devices("");
    f.start();
    rule("r", "\"deviceSelector\":{},", "NoSchedule");
    pod("p1", "");
    pod("p2", "");
    assertThat(List.of(f.nodeOf("p1"), f.nodeOf("p2"))).containsOnly("");
    rule("r", "\"deviceSelector\":{\"device\":\"d1\"},", "NoSchedule");
    f.context.advance(Duration.ofSeconds(30));
    assertThat(List.of(deviceOf("p1"), deviceOf("p2"))).containsExactlyInAnyOrder("d0", "");
    f.api.remove(Resources.DEVICE_TAINT_RULES, "", "r");
    f.context.advance(Duration.ofSeconds(30));
    assertThat(List.of(deviceOf("p1"), deviceOf("p2"))).containsExactlyInAnyOrder("d0", "d1");
  }
}
