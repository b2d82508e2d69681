package dev.coracle.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A {@code ./coracle up} of its own data directory, as a user starts it. */
final class CoracleProcess implements AutoCloseable {

  static final Path HOME =
      Path.of(System.getProperty("coracle.home", "..")).toAbsolutePath().normalize();

  private static final Duration START = Duration.ofSeconds(120);

  // The first start learns what later ones begin with: once, and not by several classes at a time.
  static {
    Shell.Result first = Shell.run(Duration.ofMinutes(10), Map.of(), "", command("up", "--help"));
    assertThat(first.exitCode()).as(first.all()).isZero();
  }

  private final Path dataDir;
  private final Path output;
  private final List<String> flags;
  private final List<String> as;
  private Process process;

  private CoracleProcess(Path dataDir, List<String> as, List<String> flags) {
    this.dataDir = dataDir;
    this.as = as;
    this.output = dataDir.resolveSibling(dataDir.getFileName() + ".out");
    this.flags = flags;
  }

  /** Starts a cluster on free ports and waits until it is ready. */
  static CoracleProcess start(Path dataDir, String... flags) throws Exception {
    return startAs(List.of(), dataDir, flags);
  }

  /**
   * Starts a cluster as another user, or in another environment.
   *
   * @param as the command that becomes that user and runs what follows it
   */
  static CoracleProcess startAs(List<String> as, Path dataDir, String... flags) throws Exception {
    CoracleProcess coracle = new CoracleProcess(dataDir, as, List.of(flags));
    coracle.start();
    return coracle;
  }

  /** The command line of {@code ./coracle} with these arguments. */
  static List<String> command(String... arguments) {
    return Shell.list(HOME.resolve("coracle").toString(), arguments);
  }

  void start() throws Exception {
    List<String> arguments =
        new ArrayList<>(List.of("up", "--data-dir", dataDir.toString(), "--port", "0"));
    arguments.addAll(
        List.of("--kubelet-port", "0", "--ingress-http-port", "0", "--ingress-https-port", "0"));
    arguments.addAll(flags);
    Path state = Files.createDirectories(dataDir.resolve("run")).resolve("process.json");
    Files.deleteIfExists(state);
    try (WatchService watch = FileSystems.getDefault().newWatchService()) {
      state
          .getParent()
          .register(
              watch, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_MODIFY);
      process =
          new ProcessBuilder(interruptible(as, command(arguments.toArray(String[]::new))))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(output.toFile()))
              .start();
      Path ended = state.resolveSibling("test-ended");
      Files.deleteIfExists(ended);
      process.onExit().thenAccept(_ -> touch(ended));
      long deadline = System.nanoTime() + START.toNanos();
      while (!isReady(state)) {
        assertThat(process.isAlive()).as("coracle ended: " + output()).isTrue();
        WatchKey key = watch.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        assertThat(key).as("coracle is not ready after " + START + ": " + output()).isNotNull();
        key.pollEvents();
        key.reset();
      }
    }
  }

  /** A process started in the background of a shell ignores SIGINT, and so would its children. */
  private static List<String> interruptible(List<String> as, List<String> command) {
    List<String> all = new ArrayList<>(List.of("env", "--default-signal=INT"));
    all.addAll(as);
    all.addAll(command);
    return all;
  }

  private boolean isReady(Path state) throws IOException {
    return Files.exists(state) && Files.readString(state).contains("\"Ready\"");
  }

  private static void touch(Path file) {
    try {
      Files.writeString(file, "");
    } catch (IOException e) {
      // The directory is gone, and with it whoever waited.
    }
  }

  Path dataDir() {
    return dataDir;
  }

  Path kubeconfig() {
    return dataDir.resolve("kubeconfig");
  }

  long pid() {
    return process.pid();
  }

  /** Everything it has printed. */
  String output() throws IOException {
    return Files.exists(output) ? Files.readString(output, StandardCharsets.UTF_8) : "";
  }

  String apiUrl() throws IOException {
    return stateField("apiUrl");
  }

  String stateField(String name) throws IOException {
    Matcher matcher =
        Pattern.compile("\"" + name + "\":\"([^\"]*)\"")
            .matcher(Files.readString(dataDir.resolve("run").resolve("process.json")));
    assertThat(matcher.find()).isTrue();
    return matcher.group(1);
  }

  int ingressPort() throws IOException {
    return lastPort("ingress\\s+http://localhost:(\\d+)");
  }

  int ingressTlsPort() throws IOException {
    return lastPort("ingress\\s+http://\\S+\\s+https://localhost:(\\d+)");
  }

  /** The port of the last start. */
  private int lastPort(String pattern) throws IOException {
    Matcher matcher = Pattern.compile(pattern).matcher(output());
    int port = 0;
    while (matcher.find()) {
      port = Integer.parseInt(matcher.group(1));
    }
    assertThat(port).as(output()).isPositive();
    return port;
  }

  Kubectl kubectl() {
    return new Kubectl("kubectl", kubeconfig());
  }

  /** As SIGKILL does: no chance to tidy up. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
  }

  /** As Ctrl-C; gives how long it took. */
  Duration interrupt() throws InterruptedException {
    long begin = System.nanoTime();
    Shell.run("kill", "-INT", String.valueOf(process.pid()));
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("ends after SIGINT").isTrue();
    return Duration.ofNanos(System.nanoTime() - begin);
  }

  @Override
  public void close() throws InterruptedException {
    if (process.isAlive()) {
      interrupt();
    }
  }
}
