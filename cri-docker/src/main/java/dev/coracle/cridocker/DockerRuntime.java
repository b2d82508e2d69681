package dev.coracle.cridocker;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.cridocker.config.DockerOptions;
import dev.coracle.cridocker.internal.engine.Engine;
import dev.coracle.cridocker.internal.engine.Ping;
import dev.coracle.cridocker.internal.grpc.DockerImageService;
import dev.coracle.cridocker.internal.grpc.DockerRuntimeService;
import dev.coracle.cridocker.internal.grpc.EventFeed;
import dev.coracle.cridocker.internal.grpc.PodStates;
import dev.coracle.cridocker.internal.image.DockerImages;
import dev.coracle.cridocker.internal.log.LogFollowers;
import dev.coracle.cridocker.internal.pod.ContainerService;
import dev.coracle.cridocker.internal.pod.EngineFacts;
import dev.coracle.cridocker.internal.pod.SandboxService;
import dev.coracle.cridocker.internal.streaming.ExecConnections;
import dev.coracle.criruntime.network.PodNetwork;
import dev.coracle.criruntime.network.PodNetworks;
import dev.coracle.criruntime.server.Calls;
import dev.coracle.criruntime.server.CriServer;
import dev.coracle.criruntime.server.Events;
import dev.coracle.criruntime.streaming.StreamingServer;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Docker as a container runtime: CRI v1 over gRPC on a UNIX socket, and behind it a Docker daemon
 * of this machine. Needs root, for the pods' network.
 *
 * <p>The Vert.x instance must use a native transport, since only that listens on UNIX sockets.
 * {@link #start} finds the containers of an earlier run again; {@link #stop} leaves them running or
 * leaves nothing. Both run their work on virtual threads. Not restartable.
 */
public final class DockerRuntime {
  private static final Logger LOG = LoggerFactory.getLogger(DockerRuntime.class);
  private static final long PATIENCE_SECONDS = 30;
  private static final long LAST_WORDS_MILLIS = 2000;

  private final Vertx vertx;
  private final DockerOptions options;
  private final MeterRegistry metrics;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private volatile String description;
  private volatile Optional<Parts> parts = Optional.empty();

  /** What exists between start and stop. */
  private record Parts(
      Engine engine,
      PodNetwork network,
      SandboxService sandboxes,
      ContainerService containers,
      LogFollowers logs,
      EventFeed feed,
      StreamingServer streaming,
      Calls calls,
      HttpServer server) {}

  /**
   * Whether a Docker daemon listens at the socket, and no server of CRI. Blocks for a moment; a
   * socket that does not answer is none.
   */
  public static boolean answersAt(Path socket) {
    return Ping.answers(socket);
  }

  /** Starts nothing. */
  public DockerRuntime(Vertx vertx, DockerOptions options, MeterRegistry metrics) {
    this.vertx = vertx;
    this.options = options;
    this.metrics = metrics;
    this.description = "Docker at " + options.engine();
  }

  /** One line for people: what runs containers; once started with Docker's version. */
  public String describe() {
    return description;
  }

  /**
   * Completes when the socket takes calls; fails when there is no Docker daemon, or one that is too
   * old.
   */
  public Uni<Void> start() {
    return run(() -> {
      startBlocking();
      return null;
    });
  }

  private <T> Uni<T> run(Callable<T> work) {
    return Uni.createFrom()
        .emitter(emitter ->
            executor.execute(() -> {
              try {
                emitter.complete(work.call());
              } catch (Throwable t) {
                emitter.fail(t);
              }
            }));
  }

  private void startBlocking() throws Exception {
    Files.createDirectories(options.root());
    Files.setPosixFilePermissions(options.root(), PosixFilePermissions.fromString("rwx--x--x"));
    Engine engine = new Engine(vertx, options.engine());
    try {
      JsonNode version = engine.connect();
      EngineFacts facts = EngineFacts.of(version, engine.get("/info"));
      description = "Docker " + facts.version() + " at " + options.engine();
      if (facts.systemdCgroups()) {
        LOG.atWarn()
            .log(
                "Docker makes cgroups through systemd: containers have limits of their own and stand"
                    + " in a slice of their pod, which has none");
      }
      PodNetwork network =
          PodNetworks.choose(options.network(), options.clusterId(), true, description);
      SandboxService sandboxes =
          new SandboxService(
              engine, facts, options.clusterId(), network, options.root().resolve("sandboxes"));
      try {
        if (!options.network().podCidr().isEmpty()) {
          network.podCidr(options.network().podCidr());
        }
        serve(engine, facts, network, sandboxes);
      } catch (Exception e) {
        leave(network, sandboxes, e);
        throw e;
      }
    } catch (Exception e) {
      engine.close();
      throw e;
    }
  }

  /** A start that fails leaves nothing on the machine, but what an earlier run's pods need. */
  private static void leave(PodNetwork network, SandboxService sandboxes, Exception why) {
    try {
      if (sandboxes.list().isEmpty()) {
        network.close();
      }
    } catch (IOException | RuntimeException e) {
      why.addSuppressed(e);
    }
  }

  private void serve(Engine engine, EngineFacts facts, PodNetwork network, SandboxService sandboxes)
      throws Exception {
    LogFollowers logs = new LogFollowers(engine, executor);
    ContainerService containers =
        new ContainerService(engine, facts, options.clusterId(), sandboxes, logs);
    sandboxes.adopt();
    containers.adopt();
    Events events = new Events();
    PodStates states = new PodStates(sandboxes, containers);
    events.describeBy((sandboxId, _) -> states.of(sandboxId));
    ExecConnections connections = new ExecConnections();
    EventFeed feed =
        new EventFeed(
            engine,
            options.clusterId(),
            events,
            // Docker itself gets a moment to hand on a command's last words.
            id -> vertx.setTimer(LAST_WORDS_MILLIS, t -> connections.closeAll(id)));
    executor.execute(feed);
    StreamingServer streaming = new StreamingServer(vertx, executor);
    try {
      feed.listening().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      streaming.start().toCompletionStage().toCompletableFuture().get();
      Calls calls = new Calls(vertx, executor, metrics);
      HttpServer server =
          CriServer.listen(
              vertx,
              options.socket(),
              new DockerRuntimeService(
                  vertx,
                  engine,
                  facts,
                  calls,
                  sandboxes,
                  containers,
                  streaming,
                  connections,
                  events,
                  options.maxEventBacklog()),
              new DockerImageService(calls, new DockerImages(engine, options.images()), facts));
      parts =
          Optional.of(
              new Parts(
                  engine, network, sandboxes, containers, logs, feed, streaming, calls, server));
    } catch (Exception e) {
      feed.stop();
      logs.stop();
      streaming.stop().onFailure(e::addSuppressed);
      throw e;
    }
    LOG.atInfo()
        .addKeyValue("socket", options.socket())
        .addKeyValue("containers", describe())
        .addKeyValue("network", network.describe())
        .log("container runtime started");
  }

  /**
   * Stops serving.
   *
   * @param keepPods true leaves everything running for a later start; false kills every container
   *     of this cluster and removes what the shim made on the machine, but not the images
   */
  public Uni<Void> stop(boolean keepPods) {
    return run(() -> {
      stopBlocking(keepPods);
      return null;
    });
  }

  private void stopBlocking(boolean keepPods) throws Exception {
    if (parts.isEmpty()) {
      return;
    }
    Parts p = parts.get();
    parts = Optional.empty();
    p.server().close().toCompletionStage().toCompletableFuture().get();
    p.streaming().stop().toCompletionStage().toCompletableFuture().get();
    p.calls().drain();
    try {
      if (!keepPods) {
        removeAll(p);
      }
    } finally {
      p.feed().stop();
      p.logs().stop();
      p.engine().close();
      Files.deleteIfExists(options.socket());
    }
  }

  private void removeAll(Parts p) throws Exception {
    List<Future<?>> all = new ArrayList<>();
    for (JsonNode sandbox : p.sandboxes().list()) {
      String id = sandbox.path("Id").asText();
      all.add(
          executor.submit(() -> {
            for (JsonNode c : p.containers().ofSandbox(id)) {
              p.containers().remove(c.path("Id").asText());
            }
            p.sandboxes().remove(id);
            return null;
          }));
    }
    IOException failure = null;
    for (Future<?> one : all) {
      try {
        one.get();
      } catch (ExecutionException e) {
        LOG.atWarn().setCause(e.getCause()).log("a pod was not removed completely");
        failure = new IOException(e.getCause());
      }
    }
    p.network().close();
    if (failure != null) {
      throw failure;
    }
  }
}
