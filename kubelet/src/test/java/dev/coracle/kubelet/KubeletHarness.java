package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.kubelet.config.KubeletOptions;
import dev.coracle.kubelet.fake.FakeRuntime;
import dev.coracle.kubelet.fake.ShiftedClock;
import dev.coracle.kubelet.internal.eviction.EvictionManager;
import dev.coracle.kubelet.internal.shutdown.ShutdownInhibitor;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A kubelet between an in-memory API and an in-memory runtime. */
final class KubeletHarness implements AutoCloseable {
  final FakeClient api = new FakeClient();
  final FakeRuntime runtime = new FakeRuntime();
  final ShiftedClock clock = new ShiftedClock();
  final Path data;
  final KubeletOptions options;
  final Vertx vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
  private final boolean plugins;
  private final Optional<ShutdownInhibitor.Config> logind;
  private final Optional<EvictionManager.Observer> room;
  private final UnaryOperator<Surroundings> further;
  private Kubelet kubelet;
  private volatile MeterRegistry meters;

  KubeletHarness() throws Exception {
    this(o -> o);
  }

  KubeletHarness(UnaryOperator<KubeletOptions> change) throws Exception {
    this(change, false, Optional.empty(), Optional.empty());
  }

  /** One whose node has what the observer says. */
  static KubeletHarness withRoom(
      UnaryOperator<KubeletOptions> change, EvictionManager.Observer observer) throws Exception {
    return new KubeletHarness(change, false, Optional.of(observer), Optional.empty());
  }

  /** One whose machine goes down by this logind. */
  static KubeletHarness withLogind(
      UnaryOperator<KubeletOptions> change, ShutdownInhibitor.Config where) throws Exception {
    return new KubeletHarness(change, false, Optional.empty(), Optional.of(where));
  }

  /** One that looks for plugins. */
  static KubeletHarness withPlugins() throws Exception {
    return new KubeletHarness(o -> o, true, Optional.empty(), Optional.empty());
  }

  /** One on another machine, with plugins. */
  static KubeletHarness on(
      UnaryOperator<KubeletOptions> change, UnaryOperator<Surroundings> machine) throws Exception {
    return new KubeletHarness(change, true, Optional.empty(), Optional.empty(), machine);
  }

  private KubeletHarness(
      UnaryOperator<KubeletOptions> change,
      boolean plugins,
      Optional<EvictionManager.Observer> room,
      Optional<ShutdownInhibitor.Config> logind)
      throws Exception {
    this(change, plugins, room, logind, around -> around);
  }

  private KubeletHarness(
      UnaryOperator<KubeletOptions> change,
      boolean plugins,
      Optional<EvictionManager.Observer> room,
      Optional<ShutdownInhibitor.Config> logind,
      UnaryOperator<Surroundings> further)
      throws Exception {
    this.further = further;
    this.plugins = plugins;
    this.room = room;
    this.logind = logind;
    data = Files.createTempDirectory("kubelet");
    options =
        change.apply(
            KubeletOptions.of(
                    "n1", "192.0.2.1", data.resolve("kubelet"), data.resolve("logs"), "fake")
                .withRestartBackOff(Duration.ofMillis(300), Duration.ofSeconds(1)));
    kubelet = begin();
  }

  private Kubelet begin() throws Exception {
    meters = new SimpleMeterRegistry();
    Surroundings real = Surroundings.real(options, meters, runtime, clock, plugins);
    Surroundings around = further.apply(logind.map(real::withLogind).orElse(real));
    Kubelet fresh =
        new Kubelet(vertx, api, options, meters, room.map(around::withRoom).orElse(around));
    fresh.start().toCompletableFuture().get(60, TimeUnit.SECONDS);
    return fresh;
  }

  /** Another kubelet after this one, as after a crash: containers go on. */
  void restart() throws Exception {
    stopKubelet();
    kubelet = begin();
  }

  /** Its pods go on. */
  void stopKubelet() throws Exception {
    kubelet.stop(true).toCompletableFuture().get(60, TimeUnit.SECONDS);
  }

  /** What the last kubelet measured. */
  MeterRegistry meters() {
    return meters;
  }

  Kubelet kubelet() {
    return kubelet;
  }

  KubeObject create(String name, String spec) {
    return api.create(
            Resources.PODS,
            KubeObject.parse(
                """
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s","namespace":"default"},
                 "spec":{"nodeName":"n1","terminationGracePeriodSeconds":5,%s}}
                """
                    .formatted(name, spec)))
        .await()
        .indefinitely();
  }

  /** One container with this much more in its spec. */
  KubeObject simple(String name, String more) {
    return create(
        name, "\"containers\":[{\"name\":\"" + name + "\",\"image\":\"busybox:1\"" + more + "}]");
  }

  KubeObject pod(String name) {
    return api.get(Resources.PODS, "default", name).await().indefinitely();
  }

  boolean exists(String name) {
    return api
        .list(Resources.PODS, "default", ListOptions.ALL)
        .await()
        .indefinitely()
        .items()
        .stream()
        .anyMatch(p -> p.name().equals(name));
  }

  void delete(String name, DeleteOptions how) {
    api.delete(Resources.PODS, "default", name, how).await().indefinitely();
  }

  JsonNode container(String pod) {
    return pod(pod).at("status", "containerStatuses").path(0);
  }

  String condition(String pod, String type) {
    for (JsonNode c : pod(pod).at("status", "conditions")) {
      if (c.path("type").asText().equals(type)) {
        return c.path("status").asText();
      }
    }
    return "";
  }

  List<String> events() {
    return api.list(Resources.EVENTS, "", ListOptions.ALL).await().indefinitely().items().stream()
        .map(e -> e.text("reason") + ": " + e.text("message"))
        .toList();
  }

  void eventually(ThrowingRunnable check) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(5))
        .pollDelay(Duration.ZERO)
        .ignoreExceptions()
        .untilAsserted(check::run);
  }

  void awaitPhase(String pod, String phase) {
    eventually(() -> assertThat(pod(pod).text("status", "phase")).isEqualTo(phase));
  }

  interface ThrowingRunnable {
    void run() throws Exception;
  }

  @Override
  public void close() throws Exception {
    kubelet.stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
    vertx.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    Files.walkFileTree(data, new Deletion());
  }

  /** A worker that was held at the stop may be taking the same files away. */
  private static final class Deletion extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      Files.deleteIfExists(file);
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
      return gone(failure);
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
        throws IOException {
      if (failure != null) {
        gone(failure);
      }
      Files.deleteIfExists(directory);
      return FileVisitResult.CONTINUE;
    }

    private static FileVisitResult gone(IOException failure) throws IOException {
      if (failure instanceof NoSuchFileException) {
        return FileVisitResult.CONTINUE;
      }
      throw failure;
    }
  }
}
