package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.PatchType;
import dev.coracle.kubelet.config.KubeletOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A node whose pods have an address of each IP family (KEP-563). */
class DualStackTest {
  private static final List<String> NODE_IPS = List.of("192.0.2.1", "2001:db8::1");

  private KubeletHarness k;

  @AfterEach
  void stop() throws Exception {
    if (k != null) {
      k.close();
    }
  }

  private static List<String> texts(JsonNode list, String field) {
    List<String> out = new ArrayList<>();
    list.forEach(each -> out.add(each.path(field).asText()));
    return out;
  }

  private static List<String> ips(KubeObject pod, String field) {
    return texts(pod.at("status", field), "ip");
  }

  private KubeObject node() {
    return k.api.get(Resources.NODES, "", "n1").await().indefinitely();
  }

  @Test
  void podsHaveTheirSandboxesAddressesAndTheNodes() throws Exception {
    k = new KubeletHarness(o -> o.withNodeIps(NODE_IPS));
    k.runtime.dualStack();
    k.simple("web", "");
    k.awaitPhase("web", "Running");
    KubeObject pod = k.pod("web");
    String own = pod.text("status", "podIP");
    assertThat(own).startsWith("10.0.0.");
    assertThat(ips(pod, "podIPs"))
        .hasSize(2)
        .startsWith(own)
        .last()
        .asString()
        .startsWith("fd00::");
    assertThat(pod.text("status", "hostIP")).isEqualTo("192.0.2.1");
    assertThat(ips(pod, "hostIPs")).isEqualTo(NODE_IPS);
    String second = ips(pod, "podIPs").getLast();
    assertThat(Files.readString(hosts(pod))).contains(own + "\tweb\n" + second + "\tweb\n");
  }

  private Path hosts(KubeObject pod) {
    return k.data.resolve("kubelet").resolve("pods").resolve(pod.uid()).resolve("etc-hosts");
  }

  @Test
  void theFamilyOfTheNodesFirstAddressIsThePodsFirst() throws Exception {
    k = new KubeletHarness(o -> o.withNodeIps(NODE_IPS.reversed()));
    k.runtime.dualStack();
    k.simple("web", "");
    k.awaitPhase("web", "Running");
    assertThat(k.pod("web").text("status", "podIP")).startsWith("fd00::");
    assertThat(ips(k.pod("web"), "podIPs").getLast()).startsWith("10.0.0.");
    assertThat(k.pod("web").text("status", "hostIP")).isEqualTo("2001:db8::1");
  }

  @Test
  void aPodOfTheNodesNetworkHasItsAddresses() throws Exception {
    k = new KubeletHarness(o -> o.withNodeIps(NODE_IPS));
    k.create(
        "agent", "\"hostNetwork\":true,\"containers\":[{\"name\":\"a\",\"image\":\"busybox:1\"}]");
    k.awaitPhase("agent", "Running");
    assertThat(ips(k.pod("agent"), "podIPs")).isEqualTo(NODE_IPS);
  }

  @Test
  void theNodeTellsItsAddressesAndRangesOfEachFamily() throws Exception {
    k =
        new KubeletHarness(
            o -> o.withNodeIps(NODE_IPS).withPodCidr("10.0.0.0/24,fd00:10:0:1::/64"));
    assertThat(texts(node().at("status", "addresses"), "address"))
        .containsExactly("192.0.2.1", "2001:db8::1", "n1");
    assertThat(node().text("spec", "podCIDR")).isEqualTo("10.0.0.0/24");
    assertThat(node().at("spec", "podCIDRs"))
        .extracting(JsonNode::asText)
        .containsExactly("10.0.0.0/24", "fd00:10:0:1::/64");
    assertThat(k.runtime.calls()).contains("updatePodCidr 10.0.0.0/24,fd00:10:0:1::/64");
  }

  @Test
  void addressesOfOneTypeDoNotBecomeOneWhenTheStatusIsWrittenAgain() throws Exception {
    k = new KubeletHarness(o -> o.withNodeIps(List.of("192.0.2.1", "2001:DB8:0:0:0:0:0:1")));
    k.restart();
    assertThat(texts(node().at("status", "addresses"), "address"))
        .containsExactly("192.0.2.1", "2001:db8::1", "n1");
  }

  @Test
  void theRuntimeIsToldOfRangesThatTheControlPlaneGives() throws Exception {
    k = new KubeletHarness();
    k.api
        .patch(
            Resources.NODES,
            "",
            "n1",
            new Patch(
                PatchType.MERGE,
                dev.coracle.api.Json.parse(
                    "{\"spec\":{\"podCIDR\":\"10.0.3.0/24\","
                        + "\"podCIDRs\":[\"10.0.3.0/24\",\"fd00:10:0:3::/64\"]}}"),
                false))
        .await()
        .indefinitely();
    k.eventually(
        () -> assertThat(k.runtime.calls()).contains("updatePodCidr 10.0.3.0/24,fd00:10:0:3::/64"));
  }

  @Test
  void aNodeHasOneAddressOfAFamily() {
    KubeletOptions options =
        KubeletOptions.of("n", "10.0.0.1,fd00::1", Path.of("r"), Path.of("l"), "fake");
    assertThat(options.nodeIps()).containsExactly("10.0.0.1", "fd00::1");
    assertThat(options.nodeIp()).isEqualTo("10.0.0.1");
    for (List<String> wrong :
        List.of(List.of("10.0.0.1", "10.0.0.2"), List.of("10.0.0.1", "fd00::1", "fd00::2"))) {
      assertThatThrownBy(() -> options.withNodeIps(wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("bad --node-ip " + String.join(",", wrong));
    }
  }
}
