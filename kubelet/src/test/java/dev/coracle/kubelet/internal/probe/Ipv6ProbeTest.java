package dev.coracle.kubelet.internal.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.kubelet.fake.FakeRuntime;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.probe.Handlers.Result;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Probes of a pod whose primary address is one of IPv6. */
class Ipv6ProbeTest {
  private static final Duration LIMIT = Duration.ofSeconds(10);
  private static final Pod POD =
      new Pod(
          KubeObject.parse(
              """
              {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"ns","uid":"u"},
               "spec":{"containers":[{"name":"c"}]}}
              """));
  private static final ContainerSpec CONTAINER = POD.containers().getFirst();

  private final Vertx vertx = Vertx.vertx();
  private final Handlers handlers = new Handlers(vertx, new FakeRuntime(), "kube-probe/1.36");
  private int port;

  @BeforeEach
  void listen() throws Exception {
    assumeTrue(Files.isDirectory(Path.of("/proc/sys/net/ipv6")), "needs a kernel with IPv6");
    HttpServer server =
        vertx.createHttpServer().requestHandler(request -> request.response().end("ok"));
    port = server.listen(0, "::1").await(10, TimeUnit.SECONDS).actualPort();
  }

  @AfterEach
  void stop() throws Exception {
    vertx.close().await(10, TimeUnit.SECONDS);
  }

  private static JsonNode action(int port) {
    return Json.parse("{\"path\":\"/\",\"port\":" + port + "}");
  }

  @Test
  void reachTheirContainer() {
    assertThat(handlers.http(POD, CONTAINER, action(port), "::1", LIMIT).result())
        .isEqualTo(Result.SUCCESS);
    assertThat(handlers.tcp(CONTAINER, action(port), "::1", LIMIT).result())
        .isEqualTo(Result.SUCCESS);
  }

  @Test
  void sayWhereTheyFailedWithBrackets() throws Exception {
    vertx.close().await(10, TimeUnit.SECONDS);
    Vertx other = Vertx.vertx();
    Handlers refused = new Handlers(other, new FakeRuntime(), "kube-probe/1.36");
    String dial = "dial tcp [::1]:" + port + ": connect: connection refused";
    assertThat(refused.http(POD, CONTAINER, action(port), "::1", LIMIT).message())
        .isEqualTo("Get \"http://[::1]:" + port + "/\": " + dial);
    assertThat(refused.tcp(CONTAINER, action(port), "::1", LIMIT).message()).isEqualTo(dial);
    other.close().await(10, TimeUnit.SECONDS);
  }
}
