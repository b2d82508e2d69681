package dev.coracle.ingress;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.ingress.config.IngressOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole gateway over real sockets; Services come from Vert.x Service Discovery. */
class IngressGatewayTest {

  @TempDir private Path directory;

  private GatewayFixture fixture;

  @BeforeEach
  void start() throws Exception {
    fixture = new GatewayFixture(directory, IngressOptions.RESPONSE_TIMEOUT);
    fixture.publish("shop/web:http", 80, fixture.server("web"));
    fixture.publish("shop/api:main", 8080, fixture.server("api-1"), fixture.server("api-2"));
    fixture.client.put(Resources.INGRESSES, ingress());
    fixture.start();
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> get("shop.example", "/").equals("200 web / shop.example"));
  }

  @AfterEach
  void stop() throws Exception {
    fixture.close();
  }

  private String get(String host, String path) throws Exception {
    return fixture.get(host, path);
  }

  @Test
  void hostsAndPathsLeadToTheirServices() throws Exception {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 4; i++) {
      seen.add(get("shop.example", "/api/v1?x=1"));
    }
    assertThat(seen)
        .containsExactlyInAnyOrder(
            "200 api-1 /api/v1?x=1 shop.example", "200 api-2 /api/v1?x=1 shop.example");
    assertThat(get("shop.example", "/apix")).isEqualTo("200 web /apix shop.example");
    assertThat(get("any.wild.example", "/")).isEqualTo("200 web / any.wild.example");
    assertThat(get("a.b.wild.example", "/")).startsWith("404");
    assertThat(get("other.example", "/")).startsWith("404 no Ingress rule");
  }

  @Test
  void aServiceWithoutEndpointsIsUnavailable() throws Exception {
    assertThat(get("shop.example", "/empty"))
        .startsWith("503 the Service shop/none has no ready endpoint");
  }

  @Test
  void aDeadEndpointIsPassedOver() throws Exception {
    int alive = fixture.server("alive");
    fixture.publish("shop/none:http", 80, 1, alive);
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> get("shop.example", "/empty").startsWith("200 alive"));
    for (int i = 0; i < 4; i++) {
      assertThat(get("shop.example", "/empty")).startsWith("200 alive");
    }
  }

  @Test
  void theStatusNamesTheAddress() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() ->
            fixture
                .client
                .peek(Resources.INGRESSES, "shop", "shop")
                .at("status", "loadBalancer", "ingress")
                .path(0)
                .path("ip")
                .asText()
                .equals("192.0.2.9"));
  }

  @Test
  void changedIngressesTakeEffect() {
    fixture.client.remove(Resources.INGRESSES, "shop", "shop");
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> get("shop.example", "/").startsWith("404"));
  }

  private static KubeObject ingress() {
    return KubeObject.parse(
        """
        {"apiVersion":"networking.k8s.io/v1","kind":"Ingress",
         "metadata":{"name":"shop","namespace":"shop"},
         "spec":{"ingressClassName":"coracle","rules":[
           {"host":"shop.example","http":{"paths":[
             {"path":"/","pathType":"Prefix","backend":{"service":{"name":"web","port":{"number":80}}}},
             {"path":"/api","pathType":"Prefix","backend":{"service":{"name":"api","port":{"name":"main"}}}},
             {"path":"/empty","pathType":"Exact","backend":{"service":{"name":"none","port":{"name":"http"}}}}]}},
           {"host":"*.wild.example","http":{"paths":[
             {"path":"/","pathType":"Prefix","backend":{"service":{"name":"web","port":{"number":80}}}}]}}]}}\
        """);
  }
}
