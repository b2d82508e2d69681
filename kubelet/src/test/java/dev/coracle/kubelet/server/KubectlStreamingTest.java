package dev.coracle.kubelet.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.kubelet.server.config.KubeletServerOptions;
import dev.coracle.kubelet.server.stats.NodeStats;
import dev.coracle.kubelet.server.stats.Pressures;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetServer;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The real kubectl against the server, by WebSocket and by SPDY, with a runtime of each dialect
 * behind it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class KubectlStreamingTest {
  private static final String POD =
      """
      {"kind":"Pod","apiVersion":"v1","metadata":{"name":"web","namespace":"default","uid":"u1"},
       "spec":{"nodeName":"n1","containers":[{"name":"app","image":"x","stdin":true,"tty":false}]},
       "status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}],
        "containerStatuses":[{"name":"app","ready":true,"state":{"running":{}},"containerID":"x://c1","image":"x","imageID":"x","restartCount":0}]}}
      """;

  @TempDir static Path directory;

  private final Vertx vertx = Vertx.vertx();
  private final List<AutoCloseable> resources = new ArrayList<>();
  private TestPki pki;
  private Path log;
  private FakePods pods;

  /** One kubelet with its runtime and the front before it. */
  private record Stack(ProcessRuntime runtime, TestFront front, KubeletServer server) {}

  private final Map<String, Stack> stacks = new HashMap<>();

  @BeforeAll
  void start() throws Exception {
    assumeTrue(Kubectl.isInstalled(), "needs kubectl on the PATH");
    pki =
        new TestPki(directory)
            .issue("server", "CN=server")
            .issue("admin", "CN=admin,O=system:masters");
    log = directory.resolve("0.log");
    Files.writeString(log, "");
    pods = new FakePods();
    pods.put(
        new PodView(
            "default",
            "web",
            "u1",
            Optional.of("s1"),
            List.of(
                new ContainerView(
                    "app",
                    Optional.of(new ContainerView.Instance("c1", log, true)),
                    Optional.empty(),
                    Optional.empty(),
                    false,
                    true))));
  }

  @AfterAll
  void stop() throws Exception {
    for (AutoCloseable resource : resources.reversed()) {
      resource.close();
    }
    vertx.close().toCompletionStage().toCompletableFuture().get();
  }

  private Stack stack(String dialects) throws Exception {
    Stack known = stacks.get(dialects);
    if (known != null) {
      return known;
    }
    ProcessRuntime runtime = new ProcessRuntime(vertx, Set.of(dialects.split(" ")));
    KubeletServerOptions options =
        KubeletServerOptions.defaults(
                "n1", pki.certificate("server"), pki.key("server"), pki.certificate("ca"))
            .withListen("127.0.0.1", 0);
    KubeletServer server =
        new KubeletServer(
            vertx,
            options,
            new KubeletServerBackend(
                KubeletAuth.DENY,
                pods,
                runtime,
                (_, _, _, _) -> Uni.createFrom().failure(new IllegalStateException("not here")),
                documents()));
    int port = server.start().await().indefinitely();
    TestFront front = new TestFront(vertx, pki, port, POD);
    resources.add(runtime);
    resources.add(() -> server.stop().await().indefinitely());
    resources.add(front);
    Stack made = new Stack(runtime, front, server);
    stacks.put(dialects, made);
    return made;
  }

  static NodeDocuments documents() {
    return new NodeDocuments(
        () -> Uni.createFrom().item(NodeDocuments.emptyPodList()),
        () -> Uni.createFrom().item(NodeDocuments.emptyPodList()),
        () -> Uni.createFrom().item(NodeDocuments.emptyPodList()),
        () -> Uni.createFrom().item("# none\n"),
        () -> Uni.createFrom().item("# none\n"),
        _ ->
            Uni.createFrom()
                .item(
                    new NodeStats(
                        "n1",
                        Instant.EPOCH,
                        null,
                        null,
                        Pressures.UNKNOWN,
                        null,
                        null,
                        null,
                        null,
                        null,
                        null,
                        2,
                        1024,
                        List.of(),
                        List.of())),
        _ -> Optional.empty(),
        Map::of,
        HealthChecks.of());
  }

  private Kubectl kubectl(Stack stack, boolean spdy) {
    return new Kubectl(stack.front().port(), pki.certificate("ca"), directory, spdy);
  }

  @ParameterizedTest
  @CsvSource({
    "false,ws-v5",
    "true,ws-v5",
    "false,spdy ws-v4",
    "true,spdy ws-v4",
    "false,ws-v4",
    "true,ws-v4"
  })
  void execTellsBothOutputsAndTheExitCode(boolean spdy, String dialects) throws Exception {
    Stack stack = stack(dialects);
    Kubectl.Outcome outcome =
        kubectl(stack, spdy)
            .run(new byte[0], "exec", "web", "--", "sh", "-c", "echo out; echo err >&2; exit 7");
    assertThat(outcome.out()).isEqualTo("out\n");
    assertThat(outcome.err()).startsWith("err\n").contains("exit code 7");
    assertThat(outcome.code()).isEqualTo(7);
    assertThat(stack.front().upgrades.getLast())
        .isEqualTo(spdy ? "POST SPDY/3.1 exec" : "GET websocket exec");
  }

  @ParameterizedTest
  @CsvSource({"false,ws-v5", "true,ws-v5", "false,spdy ws-v4", "true,spdy ws-v4"})
  void execPassesStdinWithItsEnd(boolean spdy, String dialects) throws Exception {
    byte[] input = new byte[3_000_000];
    new Random(42).nextBytes(input);
    for (int i = 0; i < input.length; i++) {
      input[i] = (byte) ('a' + (input[i] & 15));
    }
    Kubectl.Outcome outcome =
        kubectl(stack(dialects), spdy).run(input, "exec", "-i", "web", "--", "cat");
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.out()).isEqualTo(new String(input, UTF_8));
    assertThat(outcome.code()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"false,ws-v5", "true,ws-v5", "false,spdy ws-v4"})
  void execWithATerminal(boolean spdy, String dialects) throws Exception {
    assumeTrue(Kubectl.runs("script", "--version"), "needs script(1)");
    Stack stack = stack(dialects);
    Process process =
        kubectl(stack, spdy)
            .onTerminal("exec", "-it", "web", "--", "sh", "-c", "'tty; read x; exit 3'")
            .start();
    // kubectl tells the terminal's size when it likes; the command waits until it has.
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> stack.runtime().resizes.stream().anyMatch(r -> r.contains("Width")));
    process.getOutputStream().write('\n');
    process.getOutputStream().flush();
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(out).contains("/dev/pts/");
    assertThat(process.waitFor()).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource({"false,ws-v5", "true,spdy ws-v4"})
  void attachPassesStdin(boolean spdy, String dialects) throws Exception {
    Kubectl.Outcome outcome =
        kubectl(stack(dialects), spdy).run("hello\n".getBytes(UTF_8), "attach", "-i", "web");
    assertThat(outcome.out()).contains("hello\n");
    assertThat(outcome.code()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"false,ws-v5", "true,spdy ws-v4"})
  void copyInAndOut(boolean spdy, String dialects) throws Exception {
    assumeTrue(Kubectl.runs("tar", "--version"), "needs tar");
    Path source = directory.resolve("source-" + spdy);
    byte[] content = new byte[500_000];
    new Random(7).nextBytes(content);
    Files.write(source, content);
    Path inside = directory.resolve("inside-" + spdy);
    Path back = directory.resolve("back-" + spdy);
    Stack stack = stack(dialects);
    Kubectl.Outcome in =
        kubectl(stack, spdy).run(new byte[0], "cp", source.toString(), "web:" + inside);
    assertThat(in.code()).as(in.err()).isZero();
    assertThat(Files.readAllBytes(inside)).isEqualTo(content);
    Kubectl.Outcome out =
        kubectl(stack, spdy).run(new byte[0], "cp", "web:" + inside, back.toString());
    assertThat(out.code()).as(out.err()).isZero();
    assertThat(Files.readAllBytes(back)).isEqualTo(content);
  }

  @ParameterizedTest
  @CsvSource({"false,spdy", "true,spdy", "false,ws-v4", "true,ws-v4"})
  void portForward(boolean spdy, String dialects) throws Exception {
    NetServer echo =
        vertx
            .createNetServer()
            .connectHandler(
                s -> s.handler(b -> s.write(Buffer.buffer("<").appendBuffer(b).appendString(">"))))
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get();
    Stack stack = stack(dialects);
    Process process =
        kubectl(stack, spdy).command("port-forward", "pod/web", ":" + echo.actualPort()).start();
    try {
      int port = Kubectl.forwardedPort(process);
      for (int i = 0; i < 3; i++) {
        try (Socket socket = new Socket("127.0.0.1", port)) {
          socket.setSoTimeout(10_000);
          socket.getOutputStream().write(("ping" + i).getBytes(UTF_8));
          assertThat(new String(socket.getInputStream().readNBytes(7), UTF_8))
              .isEqualTo("<ping" + i + ">");
        }
      }
      assertThat(stack.front().upgrades.getLast())
          .isEqualTo(spdy ? "POST SPDY/3.1 portforward" : "GET websocket portforward");
    } finally {
      process.destroy();
      process.waitFor();
      echo.close().toCompletionStage().toCompletableFuture().get();
    }
  }

  @ParameterizedTest
  @CsvSource({"false,spdy", "true,spdy", "false,ws-v4"})
  void portForwardOfManyBytes(boolean spdy, String dialects) throws Exception {
    int size = 20 << 20;
    byte[] content = new byte[size];
    new Random(size).nextBytes(content);
    NetServer source =
        vertx
            .createNetServer()
            .connectHandler(s ->
                s.handler(b -> {
                  s.handler(x -> {});
                  s.write(Buffer.buffer(content)).onComplete(r -> s.end());
                }))
            .listen(0, "127.0.0.1")
            .toCompletionStage()
            .toCompletableFuture()
            .get();
    Process process =
        kubectl(stack(dialects), spdy)
            .command("port-forward", "pod/web", ":" + source.actualPort())
            .start();
    try (Socket socket = new Socket("127.0.0.1", Kubectl.forwardedPort(process))) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write('x');
      byte[] received = socket.getInputStream().readAllBytes();
      assertThat(received.length).isEqualTo(size);
      assertThat(Arrays.equals(received, content)).as("bytes are in order").isTrue();
    } finally {
      process.destroy();
      process.waitFor();
      source.close().toCompletionStage().toCompletableFuture().get();
    }
  }

  @ParameterizedTest
  @CsvSource({"false,spdy", "true,ws-v4"})
  void portForwardSaysWhyAConnectionFails(boolean spdy, String dialects) throws Exception {
    Process process =
        kubectl(stack(dialects), spdy)
            .command("port-forward", "pod/web", ":1")
            .redirectErrorStream(true)
            .start();
    try (Socket socket = new Socket("127.0.0.1", Kubectl.forwardedPort(process))) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write('x');
      var lines = process.inputReader();
      String line = lines.readLine();
      while (line != null && !line.contains("an error occurred forwarding")) {
        line = lines.readLine();
      }
      assertThat(line).contains("failed to connect to localhost:1 inside namespace");
    } finally {
      process.destroy();
      process.waitFor();
    }
  }

  @Test
  void logsFollowUntilTheContainerEnds() throws Exception {
    Stack stack = stack("ws-v5");
    Files.writeString(log, "2026-01-01T00:00:00.000000001Z stdout F one\n");
    Process process = kubectl(stack, false).command("logs", "-f", "web").start();
    var lines = process.inputReader();
    assertThat(lines.readLine()).isEqualTo("one");
    Files.writeString(
        log,
        "2026-01-01T00:00:01Z stdout P tw\n2026-01-01T00:00:01Z stdout F o\n",
        StandardOpenOption.APPEND);
    assertThat(lines.readLine()).isEqualTo("two");
    assertThat(process.isAlive()).isTrue();
    pods.end("c1");
    await().atMost(Duration.ofSeconds(10)).until(() -> !process.isAlive());
    assertThat(process.exitValue()).isZero();
  }

  @Test
  void aRefusedExecIsToldInWords() throws Exception {
    Kubectl.Outcome outcome =
        kubectl(stack("ws-v5"), false)
            .run(new byte[0], "exec", "web", "-c", "nobody", "--", "true");
    assertThat(outcome.code()).isNotZero();
    assertThat(outcome.err()).contains("nobody");
  }
}
