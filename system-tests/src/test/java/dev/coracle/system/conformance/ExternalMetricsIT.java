package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.launcher.pki.CertificateAuthority;
import dev.coracle.launcher.pki.Pem;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.PemKeyCertOptions;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.time.Clock;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A Deployment scaled by what a small aggregated API server of the test's own measures. */
@Conformance
class ExternalMetricsIT {

  private static final String API = "/apis/external.metrics.k8s.io/v1beta1";
  private static final String NAME = "metrics-adapter";

  /** Two rounds of the controller, and the check whether the server is there. */
  private static final Duration LONG = Duration.ofMinutes(2);

  private static void answer(HttpServerRequest request) {
    ObjectNode body = Json.object();
    if (request.path().equals(API)) {
      body.put("kind", "APIResourceList").put("apiVersion", "v1");
      body.put("groupVersion", "external.metrics.k8s.io/v1beta1").putArray("resources");
    } else if (request.path().endsWith("/queue") && request.getParam("labelSelector") != null) {
      body.put("kind", "ExternalMetricValueList").putObject("metadata");
      body.putArray("items").addObject().put("metricName", "queue").put("value", "30");
    } else {
      request.response().setStatusCode(404);
    }
    request.response().putHeader("Content-Type", "application/json").end(body.toString());
  }

  /** Gives the bundle of who is to be trusted. */
  private static String serve(Space space, Vertx vertx) throws Exception {
    String address;
    try (DatagramSocket towards = new DatagramSocket()) {
      towards.connect(new InetSocketAddress("203.0.113.1", 9));
      address = towards.getLocalAddress().getHostAddress();
    }
    assumeThat(address).as("an address besides loopback").isNotEqualTo("0.0.0.0");
    CertificateAuthority authority = CertificateAuthority.create("adapter-ca", Clock.systemUTC());
    KeyPair pair = CertificateAuthority.newKeyPair();
    String host = NAME + "." + space.namespace() + ".svc";
    String certificate =
        Pem.certificate(
            authority.issue(
                pair.getPublic(),
                new CertificateAuthority.Request(
                    host, List.of(), List.of(host), List.of(), true, false, Duration.ofDays(1))));
    HttpServer server =
        vertx
            .createHttpServer(
                new HttpServerOptions()
                    .setHost(address)
                    .setPort(0)
                    .setSsl(true)
                    .setKeyCertOptions(
                        new PemKeyCertOptions()
                            .addCertValue(Buffer.buffer(certificate))
                            .addKeyValue(Buffer.buffer(Pem.privateKey(pair.getPrivate())))))
            .requestHandler(ExternalMetricsIT::answer);
    server.listen().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    space.create(
        "{apiVersion: v1, kind: Service, metadata: {name: %s}, spec: {ports: [{port: 443}]}}"
            .formatted(NAME));
    space.create(
        ("{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, metadata:"
                + " {name: %s-1, labels: {kubernetes.io/service-name: %s}}, endpoints: [{addresses:"
                + " [%s]}], ports: [{name: '', port: %d}]}")
            .formatted(NAME, NAME, address, server.actualPort()));
    byte[] ca = Pem.certificate(authority.certificate()).getBytes(StandardCharsets.UTF_8);
    return Base64.getEncoder().encodeToString(ca);
  }

  @Test
  void scalesByAMetricOfAnAggregatedApi(Space space) throws Exception {
    Vertx vertx = Vertx.vertx();
    space.atEnd(vertx::close);
    String bundle = serve(space, vertx);
    space.create(Workload.deployment("worker", 1));
    space.create(
        """
        apiVersion: autoscaling/v2
        kind: HorizontalPodAutoscaler
        metadata: {name: worker}
        spec:
          scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: worker}
          maxReplicas: 5
          metrics:
          - type: External
            external:
              metric: {name: queue, selector: {matchLabels: {of: work}}}
              target: {type: AverageValue, averageValue: 10}
        """);
    Awaitility.await("told that there is no such API")
        .atMost(LONG)
        .untilAsserted(() ->
            assertThat(active(space))
                .endsWith(
                    "unable to fetch metrics from external metrics API: the server could not find"
                        + " the requested resource (get queue.external.metrics.k8s.io)"));
    String service = "v1beta1.external.metrics.k8s.io";
    space.atEnd(() ->
        space
            .api()
            .send(
                "DELETE",
                "/apis/apiregistration.k8s.io/v1/apiservices/" + service,
                "",
                "",
                Map.of()));
    space.create(
        ("{apiVersion: apiregistration.k8s.io/v1, kind: APIService, metadata: {name: %s}, spec:"
                + " {group: external.metrics.k8s.io, version: v1beta1, groupPriorityMinimum: 100,"
                + " versionPriority: 100, caBundle: %s, service: {namespace: %s, name: %s}}}")
            .formatted(service, bundle, space.namespace(), NAME));
    Awaitility.await("three replicas")
        .atMost(LONG)
        .until(() -> space.get("deployments.apps", "worker").at("/spec/replicas").asInt() == 3);
    // The size is written before the status that tells why.
    JsonNode scaler =
        space.await(
            "horizontalpodautoscalers.autoscaling",
            "worker",
            "telling what it has measured",
            s -> s.at("/status/currentMetrics/0/external/current").has("averageValue"));
    assertThat(active(scaler)).contains("calculate a replica count from external metric queue(");
    assertThat(scaler.at("/status/currentMetrics/0/external/current/averageValue").asText())
        .isIn("30", "10");
  }

  private static String active(Space space) {
    return active(space.get("horizontalpodautoscalers.autoscaling", "worker"));
  }

  private static String active(JsonNode scaler) {
    return text(Space.condition(scaler, "ScalingActive"), "/message");
  }
}
