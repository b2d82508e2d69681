package dev.coracle.testkit;

import dev.coracle.client.Client;
import dev.coracle.launcher.Coracle;
import dev.coracle.launcher.config.CoracleOptions;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.TimeUnit;

/**
 * A whole cluster in the test's JVM, on free ports, in a directory of its own; any number of them
 * side by side. Usage, with JUnit's temporary directories:
 *
 * <pre>{@code
 * try (TestCluster cluster = TestCluster.start(directory)) {
 *   cluster.client().create(Resources.CONFIG_MAPS, configMap).await().indefinitely();
 * }
 * }</pre>
 */
public final class TestCluster implements AutoCloseable {

  private static final long START_SECONDS = 60;
  private static final long STOP_SECONDS = 30;

  private final Coracle cluster;

  private TestCluster(Coracle cluster) {
    this.cluster = cluster;
  }

  /** Starts a cluster and returns when all of it is ready. */
  public static TestCluster start(Path directory) throws Exception {
    return start(CoracleOptions.onFreePorts(directory));
  }

  public static TestCluster start(CoracleOptions options) throws Exception {
    return start(options, Clock.systemUTC());
  }

  /** With a node whose kubelet takes the time from this clock, which may go wrong. */
  public static TestCluster start(CoracleOptions options, Clock nodeClock) throws Exception {
    Coracle cluster = Coracle.open(options, nodeClock);
    cluster.start((_, _) -> {}).toCompletableFuture().get(START_SECONDS, TimeUnit.SECONDS);
    return new TestCluster(cluster);
  }

  /** The API as the administrator, by direct call. */
  public Client client() {
    return cluster.adminClient();
  }

  /** For clients that talk HTTPS. */
  public Path kubeconfig() {
    return cluster.data().kubeconfig();
  }

  public Coracle cluster() {
    return cluster;
  }

  @Override
  public void close() throws Exception {
    cluster.stop().toCompletableFuture().get(STOP_SECONDS, TimeUnit.SECONDS);
  }
}
