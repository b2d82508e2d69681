package dev.coracle.kubelet.internal.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.coracle.api.KubeObject;
import dev.coracle.kubelet.config.StaticPodUrl;
import dev.coracle.kubelet.internal.host.Timers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A web server's manifests, asked for each tenth of a second. */
class ManifestUrlTest {
  private static final String WEB =
      "kind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: c, image: i}]}\n";

  private final Timers timers = new Timers("test", Clock.systemUTC());
  private final List<String> told = new CopyOnWriteArrayList<>();
  private final StaticPodSet set =
      new StaticPodSet(
          pod -> told.add("changed " + pod.name()), pod -> told.add("removed " + pod.name()));
  private final AtomicInteger asked = new AtomicInteger();
  private final AtomicInteger answers = new AtomicInteger();
  private volatile boolean drips;
  private volatile int code = 200;
  private volatile String body = WEB;
  private HttpServer server;
  private ManifestUrl url;

  @BeforeEach
  void begin() throws Exception {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/pods",
        exchange -> {
          boolean known = "secret".equals(exchange.getRequestHeaders().getFirst("X-Key"));
          byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(known ? code : 403, bytes.length == 0 ? -1 : bytes.length);
          asked.incrementAndGet();
          if (drips) {
            exchange.getResponseBody().write(bytes, 0, 1);
            exchange.getResponseBody().flush();
            return; // The connection stays open.
          }
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
    url =
        new ManifestUrl(
            new StaticPodUrl(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/pods"),
                Map.of("X-Key", List.of("secret")),
                Duration.ofMillis(100)),
            new ManifestReader("n1"),
            set,
            timers,
            Duration.ofMillis(500),
            answers::incrementAndGet);
  }

  @AfterEach
  void end() {
    url.close();
    server.stop(0);
    timers.close();
  }

  private void awaitTwoAnswers() {
    int before = asked.get();
    await().until(() -> asked.get() >= before + 2);
  }

  @Test
  void itsPodsFollowWhatItAnswers() {
    url.start();
    await().untilAsserted(() -> assertThat(told).containsExactly("changed web-n1"));
    assertThat(url.hasSynced()).isTrue();
    assertThat(set.list())
        .extracting(p -> p.annotation("kubernetes.io/config.source").orElse(""))
        .containsExactly("http");
    body =
        "kind: PodList\nitems:\n- {metadata: {name: a}, spec: {containers: [{name: c, image: i}]}}\n";
    await()
        .untilAsserted(() ->
            assertThat(told).containsExactly("changed web-n1", "removed web-n1", "changed a-n1"));
  }

  @Test
  void whatItGaveBeforeStaysWhileItGivesNoPod() {
    url.start();
    await().until(() -> !told.isEmpty());
    code = 500;
    awaitTwoAnswers();
    code = 200;
    body = "";
    awaitTwoAnswers();
    body = "kind: ConfigMap\n";
    awaitTwoAnswers();
    assertThat(told).containsExactly("changed web-n1");
    assertThat(set.list()).extracting(KubeObject::name).containsExactly("web-n1");
  }

  /** It may begin to answer, and never end. */
  @Test
  void aServerThatDripsIsAskedAgain() {
    drips = true;
    url.start();
    awaitTwoAnswers();
    assertThat(told).isEmpty();
    drips = false;
    await().untilAsserted(() -> assertThat(told).containsExactly("changed web-n1"));
  }

  @Test
  void anAnswerLargerThanTheApiTakesIsNone() {
    body = WEB + "#".repeat(ManifestReader.MOST_BYTES);
    url.start();
    awaitTwoAnswers();
    assertThat(told).isEmpty();
    assertThat(url.hasSynced()).isFalse();
  }

  /** So nothing is taken for gone that it only has not told of yet. */
  @Test
  void untilItAnswersItHasToldNothing() {
    code = 503;
    url.start();
    awaitTwoAnswers();
    assertThat(url.hasSynced()).isFalse();
    assertThat(answers).hasValue(0);
    code = 200;
    await().until(url::hasSynced);
    awaitTwoAnswers();
    assertThat(answers).as("what waited for it is done once").hasValue(1);
  }
}
