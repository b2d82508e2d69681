package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpServer;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.kubelet.config.KubeletConfiguration;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pods of manifests, and their mirrors. */
class StaticPodTest {
  @TempDir private Path manifests;

  private void write(String image) throws Exception {
    Path hidden = manifests.resolve(".static.yaml");
    Files.writeString(hidden, manifest(image));
    Files.move(
        hidden,
        manifests.resolve("static.yaml"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  private static String manifest(String image) {
    return """
    apiVersion: v1
    kind: Pod
    metadata:
      name: static
      namespace: kube-system
    spec:
      containers:
      - name: s
        image: %s
    """
        .formatted(image);
  }

  @Test
  void aManifestRunsAndIsMirroredAndGoes() throws Exception {
    write("busybox:1");
    try (KubeletHarness k = new KubeletHarness(o -> o.withStaticPodPath(manifests))) {
      k.runtime.image("other:1");
      k.eventually(() -> {
        var mirror = k.api.get(Resources.PODS, "kube-system", "static-n1").await().indefinitely();
        assertThat(mirror.text("status", "phase")).isEqualTo("Running");
        assertThat(mirror.annotation("kubernetes.io/config.mirror")).isPresent();
      });
      k.api
          .delete(Resources.PODS, "kube-system", "static-n1", DeleteOptions.now())
          .await()
          .indefinitely();
      k.eventually(() ->
          assertThat(
                  k.api
                      .get(Resources.PODS, "kube-system", "static-n1")
                      .await()
                      .indefinitely()
                      .text("status", "phase"))
              .isEqualTo("Running"));
      assertThat(k.runtime.calls().stream().filter(c -> c.startsWith("startContainer"))).hasSize(1);

      write("other:1");
      k.eventually(() ->
          assertThat(k.runtime.running("s").map(c -> c.getImageRef())).contains("sha256:other:1"));
      Files.delete(manifests.resolve("static.yaml"));
      k.eventually(() -> assertThat(k.runtime.running("s")).isEmpty());
      k.eventually(() ->
          assertThat(
                  k.api
                      .list(Resources.PODS, "kube-system", ListOptions.ALL)
                      .await()
                      .indefinitely()
                      .items())
              .isEmpty());
    }
  }

  /** Its manifest tells nothing of what has become of its containers before. */
  @Test
  void anInitContainerThatTheRuntimeHasForgottenHasEndedWell() throws Exception {
    Files.writeString(
        manifests.resolve("static.yaml"),
        manifest("busybox:1") + "  initContainers:\n  - name: i\n    image: busybox:1\n");
    try (KubeletHarness k = new KubeletHarness(o -> o.withStaticPodPath(manifests))) {
      k.eventually(() -> assertThat(k.runtime.running("i")).isPresent());
      String init = k.runtime.running("i").orElseThrow().getId();
      k.runtime.exit("i", 0);
      k.eventually(() -> assertThat(k.runtime.running("s")).isPresent());
      k.stopKubelet();
      k.runtime.removeContainer(init);
      k.restart();
      k.eventually(() -> {
        var status =
            k.api
                .get(Resources.PODS, "kube-system", "static-n1")
                .await()
                .indefinitely()
                .at("status");
        assertThat(status.at("/initContainerStatuses/0/state/terminated/message").asText())
            .isEqualTo(
                "Unable to get init container status from container runtime and pod has been"
                    + " initialized, treat it as exited normally");
        assertThat(status.at("/initContainerStatuses/0/ready").asBoolean()).isTrue();
        assertThat(status.path("phase").asText()).isEqualTo("Running");
      });
      assertThat(k.runtime.calls().stream().filter(c -> c.startsWith("startContainer"))).hasSize(2);
    }
  }

  /** As is left where a manifest goes while its mirror is being made. */
  @Test
  void aMirrorWithoutAManifestGoesAtOnce() throws Exception {
    write("busybox:1");
    try (KubeletHarness k = new KubeletHarness(o -> o.withStaticPodPath(manifests))) {
      k.eventually(
          () -> assertThat(k.api.peek(Resources.PODS, "kube-system", "static-n1")).isNotNull());
      KubeObject mirror =
          k.api.get(Resources.PODS, "kube-system", "static-n1").await().indefinitely();
      k.api
          .create(
              Resources.PODS,
              mirror.with(tree -> {
                ObjectNode metadata = tree.withObjectProperty("metadata");
                metadata.put("name", "late-n1").remove(List.of("uid", "resourceVersion"));
              }))
          .await()
          .indefinitely();
      k.eventually(() ->
          assertThat(
                  k.api
                      .list(Resources.PODS, "kube-system", ListOptions.ALL)
                      .await()
                      .indefinitely()
                      .items())
              .extracting(KubeObject::name)
              .containsExactly("static-n1"));
    }
  }

  /** The old pod has its grace, is shown as long, and nothing of the new one runs beside it. */
  @Test
  void aChangedManifestsPodBeginsWhenTheOldOneHasEnded() throws Exception {
    write("busybox:1");
    try (KubeletHarness k = new KubeletHarness(o -> o.withStaticPodPath(manifests))) {
      k.runtime.image("other:1");
      CountDownLatch go = holdEnds(k);
      k.eventually(() -> assertThat(mirror(k).text("status", "phase")).isEqualTo("Running"));
      String before = mirror(k).uid();

      write("other:1");
      k.eventually(() -> assertThat(k.runtime.calls()).contains("stopContainer s 30"));
      write("other:1"); // What happens meanwhile begins nothing either.
      k.kubelet().housekeep();
      assertThat(mirror(k).uid()).isEqualTo(before);
      assertThat(starts(k)).isEqualTo(1);

      go.countDown();
      k.eventually(() ->
          assertThat(k.runtime.running("s").map(c -> c.getImageRef())).contains("sha256:other:1"));
      k.eventually(() -> assertThat(mirror(k).uid()).isNotEqualTo(before));
      assertThat(starts(k)).isEqualTo(2);
    }
  }

  /** It is the same pod by its uid, and runs anew all the same. */
  @Test
  void aManifestThatIsPutBackWhileItsPodEndsRunsAgain() throws Exception {
    write("busybox:1");
    try (KubeletHarness k = new KubeletHarness(o -> o.withStaticPodPath(manifests))) {
      CountDownLatch go = holdEnds(k);
      k.eventually(() -> assertThat(mirror(k).text("status", "phase")).isEqualTo("Running"));
      String before = k.runtime.running("s").orElseThrow().getId();
      Files.delete(manifests.resolve("static.yaml"));
      k.eventually(() -> assertThat(k.runtime.calls()).contains("stopContainer s 30"));
      write("busybox:1");
      k.eventually(() ->
          assertThat(
                  k.meters()
                      .get("kubelet_restarted_pods_total")
                      .tag("static", "true")
                      .counter()
                      .count())
              .isOne());
      go.countDown();
      k.eventually(
          () -> assertThat(k.runtime.running("s").map(c -> c.getId())).get().isNotEqualTo(before));
      k.eventually(() -> {
        assertThat(mirror(k).text("status", "phase")).isEqualTo("Running");
        assertThat(mirror(k).at("status", "containerStatuses").path(0).path("restartCount").asInt())
            .isOne();
      });
      assertThat(starts(k)).isEqualTo(2);
    }
  }

  @Test
  void aPodIsShownUntilItHasEndedThoughItsManifestIsGone() throws Exception {
    write("busybox:1");
    try (KubeletHarness k = new KubeletHarness(o -> o.withStaticPodPath(manifests))) {
      CountDownLatch go = holdEnds(k);
      k.eventually(() -> assertThat(mirror(k).text("status", "phase")).isEqualTo("Running"));
      Files.delete(manifests.resolve("static.yaml"));
      k.eventually(() -> assertThat(k.runtime.calls()).contains("stopContainer s 30"));
      k.kubelet().housekeep();
      assertThat(shown(k)).containsExactly("static-n1");
      go.countDown();
      k.eventually(() -> assertThat(shown(k)).isEmpty());
    }
  }

  /** No two may fight for the mirror. */
  @Test
  void ofTwoManifestsWithOneNameTheFirstRuns() throws Exception {
    write("busybox:1");
    Files.copy(manifests.resolve("static.yaml"), manifests.resolve("twice.yaml"));
    try (KubeletHarness k = new KubeletHarness(o -> o.withStaticPodPath(manifests))) {
      k.eventually(() -> assertThat(mirror(k).text("status", "phase")).isEqualTo("Running"));
      String first = mirror(k).annotation("kubernetes.io/config.hash").orElseThrow();
      assertThat(starts(k)).isEqualTo(1);
      Files.delete(manifests.resolve("static.yaml"));
      k.eventually(() ->
          assertThat(mirror(k).annotation("kubernetes.io/config.hash"))
              .isPresent()
              .isNotEqualTo(Optional.of(first)));
      k.eventually(() -> assertThat(starts(k)).isEqualTo(2));
    }
  }

  @Test
  void thePathMayBeOneManifest() throws Exception {
    write("busybox:1");
    Path one = manifests.resolve("static.yaml");
    Files.copy(one, manifests.resolve("another.yaml"));
    try (KubeletHarness k = new KubeletHarness(o -> o.withStaticPodPath(one))) {
      k.eventually(() -> assertThat(mirror(k).text("status", "phase")).isEqualTo("Running"));
      assertThat(starts(k)).isEqualTo(1);
      Files.delete(one);
      k.eventually(() -> assertThat(shown(k)).isEmpty());
    }
  }

  /** Each end of a container waits for the latch, as a process does that has much to write. */
  private static CountDownLatch holdEnds(KubeletHarness k) {
    CountDownLatch go = new CountDownLatch(1);
    k.runtime.failing(call -> {
      if (call.startsWith("stopContainer")) {
        try {
          go.await(60, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      return Optional.empty();
    });
    return go;
  }

  private static long starts(KubeletHarness k) {
    return k.runtime.calls().stream().filter(c -> c.startsWith("startContainer")).count();
  }

  private static KubeObject mirror(KubeletHarness k) {
    return k.api.get(Resources.PODS, "kube-system", "static-n1").await().indefinitely();
  }

  private static List<String> shown(KubeletHarness k) {
    return k
        .api
        .list(Resources.PODS, "kube-system", ListOptions.ALL)
        .await()
        .indefinitely()
        .items()
        .stream()
        .map(KubeObject::name)
        .toList();
  }

  @Test
  void theNextKubeletTellsSinceWhenThePodRuns() throws Exception {
    write("busybox:1");
    try (KubeletHarness k = new KubeletHarness(o -> o.withStaticPodPath(manifests))) {
      k.eventually(() -> assertThat(mirror(k).text("status", "phase")).isEqualTo("Running"));
      k.stopKubelet();
      String before = "2020-01-01T00:00:00Z";
      KubeObject told = mirror(k).with(o -> o.withObject("/status").put("startTime", before));
      k.api.updateStatus(Resources.PODS, told).await().indefinitely();
      k.restart();
      k.runtime.exit("s", 0);
      k.eventually(() -> {
        KubeObject mirror = mirror(k);
        assertThat(mirror.at("status", "containerStatuses").path(0).path("restartCount").asInt())
            .isOne();
        assertThat(mirror.text("status", "startTime")).isEqualTo(before);
        assertThat(mirror.uid()).isEqualTo(told.uid());
      });
    }
  }

  @Test
  void aMirrorGoesWhoseManifestWentWhileNoKubeletWasThere() throws Exception {
    write("busybox:1");
    KubeletConfiguration chosen = configuration("\"staticPodPath\":\"" + manifests + "\"");
    try (KubeletHarness k = new KubeletHarness(o -> o.withConfiguration(chosen))) {
      k.eventually(() ->
          assertThat(
                  k.api
                      .get(Resources.PODS, "kube-system", "static-n1")
                      .await()
                      .indefinitely()
                      .text("status", "phase"))
              .isEqualTo("Running"));
      k.stopKubelet();
      Files.delete(manifests.resolve("static.yaml"));
      k.restart();
      k.eventually(() -> {
        k.kubelet().housekeep();
        assertThat(
                k.api
                    .list(Resources.PODS, "kube-system", ListOptions.ALL)
                    .await()
                    .indefinitely()
                    .items())
            .isEmpty();
        assertThat(k.runtime.running("s")).isEmpty();
      });
    }
  }

  /** What it may have given to the kubelet before is not taken for gone. */
  @Test
  void nothingIsCleanedUpBeforeTheUrlHasAnswered() throws Exception {
    AtomicInteger code = new AtomicInteger(200);
    AtomicInteger asked = new AtomicInteger();
    HttpServer web =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    web.createContext(
        "/",
        exchange -> {
          byte[] pod = manifest("busybox:1").getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(code.get(), pod.length);
          exchange.getResponseBody().write(pod);
          exchange.close();
          asked.incrementAndGet();
        });
    web.start();
    write("busybox:1");
    Files.writeString(
        manifests.resolve("other.yaml"),
        manifest("busybox:1")
            .replace("name: static", "name: other")
            .replace("- name: s", "- name: o"));
    KubeletConfiguration chosen =
        configuration(
            "\"staticPodPath\":\"%s\",\"staticPodURL\":\"http://127.0.0.1:%d\",\"httpCheckFrequency\":\"50ms\""
                .formatted(manifests.resolve("other.yaml"), web.getAddress().getPort()));
    try (KubeletHarness k = new KubeletHarness(o -> o.withConfiguration(chosen))) {
      k.eventually(() -> assertThat(shown(k)).containsExactly("other-n1", "static-n1"));
      k.eventually(() -> assertThat(k.runtime.running("o")).isPresent());
      k.eventually(() -> assertThat(k.runtime.running("s")).isPresent());
      k.stopKubelet();
      code.set(503);
      Files.delete(manifests.resolve("other.yaml"));
      k.restart();
      k.kubelet().housekeep();
      asked.set(0);
      k.eventually(() -> assertThat(asked.get()).isGreaterThan(2));
      assertThat(shown(k)).containsExactly("other-n1", "static-n1");
      assertThat(k.runtime.running("s")).isPresent();
      code.set(200);
      k.eventually(() -> assertThat(shown(k)).containsExactly("static-n1"));
      k.eventually(() -> assertThat(k.runtime.running("o")).isEmpty());
      assertThat(k.runtime.running("s")).isPresent();
      assertThat(starts(k)).as("adopted").isEqualTo(2);
    } finally {
      web.stop(0);
    }
  }

  private static KubeletConfiguration configuration(String fields) {
    return KubeletConfiguration.parse(
        Json.parse(
            ("{\"apiVersion\":\"kubelet.config.k8s.io/v1beta1\",\"kind\":\"KubeletConfiguration\","
                    + fields
                    + "}")
                .getBytes(StandardCharsets.UTF_8)));
  }
}
