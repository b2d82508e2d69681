package dev.coracle.proxy.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.proxy.config.ConntrackOptions;
import dev.coracle.proxy.config.MachineOptions;
import dev.coracle.proxy.config.ProxyOptions;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProxyConfigzTest {
  private static JsonNode configz(String healthz, ConntrackOptions conntrack) {
    return Json.parse(
        ProxyConfigz.of(
            new ProxyOptions(
                "auto",
                "c",
                "node-1",
                "192.0.2.1",
                "10.244.0.0/24",
                true,
                "",
                new MachineOptions(
                    MachineOptions.bindAddress(healthz),
                    MachineOptions.bindAddress("127.0.0.1:10249"),
                    conntrack)),
            "nftables"));
  }

  @Test
  void whatTheProxyGoesByIsToldAsItsConfiguration() {
    JsonNode told =
        configz(
                "[::]:10256",
                new ConntrackOptions(32_768, 131_072, Duration.ofHours(24), Duration.ofHours(1)))
            .path("kubeproxy.config.k8s.io");
    assertThat(told.path("kind").asText()).isEqualTo("KubeProxyConfiguration");
    assertThat(told.path("apiVersion").asText()).isEqualTo("kubeproxy.config.k8s.io/v1alpha1");
    assertThat(told.path("mode").asText()).isEqualTo("nftables");
    assertThat(told.path("hostnameOverride").asText()).isEqualTo("node-1");
    assertThat(told.path("bindAddress").asText()).isEqualTo("192.0.2.1");
    assertThat(told.path("healthzBindAddress").asText()).isEqualTo("[::]:10256");
    assertThat(told.path("metricsBindAddress").asText()).isEqualTo("127.0.0.1:10249");
    assertThat(told.path("detectLocalMode").asText()).isEqualTo("NodeCIDR");
    assertThat(told.path("conntrack"))
        .isEqualTo(
            Json.parse(
                """
                {"maxPerCore":32768,"min":131072,"tcpEstablishedTimeout":"24h0m0s",
                 "tcpCloseWaitTimeout":"1h0m0s","tcpBeLiberal":false,"udpTimeout":"0s",
                 "udpStreamTimeout":"0s"}
                """));
  }

  @Test
  void whatIsLeftAloneIsNothing() {
    JsonNode told =
        configz("", new ConntrackOptions(0, 0, Duration.ofSeconds(90), Duration.ZERO))
            .path("kubeproxy.config.k8s.io");
    assertThat(told.path("healthzBindAddress").asText("missing")).isEmpty();
    assertThat(told.at("/conntrack/tcpEstablishedTimeout").asText()).isEqualTo("1m30s");
    assertThat(told.at("/conntrack/tcpCloseWaitTimeout").asText()).isEqualTo("0s");
  }
}
