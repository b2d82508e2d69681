package dev.coracle.criruntime;

import dev.coracle.criruntime.config.CriRuntimeOptions;
import dev.coracle.criruntime.internal.cgroup.CgroupHost;
import dev.coracle.criruntime.internal.container.Container;
import dev.coracle.criruntime.internal.container.ContainerKind;
import dev.coracle.criruntime.internal.container.ContainerKinds;
import dev.coracle.criruntime.internal.container.ContainerService;
import dev.coracle.criruntime.internal.container.UserNamespaceSupport;
import dev.coracle.criruntime.internal.grpc.ImageServiceHandler;
import dev.coracle.criruntime.internal.grpc.RuntimeServiceHandler;
import dev.coracle.criruntime.internal.grpc.Statuses;
import dev.coracle.criruntime.internal.image.FileTrees;
import dev.coracle.criruntime.internal.image.Images;
import dev.coracle.criruntime.internal.image.Puller;
import dev.coracle.criruntime.internal.linux.Poller;
import dev.coracle.criruntime.internal.linux.Reaper;
import dev.coracle.criruntime.internal.linux.Spawn;
import dev.coracle.criruntime.internal.pod.ClusterNames;
import dev.coracle.criruntime.internal.pod.Sandbox;
import dev.coracle.criruntime.internal.pod.SandboxService;
import dev.coracle.criruntime.network.PodNetwork;
import dev.coracle.criruntime.network.PodNetworks;
import dev.coracle.criruntime.server.Calls;
import dev.coracle.criruntime.server.CriServer;
import dev.coracle.criruntime.server.Events;
import dev.coracle.criruntime.streaming.StreamingServer;
import io.micrometer.core.instrument.Gauge;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A container runtime: CRI v1 over gRPC on a UNIX socket, and the containers behind it.
 *
 * <p>The Vert.x instance must use a native transport, since only that listens on UNIX sockets.
 * {@link #start} finds the containers of an earlier run again; {@link #stop} leaves them running or
 * leaves nothing. Both run their work on virtual threads. Not restartable.
 */
public final class CriRuntime {
  private static final Logger LOG = LoggerFactory.getLogger(CriRuntime.class);
  private static final String VERSION = "0.1.0";

  private final Vertx vertx;
  private final CriRuntimeOptions options;
  private final MeterRegistry metrics;
  private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
  private final ClusterNames names;
  private final CgroupHost cgroups = CgroupHost.detect();
  private final ContainerKind kind;
  private final ImageStore images;
  private volatile Optional<Parts> parts = Optional.empty();

  /** What exists between start and stop. */
  private record Parts(
      Poller containerPoller,
      Poller streamPoller,
      PodNetwork network,
      SandboxService sandboxes,
      ContainerService containers,
      StreamingServer streaming,
      Calls calls,
      HttpServer server) {}

  /**
   * Looks at the machine, opens the image store, starts nothing.
   *
   * @throws IllegalStateException when the runtime that the options demand cannot be had; the
   *     message says why
   * @throws IOException the data directory cannot be made
   */
  public CriRuntime(Vertx vertx, CriRuntimeOptions options, MeterRegistry metrics)
      throws IOException {
    this.vertx = vertx;
    this.options = options;
    this.metrics = metrics;
    this.names = ClusterNames.of(options.clusterId());
    Files.createDirectories(options.root());
    Files.setPosixFilePermissions(options.root(), PosixFilePermissions.fromString("rwx--x--x"));
    this.kind = ContainerKinds.choose(options.runtime(), options.root().resolve("oci"), cgroups);
    this.images =
        new ImageStore(
            new Images(options.root().resolve("images"), kind.layerForm(), options.images()));
  }

  /** One line for people: what runs containers on this machine, and why. */
  public String describe() {
    return kind.describe();
  }

  /** Whether pods have a network of their own; if not, all share the host's. */
  public boolean isolatesPods() {
    return kind.isolates();
  }

  /** The images; usable before {@link #start}. */
  public ImageStore images() {
    return images;
  }

  public Path socket() {
    return options.socket();
  }

  /** Completes when the socket takes calls. */
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
    if (!vertx.isNativeTransportEnabled()) {
      throw new IllegalStateException(
          "the CRI socket needs a Vert.x instance with native transport (epoll)");
    }
    Spawn.warmUp();
    Poller containerPoller = new Poller("cri-containers-" + names.token());
    Poller streamPoller = new Poller("cri-streams-" + names.token());
    PodNetwork network =
        PodNetworks.choose(
            options.network(), options.clusterId(), kind.isolates(), kind.describe());
    try {
      if (!options.network().podCidr().isEmpty()) {
        network.podCidr(options.network().podCidr());
      }
      startServing(network, containerPoller, streamPoller);
    } catch (Exception e) {
      containerPoller.close();
      streamPoller.close();
      throw e;
    }
  }

  private void startServing(PodNetwork network, Poller containerPoller, Poller streamPoller)
      throws Exception {
    Events events = new Events();
    UserNamespaceSupport userNamespaces = new UserNamespaceSupport(kind, options.root());
    // Whoever asks for the status first would wait for it.
    executor.execute(userNamespaces::problem);
    SandboxService sandboxes =
        new SandboxService(
            options.root().resolve("sandboxes"),
            names,
            kind.isolates(),
            options.pausePolicy(),
            network,
            events,
            Optional.of(new Reaper(streamPoller)),
            userNamespaces::problem);
    ContainerService containers =
        new ContainerService(
            options.root().resolve("containers"),
            kind,
            images.images(),
            sandboxes,
            cgroups,
            names,
            containerPoller,
            events,
            executor);
    events.describeBy((id, type) -> Statuses.event(sandboxes, containers, id, type));
    sandboxes.load();
    containers.load();
    StreamingServer streaming = new StreamingServer(vertx, executor);
    streaming.start().toCompletionStage().toCompletableFuture().get();
    Calls calls = new Calls(vertx, executor, metrics);
    HttpServer server =
        CriServer.listen(
            vertx,
            options.socket(),
            new RuntimeServiceHandler(
                vertx,
                calls,
                sandboxes,
                containers,
                streaming,
                streamPoller,
                events,
                userNamespaces,
                options.maxEventBacklog(),
                VERSION),
            new ImageServiceHandler(calls, images.images(), new Puller(images.images())));
    gauges(sandboxes, containers);
    parts =
        Optional.of(
            new Parts(
                containerPoller,
                streamPoller,
                network,
                sandboxes,
                containers,
                streaming,
                calls,
                server));
    LOG.atInfo()
        .addKeyValue("socket", options.socket())
        .addKeyValue("containers", describe())
        .addKeyValue("network", network.describe())
        .addKeyValue("cgroups", cgroups.kind())
        .log("container runtime started");
  }

  private void gauges(SandboxService sandboxes, ContainerService containers) {
    Gauge.builder("coracle.cri.sandboxes", () -> sandboxes.list().size())
        .description("Pod sandboxes, stopped ones included")
        .register(metrics);
    Gauge.builder(
            "coracle.cri.containers.running",
            () -> containers.list().stream().filter(Container::isRunning).count())
        .description("Running containers")
        .register(metrics);
  }

  /**
   * Stops serving.
   *
   * @param keepPods true leaves everything running for a later start; false kills every container
   *     and removes what the runtime made on the machine, but not the images
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
    if (keepPods) {
      p.containers().abandon();
    } else {
      removeAll(p);
    }
    p.containerPoller().close();
    p.streamPoller().close();
    Files.deleteIfExists(options.socket());
  }

  private void removeAll(Parts p) throws Exception {
    List<Future<?>> all = new ArrayList<>();
    for (Sandbox sandbox : p.sandboxes().list()) {
      all.add(
          executor.submit(() -> {
            for (Container c : p.containers().ofSandbox(sandbox.id())) {
              p.containers().remove(c);
            }
            p.sandboxes().remove(sandbox);
            return null;
          }));
    }
    Exception failure = null;
    for (Future<?> one : all) {
      try {
        one.get();
      } catch (ExecutionException e) {
        LOG.atWarn().setCause(e.getCause()).log("a pod was not removed completely");
        failure = e;
      }
    }
    p.network().close();
    cgroups.group(names.cgroup()).remove();
    FileTrees.delete(options.root().resolve("oci"));
    if (failure != null) {
      throw failure;
    }
  }
}
