package dev.coracle.criruntime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.cri.v1.*;
import dev.coracle.criruntime.config.CriRuntimeOptions;
import dev.coracle.criruntime.config.CriRuntimeOptions.RuntimeChoice;
import dev.coracle.criruntime.config.NetworkOptions;
import dev.coracle.criruntime.internal.image.FileTrees;
import dev.coracle.criruntime.internal.linux.Processes;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.opentest4j.TestAbortedException;

/**
 * Containers outlive the JVM that started them. The first runtime runs in a JVM of its own, which
 * is killed with SIGKILL; the second, in this one, finds everything again.
 */
@Order(1)
class SurvivalTest {
  private Path root;
  private Process server;
  private Vertx vertx;
  private CriRuntime second;
  private CriClient cri;

  @BeforeEach
  void prepare() throws IOException {
    root = Files.createTempDirectory(Path.of("/tmp"), "cri");
    vertx = TestVertx.create();
  }

  @AfterEach
  void cleanUp() throws Exception {
    if (cri != null) {
      cri.close();
    }
    if (server != null) {
      server.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }
    if (second != null) {
      second.stop(false).await().atMost(Duration.ofSeconds(20));
    }
    CriClient.get(vertx.close());
    FileTrees.delete(root);
  }

  private CriRuntimeOptions options(RuntimeChoice choice) {
    return options(root, choice);
  }

  static CriRuntimeOptions options(Path root, RuntimeChoice choice) {
    return CriRuntimeOptions.of(root, root.getFileName().toString())
        .withRuntime(choice)
        .withNetwork(
            NetworkOptions.defaults()
                .withCni(root.resolve("no-cni"), List.of())
                .withPodCidr("10.199." + (100 + choice.ordinal()) + ".0/24"));
  }

  /** The first JVM. */
  static final class Server {
    private Server() {}

    public static void main(String[] args) throws Exception {
      CriRuntimeOptions options = options(Path.of(args[0]), RuntimeChoice.valueOf(args[1]));
      CriRuntime runtime = new CriRuntime(TestVertx.create(), options, new SimpleMeterRegistry());
      BusyboxImage.builder().buildInto(runtime.images());
      runtime.start().await().atMost(Duration.ofSeconds(30));
      System.out.println("ready");
      System.in.read();
    }
  }

