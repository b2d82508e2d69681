package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.apiserver.TestApi.Answer;
import dev.coracle.apiserver.config.ApiServerOptions.Services;
import dev.coracle.apiserver.config.SecurityOptions;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Addresses of Services from more than one ServiceCIDR. */
class ServiceRangesTest {

  private static final String RANGES = "/apis/networking.k8s.io/v1/servicecidrs";
  private static final String SERVICES = "/api/v1/namespaces/default/services";

  /** Six addresses, the first of them the kubernetes Service's. */
  private static final Services FEW = Services.in("10.9.0.0/29");

  private TestApi api;

  private Answer service(String name, String ip) {
    return api.post(
        SERVICES,
        "{metadata: {name: "
            + name
            + "}, spec: {"
            + (ip.isEmpty() ? "" : "clusterIP: " + ip + ", ")
            + "ports: [{port: 80}]}}");
  }

  private static String ip(Answer service) {
    return service.ok().body().path("spec").path("clusterIP").asText();
  }

  private void range(String name, String cidrs) {
    api.post(
            RANGES,
            "{apiVersion: networking.k8s.io/v1, kind: ServiceCIDR, metadata: {name: "
                + name
                + "}, spec: {cidrs: ["
                + cidrs
                + "]}}")
        .ok();
  }

  private JsonNode ready(String name) {
    for (JsonNode condition : api.get(RANGES + "/" + name).ok().body().at("/status/conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition;
      }
    }
    return dev.coracle.api.Json.object();
  }

  private void awaitReady(String name, String status, String reason) {
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> {
          JsonNode condition = ready(name);
          assertThat(condition.path("status").asText()).isEqualTo(status);
          assertThat(condition.path("reason").asText()).isEqualTo(reason);
        });
  }

  @Test
  void furtherRangesGiveAddressesAndGoWhenTheseAreGivenBack(@TempDir Path dir) throws Exception {
    try (TestServer server = new TestServer(dir, new MemoryStore(), SecurityOptions.DEFAULT, FEW)) {
      api = new TestApi(server);
      awaitReady("kubernetes", "True", "");
      for (int i = 0; i < 5; i++) {
        assertThat(ip(service("own-" + i, ""))).startsWith("10.9.0.");
      }
      assertThat(service("none", "").message()).contains("range is full");

      range("more", "10.8.0.0/28");
      awaitReady("more", "True", "");
      // In this order: the first that is free might be any of them.
      assertThat(ip(service("more-2", "10.8.0.9"))).isEqualTo("10.8.0.9");
      assertThat(ip(service("more-1", ""))).startsWith("10.8.0.");
      assertThat(service("more-3", "10.8.0.9").message())
          .contains("provided IP is already allocated");
      assertThat(api.get("/apis/networking.k8s.io/v1/ipaddresses/10.8.0.9").code()).isEqualTo(200);

      // It holds an address of the other: who gives it back there gives it back here.
      range("within", "10.8.0.8/29");
      awaitReady("within", "True", "");
      api.delete(RANGES + "/within").ok();
      await().atMost(Duration.ofSeconds(30)).until(() -> api.get(RANGES + "/within").code() == 404);

      api.delete(RANGES + "/more").ok();
      awaitReady("more", "False", "Terminating");
      assertThat(service("none", "").message()).contains("range is full");
      assertThat(service("none", "10.8.0.10").message())
          .contains("the provided network does not match the current range");
      api.delete(SERVICES + "/more-1").ok();
      assertThat(ready("more").path("status").asText()).isEqualTo("False");
      api.delete(SERVICES + "/more-2").ok();
      await().atMost(Duration.ofSeconds(30)).until(() -> api.get(RANGES + "/more").code() == 404);
    }
  }

  @Test
  void rangesThatGiveNothingSaySo(@TempDir Path dir) throws Exception {
    try (TestServer server = new TestServer(dir, new MemoryStore(), SecurityOptions.DEFAULT, FEW)) {
      api = new TestApi(server);
      range("six", "2001:db8::/64");
      awaitReady("six", "False", "NotSupported");
      assertThat(
              api.post(
                      RANGES,
                      "{apiVersion: networking.k8s.io/v1, kind: ServiceCIDR, metadata: {name: bad},"
                          + " spec: {cidrs: [10.0.0.0/8, 10.1.0.0/16, x]}}")
                  .message())
          .endsWith("may only hold up to 2 values");
      assertThat(api.merge(RANGES + "/six", "{spec: {cidrs: [10.0.0.0/16]}}").message())
          .contains("spec.cidrs[0]: Invalid value: \"10.0.0.0/16\": field is immutable");
    }
  }
}
