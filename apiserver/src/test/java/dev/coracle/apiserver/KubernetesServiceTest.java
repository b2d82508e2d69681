package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What leads Pods to the API servers, with two of them over one store. */
class KubernetesServiceTest {

  private static final String SERVICE = "/api/v1/namespaces/default/services/kubernetes";
  private static final String ENDPOINTS = "/api/v1/namespaces/default/endpoints/kubernetes";
  private static final String SLICES =
      "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices";
  private static final String FLOWS = "/apis/flowcontrol.apiserver.k8s.io/v1/";

  @TempDir Path dir;
  private final MemoryStore store = new MemoryStore();
  private TestServer first;
  private TestApi api;

  @BeforeEach
  void start() throws Exception {
    first = server("first");
    api = new TestApi(first);
  }

  private TestServer server(String name) throws Exception {
    return new TestServer(Files.createDirectory(dir.resolve(name)), store);
  }

  @AfterEach
  void stop() throws Exception {
    first.close();
  }

  private List<Integer> ports() {
    List<Integer> out = new ArrayList<>();
    for (JsonNode subset : api.get(ENDPOINTS).ok().body().path("subsets")) {
      assertThat(subset.at("/addresses/0/ip").asText()).isEqualTo("127.0.0.1");
      out.add(subset.at("/ports/0/port").asInt());
    }
    return out;
  }

  private List<Integer> slicePorts() {
    List<Integer> out = new ArrayList<>();
    JsonNode slices =
        api.get(SLICES + "?labelSelector=kubernetes.io/service-name%3Dkubernetes").ok().body();
    for (JsonNode slice : slices.path("items")) {
      assertThat(slice.at("/endpoints/0/conditions/ready").asBoolean()).isTrue();
      out.add(slice.at("/ports/0/port").asInt());
    }
    return out;
  }

  private void leadsTo(Integer... servers) {
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> {
          assertThat(ports()).containsExactlyInAnyOrder(servers);
          assertThat(slicePorts()).containsExactlyInAnyOrder(servers);
        });
  }

  @Test
  void leadsToEveryServerThatLives() throws Exception {
    int one = first.server().port();
    leadsTo(one);
    TestServer second = server("second");
    try {
      leadsTo(one, second.server().port());
    } finally {
      second.close();
    }
    leadsTo(one);
  }

  @Test
  void aServerOfAnotherAuthorityDoesNotStartBesideOthers() throws Exception {
    KubeObject elsewhere =
        KubeObject.create(
            new GroupVersionKind("", "v1", "Endpoints"),
            "",
            "192.0.2.9:6443",
            o -> {
              ObjectNode subset = o.putArray("subsets").addObject();
              subset.putArray("addresses").addObject().put("ip", "192.0.2.9");
              subset.putArray("ports").addObject().put("port", 6443);
            });
    store
        .create(new GroupResource("", "masterleases"), elsewhere)
        .await()
        .atMost(Duration.ofSeconds(10));
    // Each test server makes an authority of its own.
    assertThatThrownBy(() -> server("other"))
        .hasRootCauseInstanceOf(IllegalStateException.class)
        .rootCause()
        .hasMessageContaining("another certificate authority")
        .hasMessageContaining("192.0.2.9");
  }

  @Test
  void comesBackWithItsAddress() {
    int one = first.server().port();
    String address = api.get(SERVICE).ok().body().at("/spec/clusterIP").asText();
    api.delete(SERVICE).ok();
    api.delete(ENDPOINTS).ok();
    api.delete(SLICES + "/kubernetes").ok();
    leadsTo(one);
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() ->
            assertThat(api.get(SERVICE).ok().body().at("/spec/clusterIP").asText())
                .isEqualTo(address));
    api.merge(ENDPOINTS, "{\"subsets\":null}").ok();
    leadsTo(one);
  }

  @Test
  void whatEveryClusterHasComesBack() {
    List<String> always =
        List.of(
            "/api/v1/namespaces/kube-node-lease",
            FLOWS + "flowschemas/service-accounts",
            FLOWS + "prioritylevelconfigurations/workload-low");
    for (String path : always) {
      String uid = api.get(path).ok().body().at("/metadata/uid").asText();
      JsonNode left = api.delete(path).ok().body();
      if (left.path("kind").asText().equals("Namespace")) {
        // As the namespace controller does when a namespace is empty.
        ((ObjectNode) left.path("spec")).putArray("finalizers");
        api.put(path + "/finalize", left).ok();
      }
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() -> {
            JsonNode there = api.get(path).ok().body();
            assertThat(there.at("/metadata/uid").asText()).isNotEqualTo(uid);
          });
    }
  }
}