  private void startServer(RuntimeChoice choice) throws IOException {
    server =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                Server.class.getName(),
                root.toString(),
                choice.name())
            .redirectError(root.resolve("server.err").toFile())
            .start();
    var out = server.inputReader();
    String line = out.readLine();
    while (line != null && !line.equals("ready")) {
      line = out.readLine();
    }
    assertThat(line).as(Files.readString(root.resolve("server.err"))).isEqualTo("ready");
    cri = new CriClient(vertx, options(choice).socket());
  }

  private PodSandboxConfig pod() {
    return PodSandboxConfig.newBuilder()
        .setMetadata(
            PodSandboxMetadata.newBuilder()
                .setName("p")
                .setNamespace("d")
                .setUid(UUID.randomUUID().toString()))
        .setHostname("p")
        .setLogDirectory(root.resolve("logs").toString())
        .build();
  }

  private String start(String sandbox, PodSandboxConfig pod, String name, String script) {
    String id = cri.create(sandbox, pod, container(name, script).build());
    cri.start(id);
    return id;
  }

  private static ContainerConfig.Builder container(String name, String script) {
    ContainerConfig.Builder c =
        ContainerConfig.newBuilder()
            .setMetadata(ContainerMetadata.newBuilder().setName(name))
            .setImage(ImageSpec.newBuilder().setImage(BusyboxImage.NAME))
            .addCommand("sh")
            .addCommand("-c")
            .addArgs(script)
            .setLogPath(name + ".log");
    c.getLinuxBuilder()
        .getSecurityContextBuilder()
        .getNamespaceOptionsBuilder()
        .setPid(NamespaceMode.CONTAINER);
    return c;
  }

  @ParameterizedTest
  @EnumSource(names = {"CRUN", "RUNC", "NAMESPACES", "PROCESS"})
  void nothingIsLostWhenTheRuntimeIsKilled(RuntimeChoice choice) throws Exception {
    try {
      new CriRuntime(vertx, options(choice), new SimpleMeterRegistry());
    } catch (IllegalStateException e) {
      assumeTrue(false, e.getMessage());
    }
    startServer(choice);
    PodSandboxConfig pod = pod();
    String sandbox = cri.run(pod);
    String counting =
        start(
            sandbox,
            pod,
            "counting",
            "trap go=1 USR1; i=0; while [ $i -lt 150 ]; do echo $i; i=$((i+1)); sleep 0.01;"
                + " while [ $i = 20 ] && [ -z \"$go\" ]; do sleep 0.01; done; done; exec sleep 300");
    String ending = start(sandbox, pod, "ending", "echo before; sleep 1; echo after; exit 42");
    String ended = start(sandbox, pod, "ended", "exit 3");
    await().until(() -> cri.containerStatus(ended).getExitCode() == 3);
    await()
        .until(() ->
            Files.exists(root.resolve("logs/ending.log"))
                && Files.size(root.resolve("logs/ending.log")) > 0);
    int pid = cri.pid(counting);
    // What a runtime has taken out of a pipe when it is killed, and not yet written, goes with it:
    // it is killed while there is nothing, and what comes then waits for the next one.
    await().until(() -> lines("counting").size() == 20);

    server.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    cri.close();
    assertThat(new ProcessBuilder("kill", "-USR1", String.valueOf(pid)).start().waitFor()).isZero();
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> hasExitCode(root.resolve("containers/" + ending + "/exit")));

    second = new CriRuntime(vertx, options(choice), new SimpleMeterRegistry());
    second.start().await().atMost(Duration.ofSeconds(20));
    cri = new CriClient(vertx, options(choice).socket());
    await().until(() -> cri.containerStatus(ending).getState() == ContainerState.CONTAINER_EXITED);
    assertThat(cri.containerStatus(ending).getExitCode()).isEqualTo(42);
    assertThat(cri.containerStatus(ended).getExitCode()).isEqualTo(3);
    assertThat(cri.containerStatus(counting).getState())
        .isEqualTo(ContainerState.CONTAINER_RUNNING);
    assertThat(cri.pid(counting)).isEqualTo(pid);
    assertThat(cri.sandboxStatus(sandbox).getState()).isEqualTo(PodSandboxState.SANDBOX_READY);
    assertThat(lines("ending")).containsExactly("before", "after");
    List<String> all =
        IntStream.range(0, 150).mapToObj(Integer::toString).collect(Collectors.toList());
    await().atMost(Duration.ofSeconds(20)).until(() -> lines("counting").size() >= 150);
    assertThat(lines("counting")).isEqualTo(all);
    assertThat(cri.exec(counting, "echo", "still here").getStdout().toStringUtf8())
        .isEqualTo("still here\n");
    List<ContainerEventResponse> events = cri.events();
    long killed = System.nanoTime();
    cri.stop(counting, 0);
    assertThat(cri.containerStatus(counting).getExitCode()).isEqualTo(137);
    assertThat(Duration.ofNanos(System.nanoTime() - killed)).isLessThan(Duration.ofSeconds(5));
    await()
        .untilAsserted(() ->
            assertThat(events)
                .anyMatch(e ->
                    e.getContainerId().equals(counting)
                        && e.getContainerEventType()
                            == ContainerEventType.CONTAINER_STOPPED_EVENT));
  }

  @ParameterizedTest
  @EnumSource(names = {"CRUN", "RUNC", "NAMESPACES", "PROCESS"})
  void aTerminalIsFoundAgain(RuntimeChoice choice) throws Exception {
    startServer(choice);
    PodSandboxConfig pod = pod();
    ContainerConfig config =
        container("asking", "while read l; do echo \"<$l>\"; [ \"$l\" != end ] || exit 7; done")
            .setStdin(true)
            .setTty(true)
            .build();
    String id = cri.create(cri.run(pod), pod, config);
    cri.start(id);
    int pid = cri.pid(id);

    server.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    cri.close();

    second = new CriRuntime(vertx, options(choice), new SimpleMeterRegistry());
    second.start().await().atMost(Duration.ofSeconds(20));
    cri = new CriClient(vertx, options(choice).socket());
    assertThat(cri.pid(id)).isEqualTo(pid);
    AttachRequest attach =
        AttachRequest.newBuilder()
            .setContainerId(id)
            .setStdin(true)
            .setStdout(true)
            .setTty(true)
            .build();
    String url = cri.runtime("Attach", attach, AttachResponse.getDefaultInstance()).getUrl();
    try (WebSocketSession session = new WebSocketSession(vertx, url, "v5.channel.k8s.io")) {
      session.send(0, "still there\n");
      await().untilAsserted(() -> assertThat(session.text(1)).contains("<still there>"));
      session.send(0, "end\n");
      await().until(() -> cri.containerStatus(id).getExitCode() == 7);
    }
    assertThat(lines("asking")).contains("<still there>", "<end>");
  }

  private static boolean hasExitCode(Path file) throws IOException {
    return Files.exists(file) && Files.size(file) > 0;
  }

  private List<String> lines(String name) throws IOException {
    StringBuilder text = new StringBuilder();
    for (String line : Files.readAllLines(root.resolve("logs/" + name + ".log"))) {
      String[] f = line.split(" ", 4);
      text.append(f[3]).append(f[2].equals("F") ? "\n" : "");
    }
    return text.toString().lines().toList();
  }

  @Test
  void aWaiterThatOutlivesItsContainersEndIsEnded() throws Exception {
    CriRuntimeOptions options = options(RuntimeChoice.PROCESS);
    second = new CriRuntime(vertx, options, new SimpleMeterRegistry());
    BusyboxImage.builder().buildInto(second.images());
    second.start().await().atMost(Duration.ofSeconds(60));
    cri = new CriClient(vertx, options.socket());
    PodSandboxConfig pod = pod();
    String ended = start(cri.run(pod), pod, "ended", "exit 3");
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> cri.containerStatus(ended).getExitCode() == 3);
    cri.close();
    cri = null;
    second.stop(true).await().atMost(Duration.ofSeconds(60));
    Process waiter = new ProcessBuilder("sleep", "3000").start();
    try {
      Path state = root.resolve("containers/" + ended + "/state.json");
      ObjectMapper json = new ObjectMapper();
      ObjectNode record = (ObjectNode) json.readTree(Files.readAllBytes(state));
      record.put("waiterPid", waiter.pid());
      record.put("waiterStart", Processes.startTime((int) waiter.pid()));
      Files.write(state, json.writeValueAsBytes(record));
      second = new CriRuntime(vertx, options, new SimpleMeterRegistry());
      second.start().await().atMost(Duration.ofSeconds(60));
      assertThat(waiter.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      waiter.destroyForcibly();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"CRUN", "RUNC", "NAMESPACES", "PROCESS"})
  void stoppingLeavesNothing(RuntimeChoice choice) throws Exception {
    CriRuntimeOptions options = options(choice);
    CriRuntime runtime = started(options);
    for (int i = 0; i < 4; i++) {
      PodSandboxConfig pod = pod();
      start(cri.run(pod), pod, "c" + i, "trap '' TERM; sleep 300 & sleep 301");
    }
    cri.close();
    cri = null;
    runtime.stop(false).await().atMost(Duration.ofSeconds(20));
    assertNothingIsLeft(options);
  }

  @ParameterizedTest
  @EnumSource(names = {"CRUN", "RUNC", "NAMESPACES", "PROCESS"})
  void stoppingWhilePodsAreMadeLeavesNothing(RuntimeChoice choice) throws Exception {
    CriRuntimeOptions options = options(choice);
    CriRuntime runtime = started(options);
    CriClient client = cri;
    List<Thread> makers = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      String name = "c" + i;
      makers.add(
          Thread.startVirtualThread(() -> {
            try {
              PodSandboxConfig pod = pod();
              start(client.run(pod), pod, name, "sleep 300");
            } catch (Exception e) {
              // The runtime stops under its hands.
            }
          }));
    }
    Path containers = root.resolve("containers");
    await().atMost(Duration.ofSeconds(30)).until(() -> containers.toFile().list().length > 1);
    runtime.stop(false).await().atMost(Duration.ofSeconds(30));
    cri.close();
    cri = null;
    for (Thread maker : makers) {
      maker.join(Duration.ofSeconds(40));
    }
    assertNothingIsLeft(options);
  }

  /** A runtime in this JVM, with a client; skips the test where the machine has no such runtime. */
  private CriRuntime started(CriRuntimeOptions options) throws IOException {
    CriRuntime runtime;
    try {
      runtime = new CriRuntime(vertx, options, new SimpleMeterRegistry());
    } catch (IllegalStateException e) {
      throw new TestAbortedException(e.getMessage());
    }
    BusyboxImage.builder().buildInto(runtime.images());
    runtime.start().await().atMost(Duration.ofSeconds(20));
    cri = new CriClient(vertx, options.socket());
    return runtime;
  }

  private void assertNothingIsLeft(CriRuntimeOptions options) throws IOException {
    String mounts = Files.readString(Path.of("/proc/self/mountinfo"));
    assertThat(mounts).doesNotContain(root.toString());
    assertThat(Path.of("/sys/class/net/cor-" + token(options))).doesNotExist();
    try (var processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
      for (Path p : processes) {
        try {
          assertThat(Files.readString(p.resolve("cmdline"))).doesNotContain(root.toString());
        } catch (IOException e) {
          // It ended meanwhile.
        }
      }
    }
    assertThat(root.resolve("containers")).isEmptyDirectory();
    assertThat(root.resolve("sandboxes")).isEmptyDirectory();
  }

  private static String token(CriRuntimeOptions options) {
    return dev.coracle.criruntime.internal.pod.ClusterNames.of(options.clusterId()).token();
  }
}
