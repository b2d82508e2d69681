package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.watchhub.EmbeddedStorage;
import dev.coracle.watchhub.WatchHub;
import dev.coracle.watchhub.config.EmbeddedOptions;
import dev.coracle.watchhub.config.HubOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Versions of an object share nodes with each other, with who wrote them and with all who look at
 * them in this process. No write may change what others hold, nor what a caller has given.
 */
class SharedTreesTest {

  private static final NamespacedName POD = new NamespacedName("default", "p");

  /** What somebody holds of one version, and what it was. */
  private record Held(String after, ObjectNode tree, String text) {}

  @TempDir Path dir;
  private final Vertx vertx = Vertx.vertx();
  private final List<Held> held = new ArrayList<>();
  private WatchHub hub;
  private TestServer server;
  private ApiCalls calls;

  @BeforeEach
  void start() throws Exception {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    hub =
        new WatchHub(
            vertx,
            new EmbeddedStorage(EmbeddedOptions.defaults(dir.resolve("store")), registry),
            HubOptions.DEFAULTS,
            registry);
    hub.start().toCompletableFuture().get(60, TimeUnit.SECONDS);
    server = new TestServer(Files.createDirectory(dir.resolve("pki")), hub);
    calls =
        server
            .server()
            .callsAs(new UserInfo("system:test", "", List.of("system:masters"), Map.of()));
  }

  @AfterEach
  void stop() throws Exception {
    server.close();
    hub.stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
    vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  private static <T> T now(Uni<T> work) {
    return work.await().atMost(Duration.ofSeconds(60));
  }

  private void hold(String after, ObjectNode tree) {
    held.add(new Held(after, tree, tree.toString()));
  }

  /** Keeps all forms of what is stored now, and looks at all that was kept before. */
  private void wrote(String what) {
    KubeObject stored = now(hub.get(Resources.PODS.groupResource(), POD));
    KubeObject trimmed = stored.trimmed();
    hold(what + ", without managers", trimmed.tree());
    // Read beside what is held already, so it shares with that.
    hold(what, stored.tree());
    assertThat(Json.bytes(stored.tree())).as(what).isEqualTo(stored.json());
    for (Held h : held) {
      assertThat(h.tree().toString())
          .as("held since " + h.after() + ", by " + what)
          .isEqualTo(h.text());
    }
  }

  private void patch(String what, Patch patch, String subresource) {
    ObjectNode given = patch.body() instanceof ObjectNode body ? body : Json.object();
    hold("before it was given as " + what, given);
    now(
        calls.patch(
            Resources.PODS, POD.namespace(), POD.name(), patch, subresource, WriteOptions.NONE));
    wrote(what);
  }

  private static KubeObject pod() {
    return KubeObject.create(
        new GroupVersionKind("", "v1", "Pod"),
        POD.namespace(),
        POD.name(),
        o -> {
          ObjectNode container = o.putObject("spec").putArray("containers").addObject();
          container.put("name", "c").put("image", "i");
          container.putArray("env").addObject().put("name", "A").put("value", "b");
          o.withObjectProperty("metadata").putObject("labels").put("app", "x");
        });
  }

  @Test
  void noWriteChangesWhatOthersHold() {
    now(
        calls.create(
            Resources.SERVICE_ACCOUNTS,
            "default",
            KubeObject.create(
                new GroupVersionKind("", "v1", "ServiceAccount"), "default", "default", _ -> {}),
            WriteOptions.NONE));
    now(calls.create(Resources.PODS, "default", pod(), WriteOptions.NONE));
    wrote("create");

    KubeObject binding =
        KubeObject.create(
            new GroupVersionKind("", "v1", "Binding"),
            POD.namespace(),
            POD.name(),
            o -> o.putObject("target").put("kind", "Node").put("name", "n"));
    now(
        calls.createSubresource(
            Resources.PODS, "default", POD.name(), "binding", binding, WriteOptions.NONE));
    wrote("bind");

    patch(
        "strategic merge patch of the status",
        Patch.strategic(o -> {
          ObjectNode status = o.putObject("status").put("phase", "Running");
          ObjectNode ready = status.putArray("conditions").addObject();
          ready.put("type", "Ready").put("status", "True");
        }),
        "status");
    patch(
        "merge patch",
        Patch.merge(o -> o.putObject("metadata").putObject("labels").put("more", "y")),
        "");
    patch(
        "strategic merge patch",
        Patch.strategic(o -> {
          ObjectNode container = o.putObject("spec").putArray("containers").addObject();
          container.put("name", "c").put("image", "j");
        }),
        "");
    patch(
        "JSON patch",
        Patch.json(
            Json.parse("[{\"op\":\"add\",\"path\":\"/metadata/labels/third\",\"value\":\"z\"}]")),
        "");
    patch(
        "apply",
        Patch.apply(
            Json.parse(
                "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\","
                    + "\"annotations\":{\"a\":\"b\"}}}"),
            false),
        "");

    KubeObject changed =
        now(hub.get(Resources.PODS.groupResource(), POD))
            .with(o -> o.withObjectProperty("metadata").putObject("labels").put("only", "one"));
    now(calls.update(Resources.PODS, changed, "", WriteOptions.NONE));
    wrote("update");
    KubeObject failed =
        now(hub.get(Resources.PODS.groupResource(), POD))
            .with(o -> o.withObjectProperty("status").put("phase", "Failed"));
    now(calls.update(Resources.PODS, failed, "status", WriteOptions.NONE));
    wrote("update of the status");
    assertThat(now(hub.get(Resources.PODS.groupResource(), POD)).text("status", "phase"))
        .isEqualTo("Failed");

    now(calls.delete(Resources.PODS, "default", POD.name(), DeleteOptions.DEFAULT));
    for (Held h : held) {
      assertThat(h.tree().toString())
          .as("held since " + h.after() + ", by delete")
          .isEqualTo(h.text());
    }
    assertThat(held).hasSizeGreaterThan(20);
  }
}
