package dev.coracle.kubelet.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.client.fake.FakeClient;
import dev.coracle.kubelet.Kubelet;
import dev.coracle.kubelet.config.KubeletOptions;
import dev.coracle.kubelet.real.ThreadsWhenStuck;
import dev.coracle.kubelet.server.config.KubeletServerOptions;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The real kubectl, the whole kubelet and a real runtime: only the API server between them is a
 * stand-in.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(ThreadsWhenStuck.class)
@Timeout(120)
abstract class RuntimeStreamingSuite {
  /** A runtime of this test's own; what it made is gone after close. */
  interface Runtime extends AutoCloseable {
    String endpoint();

    /** A directory of its own, short enough for sockets. */
    Path root();

    /** An image with busybox and its applets in /bin. */
    String image();
  }

  abstract Runtime start(Vertx onVertx) throws Exception;

  @TempDir static Path directory;

  private @Nullable Runtime runtime;
  private @Nullable Vertx vertx;
  private @Nullable Kubelet kubelet;
  private @Nullable TestFront front;
  private TestPki pki;

  @BeforeAll
  void start() throws Exception {
    assumeTrue(Kubectl.isInstalled(), "needs kubectl on the PATH");
    vertx = Vertx.vertx(new VertxOptions().setPreferNativeTransport(true));
    Runtime started = start(vertx);
    runtime = started;
    pki =
        new TestPki(directory)
            .issue("server", "CN=server")
            .issue("admin", "CN=admin,O=system:masters");
    FakeClient api = new FakeClient();
    KubeletOptions options =
        KubeletOptions.of(
                "node1",
                "127.0.0.1",
                started.root().resolve("kubelet"),
                started.root().resolve("logs"),
                started.endpoint())
            .withCgroupRoot("coracle-" + started.root().getFileName())
            .withServer(
                KubeletServerOptions.defaults(
                        "node1",
                        pki.certificate("server"),
                        pki.key("server"),
                        pki.certificate("ca"))
                    .withListen("127.0.0.1", 0));
    kubelet = new Kubelet(vertx, api, options, new SimpleMeterRegistry(), Clock.systemUTC());
    kubelet.start().toCompletableFuture().get(60, TimeUnit.SECONDS);
    api.create(
            Resources.PODS,
            KubeObject.parse(
                """
                {"apiVersion":"v1","kind":"Pod","metadata":{"name":"web","namespace":"default"},
                 "spec":{"nodeName":"node1","terminationGracePeriodSeconds":1,"containers":[
                  {"name":"app","image":"IMAGE","imagePullPolicy":"Never","command":["/bin/sleep","1000"]},
                  {"name":"talk","image":"IMAGE","imagePullPolicy":"Never","stdin":true,
                   "command":["/bin/sh","-c","echo started; while read line; do echo got $line; [ $line = bye ] && exit 0; done"]},
                  {"name":"web","image":"IMAGE","imagePullPolicy":"Never",
                   "command":["/bin/sh","-c","exec nc -ll -p 8080 -e /bin/cat"]}]}}
                """
                    .replace("IMAGE", started.image())))
        .await()
        .indefinitely();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() ->
            "Running"
                .equals(
                    api.get(Resources.PODS, "default", "web")
                        .await()
                        .indefinitely()
                        .text("status", "phase")));
    String pod = api.get(Resources.PODS, "default", "web").await().indefinitely().tree().toString();
    front = new TestFront(vertx, pki, kubelet.port(), pod);
  }

  @AfterAll
  void stop() throws Exception {
    try {
      if (front != null) {
        front.close();
      }
      if (kubelet != null) {
        kubelet.stop().toCompletableFuture().get(60, TimeUnit.SECONDS);
      }
    } finally {
      if (runtime != null) {
        runtime.close();
      }
    }
    if (vertx != null) {
      vertx.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }
  }

  private Kubectl kubectl(boolean spdy) {
    assert front != null;
    return new Kubectl(front.port(), pki.certificate("ca"), directory, spdy);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void execTellsBothOutputsAndTheExitCode(boolean spdy) throws Exception {
    Kubectl.Outcome outcome =
        kubectl(spdy)
            .run(
                new byte[0],
                "exec",
                "web",
                "-c",
                "app",
                "--",
                "sh",
                "-c",
                "echo out; echo err >&2; exit 7");
    assertThat(outcome.out()).isEqualTo("out\n");
    assertThat(outcome.err()).startsWith("err\n").contains("exit code 7");
    assertThat(outcome.code()).isEqualTo(7);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void execPassesStdinWithItsEnd(boolean spdy) throws Exception {
    byte[] input = new byte[2_000_000];
    Random random = new Random(42);
    for (int i = 0; i < input.length; i++) {
      input[i] = (byte) ('a' + random.nextInt(20));
    }
    Kubectl.Outcome outcome =
        kubectl(spdy).run(input, "exec", "-i", "web", "-c", "app", "--", "cat");
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.out().length()).isEqualTo(input.length);
    assertThat(outcome.out().equals(new String(input, UTF_8))).isTrue();
    assertThat(outcome.code()).isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void execWithATerminal(boolean spdy) throws Exception {
    assumeTrue(Kubectl.runs("script", "--version"), "needs script(1)");
    Process process =
        kubectl(spdy)
            .onTerminal(
                "exec",
                "-it",
                "web",
                "-c",
                "app",
                "--",
                "sh",
                "-c",
                "'test -t 0 && test -t 1 && echo on a terminal; exit 3'")
            .start();
    String out = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(out).contains("on a terminal");
    assertThat(process.waitFor()).isEqualTo(3);
  }

  @Test
  void aCommandThatIsNotThereIsToldInWords() throws Exception {
    Kubectl.Outcome outcome =
        kubectl(false).run(new byte[0], "exec", "web", "-c", "app", "--", "/bin/nothing");
    assertThat(outcome.code()).isNotZero();
    assertThat(outcome.err()).contains("/bin/nothing").contains("no such file");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void portForwardWithAHalfClosedConnection(boolean spdy) throws Exception {
    Process process = kubectl(spdy).command("port-forward", "pod/web", ":8080").start();
    byte[] content = new byte[3_000_000];
    new Random(1).nextBytes(content);
    try (Socket socket = new Socket("127.0.0.1", Kubectl.forwardedPort(process))) {
      socket.setSoTimeout(20_000);
      Thread.ofVirtual()
          .start(() -> {
            try {
              socket.getOutputStream().write(content);
              socket.shutdownOutput();
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
      byte[] back = socket.getInputStream().readAllBytes();
      assertThat(back.length).isEqualTo(content.length);
      assertThat(Arrays.mismatch(back, content)).as("first wrong byte").isEqualTo(-1);
    } finally {
      process.destroy();
      process.waitFor();
    }
  }

  @Test
  void portForwardSaysWhyAConnectionFails() throws Exception {
    Process process =
        kubectl(false)
            .command("port-forward", "pod/web", ":9999")
            .redirectErrorStream(true)
            .start();
    CompletableFuture.delayedExecutor(60, TimeUnit.SECONDS).execute(process::destroy);
    try (Socket socket = new Socket("127.0.0.1", Kubectl.forwardedPort(process))) {
      socket.getOutputStream().write('x');
      var lines = process.inputReader();
      String line = lines.readLine();
      while (line != null && !line.contains("an error occurred forwarding")) {
        line = lines.readLine();
      }
      assertThat(line).contains("9999");
    } finally {
      process.destroy();
      process.waitFor();
    }
  }

  @Test
  void attachSpeaksWithTheContainerAndLogsFollowItToItsEnd() throws Exception {
    Process logs = kubectl(false).command("logs", "-f", "web", "-c", "talk").start();
    var lines = logs.inputReader();
    assertThat(lines.readLine()).isEqualTo("started");
    Process attach = kubectl(false).command("attach", "-i", "web", "-c", "talk").start();
    var out = attach.inputReader();
    attach.getOutputStream().write("hello\n".getBytes(UTF_8));
    attach.getOutputStream().flush();
    assertThat(out.readLine()).isEqualTo("got hello");
    assertThat(lines.readLine()).isEqualTo("got hello");
    attach.getOutputStream().write("bye\n".getBytes(UTF_8));
    attach.getOutputStream().flush();
    assertThat(attach.waitFor(20, TimeUnit.SECONDS)).isTrue();
    assertThat(lines.readLine()).isEqualTo("got bye");
    assertThat(logs.waitFor(20, TimeUnit.SECONDS)).isTrue();
  }
}
