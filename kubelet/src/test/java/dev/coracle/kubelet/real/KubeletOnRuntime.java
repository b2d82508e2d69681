package dev.coracle.kubelet.real;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.cri.v1.PodSandboxFilter;
import dev.coracle.kubelet.Kubelet;
import dev.coracle.kubelet.config.KubeletOptions;
import dev.coracle.kubelet.internal.cri.GrpcRuntimeService;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** A kubelet with a real runtime below and an in-memory API above. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(ThreadsWhenStuck.class)
abstract class KubeletOnRuntime {
  /** A running runtime of a test; what it made is gone after close. */
  interface RealRuntime extends AutoCloseable {
    String endpoint();

    /** A directory of its own, short enough for sockets. */
    Path root();

    String image();

    /** As in {@code containerd://…}. */
    String name();

    /** How pod addresses begin. */
    String podPrefix();
  }

  RealRuntime containerd;
  Vertx vertx;
  FakeClient api;
  Kubelet kubelet;
  KubeletOptions options;
  Path data;

  /** The options with what a test wants otherwise. */
  KubeletOptions adjust(KubeletOptions plain) {
    return plain;
  }

  abstract RealRuntime runtime(Vertx onVertx) throws Exception;

  @BeforeAll
  void start() throws Exception {
    vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
    containerd = runtime(vertx);
    api = new FakeClient();
    data = containerd.root().resolve("kubelet");
    options =
        adjust(
            KubeletOptions.of(
                    "node1",
                    "127.0.0.1",
                    data,
                    containerd.root().resolve("logs"),
                    containerd.endpoint())
                .withRestartBackOff(Duration.ofMillis(500), Duration.ofSeconds(2))
                .withCgroupRoot("coracle-" + containerd.root().getFileName()));
    kubelet = new Kubelet(vertx, api, options, new SimpleMeterRegistry(), Clock.systemUTC());
    kubelet.start().toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  @AfterAll
  void stop() throws Exception {
    try {
      if (kubelet != null) {
        kubelet.stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
        try (var cri = new GrpcRuntimeService(vertx, containerd.endpoint())) {
          assertThat(cri.listPodSandboxes(PodSandboxFilter.getDefaultInstance())).isEmpty();
        }
      }
    } finally {
      if (containerd != null) {
        containerd.close();
      }
      if (vertx != null) {
        vertx.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
      }
    }
  }

  KubeObject create(String name, String spec) {
    return api.create(
            Resources.PODS,
            KubeObject.parse(
                """
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s","namespace":"default","labels":{"app":"t"}},
                 "spec":{"nodeName":"node1","terminationGracePeriodSeconds":1,%s}}
                """
                    .formatted(name, spec.replace("test.local/busybox:1", containerd.image()))))
        .await()
        .indefinitely();
  }

  KubeObject pod(String name) {
    return api.get(Resources.PODS, "default", name).await().indefinitely();
  }

  void awaitPhase(String name, String phase) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(10))
        .untilAsserted(() -> assertThat(pod(name).text("status", "phase")).isEqualTo(phase));
  }

  void delete(String name) {
    api.delete(Resources.PODS, "default", name, DeleteOptions.DEFAULT).await().indefinitely();
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() ->
            api
                .list(Resources.PODS, "default", dev.coracle.api.rest.ListOptions.ALL)
                .await()
                .indefinitely()
                .items()
                .stream()
                .noneMatch(p -> p.name().equals(name)));
  }

  void awaitTrue(String name, java.util.function.Predicate<KubeObject> is) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(20))
        .until(() -> is.test(pod(name)));
  }

  static boolean ready(KubeObject pod) {
    for (var c : pod.at("status", "conditions")) {
      if (c.path("type").asText().equals("Ready")) {
        return c.path("status").asText().equals("True");
      }
    }
    return false;
  }
}
