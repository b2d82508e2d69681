package dev.coracle.launcher;

import dev.coracle.apiserver.config.ApiServerOptions.Shutdown;
import dev.coracle.launcher.config.CoracleOptions;
import dev.coracle.launcher.systemd.ServiceManager;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs a cluster for {@code coracle up}: tells how the start comes along, and stops it when the
 * process is told to end (SIGINT, SIGTERM). A service manager is told of both.
 */
public final class Foreground {

  private static final long LONGEST_STOP_SECONDS = 10;

  private final CoracleOptions options;
  private final boolean demo;
  private final boolean train;
  private final PrintStream out;

  /**
   * @param demo deploy the demo too
   * @param train end after the requests of a first user, for the start-up cache (JEP 514)
   */
  public Foreground(CoracleOptions options, boolean demo, boolean train, PrintStream out) {
    this.options = options;
    this.demo = demo;
    this.train = train;
    this.out = out;
  }

  /** Returns when the cluster has ended. */
  public int run() throws IOException, InterruptedException {
    // Not ProcessHandle's instant: that counts from the time of boot, which is told in whole
    // seconds.
    Instant begin = Instant.ofEpochMilli(ManagementFactory.getRuntimeMXBean().getStartTime());
    out.println("Coracle " + Version.TEXT + ", Kubernetes " + Version.KUBERNETES);
    ServiceManager manager = ServiceManager.ofProcess();
    Coracle cluster = Coracle.open(options);
    CountDownLatch ended = new CountDownLatch(1);
    Runnable stop =
        () -> {
          manager.stopping();
          stop(cluster, ended);
        };
    Runtime.getRuntime().addShutdownHook(new Thread(stop, "stop"));
    state(cluster, "Starting", begin).write(options.dataDir());
    manager.watch(cluster::stuck);
    cluster
        .start((what, detail) -> {
          line(what, detail, begin);
          manager.status(what + ": " + detail);
        })
        .toCompletableFuture()
        .join();
    line("containers", cluster.runtimeDescription());
    line("kubeconfig", cluster.data().kubeconfig().toString());
    line("dashboard", cluster.dashboardUrl() + "  ('./coracle dashboard' signs you in)");
    if (options.node().present()) {
      line(
          "ingress",
          "http://localhost:"
              + cluster.ingressHttpPort()
              + "  https://localhost:"
              + cluster.ingressHttpsPort());
    }
    out.println();
    out.println("  export KUBECONFIG=" + cluster.data().kubeconfig());
    cluster.etcdctl().forEach(variable -> out.println("  export " + variable));
    out.println(
        !options.node().present()
            ? "  ./coracle token create --data-dir " + options.dataDir()
            : demo ? "" : "  kubectl apply -f demo/");
    if (demo) {
      new Demo(cluster, out).run();
    }
    out.flush();
    // Last, since who waits for it shows what was printed until then.
    state(cluster, "Ready", begin).write(options.dataDir());
    manager.ready("Ready: " + cluster.apiUrl());
    if (train) {
      new TrainingRequests(cluster).send();
      return 0;
    }
    ended.await();
    return 0;
  }

  private void stop(Coracle cluster, CountDownLatch ended) {
    try {
      cluster.stopParts().toCompletableFuture().get(longestStopSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      System.err.println(
          "coracle: not everything has stopped after " + longestStopSeconds() + " s");
    } catch (java.util.concurrent.ExecutionException e) {
      System.err.println("coracle: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      ended.countDown();
    }
  }

  private long longestStopSeconds() {
    Shutdown serving = options.serving().shutdown();
    return LONGEST_STOP_SECONDS
        + options.node().kubelet().shutdown().total().toSeconds()
        + serving.delay().toSeconds()
        + serving.watchGrace().toSeconds()
        + options.serving().limits().requestTimeout().toSeconds();
  }

  private ProcessState state(Coracle cluster, String phase, Instant begin) {
    boolean ready = phase.equals("Ready");
    return new ProcessState(
        ProcessHandle.current().pid(),
        phase,
        ready ? cluster.apiUrl() : "",
        ready ? cluster.dashboardUrl() : "",
        ready ? cluster.runtimeDescription() : "",
        options.containerRuntimeEndpoint(),
        begin.toString(),
        longestStopSeconds());
  }

  private void line(String what, String detail, Instant begin) {
    double seconds = Duration.between(begin, Instant.now()).toMillis() / 1000.0;
    out.printf(Locale.ROOT, "  %-12s%-50s %6.2f s%n", what, detail, seconds);
    out.flush();
  }

  private void line(String what, String detail) {
    out.printf("  %-12s%s%n", what, detail);
  }
}
