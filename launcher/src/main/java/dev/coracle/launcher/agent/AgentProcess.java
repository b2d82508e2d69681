package dev.coracle.launcher.agent;

import dev.coracle.launcher.ProcessState;
import dev.coracle.launcher.Version;
import dev.coracle.launcher.systemd.ServiceManager;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;

/**
 * Runs a node for {@code coracle agent} until the process is told to end (SIGINT, SIGTERM). A
 * service manager is told of both.
 */
public final class AgentProcess {

  private static final long LONGEST_STOP_SECONDS = 15;

  private final AgentOptions options;
  private final PrintStream out;

  public AgentProcess(AgentOptions options, PrintStream out) {
    this.options = options;
    this.out = out;
  }

  /** Returns when the node has ended. */
  public int run() throws IOException, InterruptedException {
    Instant begin = Instant.ofEpochMilli(ManagementFactory.getRuntimeMXBean().getStartTime());
    out.println("Coracle " + Version.TEXT + ", Kubernetes " + Version.KUBERNETES);
    ServiceManager manager = ServiceManager.ofProcess();
    Agent agent = Agent.open(options);
    CountDownLatch ended = new CountDownLatch(1);
    Runnable stop =
        () -> {
          manager.stopping();
          stop(agent, ended);
        };
    Runtime.getRuntime().addShutdownHook(new Thread(stop, "stop"));
    state("Starting", begin).write(options.node().dataDir());
    manager.watch(agent::stuck);
    try {
      agent.start((what, detail) -> {
        line(what, detail, begin);
        manager.status(what + ": " + detail);
      });
    } catch (IOException | RuntimeException e) {
      agent.stop();
      throw e;
    }
    state("Ready", begin).write(options.node().dataDir());
    out.flush();
    manager.ready("Ready: a node of " + options.server());
    ended.await();
    return 0;
  }

  private void stop(Agent agent, CountDownLatch ended) {
    Thread stopping = Thread.ofPlatform().daemon().start(agent::stop);
    try {
      if (!stopping.join(Duration.ofSeconds(longestStopSeconds()))) {
        System.err.println(
            "coracle: not everything has stopped after " + longestStopSeconds() + " s");
      }
      ProcessState.delete(options.node().dataDir());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      System.err.println("coracle: " + e.getMessage());
    } finally {
      ended.countDown();
    }
  }

  private long longestStopSeconds() {
    return LONGEST_STOP_SECONDS + options.node().node().kubelet().shutdown().total().toSeconds();
  }

  private ProcessState state(String phase, Instant begin) {
    boolean ready = phase.equals("Ready");
    return new ProcessState(
        ProcessHandle.current().pid(),
        phase,
        ready ? options.server().toString() : "",
        "",
        "",
        options.node().containerRuntimeEndpoint(),
        begin.toString(),
        longestStopSeconds());
  }

  private void line(String what, String detail, Instant begin) {
    double seconds = Duration.between(begin, Instant.now()).toMillis() / 1000.0;
    out.printf(Locale.ROOT, "  %-12s%-50s %6.2f s%n", what, detail, seconds);
    out.flush();
  }
}
