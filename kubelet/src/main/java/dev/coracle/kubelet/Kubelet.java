package dev.coracle.kubelet;

import dev.coracle.api.Component;
import dev.coracle.api.Resources;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.client.Client;
import dev.coracle.client.EventRecorder;
import dev.coracle.client.Informer;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.InformerOptions;
import dev.coracle.client.Lister;
import dev.coracle.client.PacedClient;
import dev.coracle.client.SerialContext;
import dev.coracle.kubelet.config.EventRate;
import dev.coracle.kubelet.config.EvictionSignal.Condition;
import dev.coracle.kubelet.config.KubeletOptions;
import dev.coracle.kubelet.config.RequestRate;
import dev.coracle.kubelet.internal.NodePlugins;
import dev.coracle.kubelet.internal.cpu.CpuManager;
import dev.coracle.kubelet.internal.cri.GrpcRuntimeService;
import dev.coracle.kubelet.internal.cri.MeasuredRuntime;
import dev.coracle.kubelet.internal.event.NodeEvents;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.manifest.PodSources;
import dev.coracle.kubelet.internal.memory.MemoryManager;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.node.Allocatable;
import dev.coracle.kubelet.internal.node.NodeStatusManager;
import dev.coracle.kubelet.internal.node.OwnNode;
import dev.coracle.kubelet.internal.pleg.Pleg;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.runtime.RuntimeCache;
import dev.coracle.kubelet.internal.runtime.RuntimeStartup;
import dev.coracle.kubelet.internal.serving.NodeApi;
import dev.coracle.kubelet.internal.shutdown.ShutdownInhibitor;
import dev.coracle.kubelet.internal.status.PodStatusBuilder.Verdict;
import dev.coracle.kubelet.internal.sync.LoopHealth;
import dev.coracle.kubelet.internal.sync.PodGauges;
import dev.coracle.kubelet.internal.sync.SyncEvent;
import dev.coracle.kubelet.internal.sync.SyncLoop;
import dev.coracle.kubelet.internal.sync.Terminations;
import dev.coracle.kubelet.internal.topology.NumaNodes;
import dev.coracle.kubelet.server.HealthzServer;
import dev.coracle.kubelet.server.KubeletServer;
import dev.coracle.kubelet.spi.RuntimeService;
import dev.coracle.tracing.Tracing;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * The kubelet of one node. Its constructor is its parts list, with {@link PodParts} for those that
 * run pods and {@link NodeParts} for those that look after the node; nothing happens before {@link
 * #start()}.
 *
 * <p>Blocking work (calls to the runtime, to the API, to disk) runs on virtual threads, so the code
 * reads from top to bottom (ADR 0080); Vert.x's event loops only carry gRPC and watches.
 */
public final class Kubelet implements Component {
  private static final Duration HOUSEKEEPING = Duration.ofMinutes(2);

  private final KubeletOptions options;
  private final RuntimeService runtime;
  private final Timers timers;
  private final InformerFactory informers;
  private final EventRecorder recorder;
  private final PodSources sources;
  private final PodEvents events;
  private final PodParts parts;
  private final PodPaths paths;
  private final RuntimeCache cache;
  private final Pleg pleg;
  private final NodeStatusManager node;
  private final NodePlugins plugins;
  private final SyncLoop loop;
  private final LoopHealth loopHealth;
  private final NodeParts nodeParts;
  private final Tracing tracing;
  private final PodTeardown teardown;
  private final Optional<KubeletServer> server;
  private final Optional<HealthzServer> healthz;
  private final CompletableFuture<Void> started = new CompletableFuture<>();

  private volatile ShownBeside shown = ShownBeside.NOTHING;
  private volatile boolean stopped;

  public Kubelet(
      Vertx vertx, Client client, KubeletOptions options, MeterRegistry registry, Clock clock) {
    this(
        vertx,
        client,
        options,
        registry,
        Surroundings.real(
                options,
                registry,
                new GrpcRuntimeService(
                    vertx, options.runtimeEndpoint(), options.configuration().runtimeTimeout()),
                clock,
                true)
            .withLogind(ShutdownInhibitor.Config.ofMachine()));
  }

  /** With a runtime of another kind, and without plugins. */
  public Kubelet(
      Vertx vertx,
      Client client,
      KubeletOptions options,
      MeterRegistry registry,
      RuntimeService unmeasured,
      Clock clock) {
    this(
        vertx,
        client,
        options,
        registry,
        Surroundings.real(options, registry, unmeasured, clock, false));
  }

  Kubelet(
      Vertx vertx,
      Client unpaced,
      KubeletOptions options,
      MeterRegistry registry,
      Surroundings around) {
    this.options = options;
    KubeletMetrics metrics = around.metrics();
    this.tracing =
        options
            .configuration()
            .tracing()
            .filter(_ -> !around.simulated())
            .map(c -> Tracing.of(vertx, c, "kubelet", options.nodeName()))
            .orElse(Tracing.NONE);
    this.runtime = new MeasuredRuntime(around.runtime(), metrics, tracing);
    this.timers = around.timers();
    Clock clock = timers.clock();
    SerialContext context = SerialContext.of(vertx);
    // Events have a rate of their own, and that the node is alive waits for nothing.
    RequestRate requests = options.configuration().requests();
    Client client = PacedClient.of(unpaced, requests.perSecond(), requests.burst(), timers::pause);
    this.informers = new InformerFactory(context, client);
    EventRate rate = options.configuration().events();
    this.recorder =
        new EventRecorder(unpaced, context, "kubelet", options.nodeName(), registry)
            .atMost(rate.perSecond(), rate.burst());
    events = around.events().apply(PodEvents.to(recorder));
    Informer pods =
        informers.informer(
            Resources.PODS,
            InformerOptions.ALL.withFields(
                FieldSelector.equalTo("spec.nodeName", options.nodeName())));
    Lister services =
        around.services().orElseGet(() -> informers.informer(Resources.SERVICES).lister());

    this.paths = new PodPaths(options.rootDir(), options.podLogsDir(), !around.simulated());
    this.cache = new RuntimeCache(runtime, options.nodeIp(), clock);
    Supplier<Optional<String>> problem = this::runtimeProblem;
    this.node =
        new NodeStatusManager(
            unpaced, runtime, timers, options, around.machine(), around.swap(), problem);
    NumaNodes numa = around.numa(options.configuration().numa());
    this.plugins =
        new NodePlugins(
            vertx,
            client,
            timers,
            options.nodeName(),
            options.rootDir(),
            new CpuManager(
                options.configuration().cpus(),
                around.system(),
                options.configuration().reservations(),
                options.rootDir().resolve("cpu_manager_state"),
                metrics.plugins(),
                this::touchAll),
            new MemoryManager(
                options.configuration().numa().memory(),
                numa,
                new Allocatable(around.machine(), options.configuration()).memoryReservation(),
                options.rootDir().resolve("memory_manager_state"),
                metrics),
            numa,
            options.configuration().numa().topology(),
            metrics,
            around.plugins(),
            node::refresh,
            this::touched,
            this::housekeep,
            this::livePods);
    node.devices(plugins.devices()::counts);
    NodeEvents nodeEvents = NodeEvents.to(recorder, node::node);
    node.events(nodeEvents);
    if (!around.simulated()) {
      node.startup(metrics.startup(clock, around.machine()::bootTime));
    }
    this.sources = new PodSources(client, pods, timers, options, node::node, this::post);
    this.parts =
        new PodParts(
            vertx,
            client,
            options,
            around,
            runtime,
            informers,
            services,
            events,
            nodeEvents,
            paths,
            cache,
            node,
            plugins,
            sources,
            new PodParts.Links(this::post, this::podsOfLoop, this::needsNothing, this::pressures));
    this.loop =
        new SyncLoop(
            parts.sync,
            tracing,
            timers,
            parts::came,
            sources::all,
            this::gone,
            this::housekeeping,
            this::admit,
            this::noted,
            pod -> metrics.pods().cameBack(pod.isStatic()));
    this.pleg = new Pleg(runtime, cache, timers, metrics, this::touched, this::runtimeIsBack);
    cache.unheardOfBy(pleg::isUnheardOf);
    this.loopHealth = new LoopHealth(options.configuration().pods().resync());
    NodeApi.Servers servers =
        NodeApi.servers(
            vertx,
            client,
            options,
            new NodeApi.Sources(
                runtime,
                around.machine(),
                cache,
                loop,
                parts.statuses,
                paths,
                parts.cgroups,
                timers,
                parts.volumeUse,
                parts.certificates,
                () -> shown,
                this::stuck,
                tracing,
                metrics.http()));
    this.server = servers.api();
    this.healthz = servers.healthz();
    PodGauges.register(metrics, cache, loop);
    cache.onRead(new Terminations(loop, metrics.starts()));
    OwnNode.follow(informers, options.nodeName(), timers, node);
    this.nodeParts =
        new NodeParts(
            options, around, runtime, cache, loop, parts, node, events, nodeEvents, paths);
    this.teardown = new PodTeardown(runtime, loop, parts, timers);
  }

  @Override
  public String name() {
    return "kubelet";
  }

  @Override
  public CompletionStage<Void> start() {
    timers.execute(() -> {
      try {
        begin();
        started.complete(null);
      } catch (RuntimeException | IOException e) {
        stop(true);
        started.completeExceptionally(e);
      }
    });
    return started;
  }

  private void begin() throws IOException {
    Files.createDirectories(paths.pods());
    Files.setPosixFilePermissions(paths.pods(), PosixFilePermissions.fromString("rwxr-x---"));
    Files.createDirectories(paths.logs());
    node.runtimeIs(RuntimeStartup.await(runtime, options.runtimeEndpoint(), timers, () -> stopped));
    plugins.restore();
    parts.users.restore();
    loop.start();
    CompletableFuture<Void> listed = informers.start().subscribeAsCompletionStage();
    pleg.start();
    server.ifPresent(s -> node.port(s.start().await().atMost(Duration.ofSeconds(10))));
    healthz.ifPresent(h -> h.start().await().atMost(Duration.ofSeconds(10)));
    node.start();
    nodeParts.enforce();
    timers.execute(plugins::start);
    listed.join();
    nodeParts.start();
    sources.start();
    nodeParts.awaitShutdowns();
    loop.post(new SyncEvent.Housekeeping());
    timers.every(HOUSEKEEPING, () -> loop.post(new SyncEvent.Housekeeping()));
    Duration resync = options.configuration().pods().resync();
    if (!resync.isZero()) {
      timers.every(resync, this::touchAll);
    }
  }

  /**
   * The node goes away: its pods end with the grace that the configuration gives them, and no more
   * are taken. Called before {@link #stop()}, while the API and the rest of the node still work;
   * done at once where no grace is configured.
   */
  public CompletionStage<Void> shutDown() {
    return started.isDone() && !started.isCompletedExceptionally()
        ? nodeParts.shutDown()
        : CompletableFuture.completedFuture(null);
  }

  @Override
  public CompletionStage<Void> stop() {
    return stop(false);
  }

  /**
   * Stops at once.
   *
   * @param keepPods leave the pods running, with their volumes' mounts, for a kubelet that adopts
   *     them; otherwise nothing of them is left in the runtime and on the machine
   */
  public CompletionStage<Void> stop(boolean keepPods) {
    if (stopped) {
      return CompletableFuture.completedFuture(null);
    }
    stopped = true;
    loop.stop();
    pleg.close();
    parts.probes.stop();
    CompletionStage<Void> sockets = plugins.close().toCompletionStage();
    nodeParts.stop();
    sources.close();
    recorder.stop();
    CompletableFuture<Void> pods =
        keepPods
            ? CompletableFuture.completedFuture(null)
            : CompletableFuture.runAsync(teardown::end, timers);
    return node.leave()
        .handle((v, e) -> null)
        .thenCompose(v -> informers.stop().subscribeAsCompletionStage())
        .handle((v, e) -> null)
        .thenCompose(v ->
            server
                .<CompletionStage<Void>>map(s -> s.stop().subscribeAsCompletionStage())
                .orElseGet(() -> CompletableFuture.completedFuture(null)))
        .handle((v, e) -> null)
        .thenCompose(v ->
            healthz
                .<CompletionStage<Void>>map(h -> h.stop().subscribeAsCompletionStage())
                .orElseGet(() -> CompletableFuture.completedFuture(null)))
        .handle((v, e) -> null)
        .thenCombine(sockets.handle((v, e) -> null), (v, s) -> s)
        .thenCombine(pods, (v, p) -> p)
        .thenRunAsync(() -> release(keepPods), timers)
        .thenCompose(v -> tracing.close().toCompletionStage());
  }

  private void release(boolean keepPods) {
    if (!keepPods) {
      teardown.clear();
    }
    parts.handlers.close();
    runtime.close();
    timers.close();
  }

  @Override
  public Optional<String> unhealthy() {
    return started.isDone() ? runtimeProblem() : Optional.of("the kubelet is starting");
  }

  /**
   * Why the kubelet works no more, where that has lasted: what {@code /healthz/syncloop} says, and
   * what a watchdog is to go by. That the runtime is away for a while is no such reason.
   */
  public Optional<String> stuck() {
    return loopHealth.problem(pleg.sinceRelist(), loop.busyFor());
  }

  private Optional<String> runtimeProblem() {
    return pleg.problem();
  }

  /** Says what else the kubelet's API shows; to be told before the start. */
  public void show(ShownBeside beside) {
    shown = beside;
  }

  /** Looks for what belongs to no pod now, and not only on its tick. */
  void housekeep() {
    pleg.relistNow();
    loop.post(new SyncEvent.Housekeeping());
  }

  /** Looks for pods to evict now, and not only on its tick. */
  void lookForPressure() {
    nodeParts.lookForPressure();
  }

  /** Completes when the pod's containers are known to have ended for good. */
  CompletionStage<Void> ended(String uid) {
    return loop.ended(uid);
  }

  /** The port of the kubelet's API, 0 while it does not listen. */
  public int port() {
    return server.map(KubeletServer::port).orElse(0);
  }

  /** Takes up a renewed serving certificate and client CA from the same files. */
  public Uni<Boolean> reloadCertificates() {
    return server.map(KubeletServer::reloadCertificates).orElse(Uni.createFrom().item(false));
  }

  private Collection<Pod> livePods() {
    return loop.pods().stream()
        .map(PodContext::pod)
        .filter(p -> !p.isTerminalPhase() && !loop.isEnded(p.uid()))
        .toList();
  }

  private List<PodContext> podsOfLoop() {
    return loop.pods();
  }

  private boolean needsNothing(Pod pod) {
    return loop.isEnded(pod.uid()) || loop.isRefused(pod.uid());
  }

  private Set<Condition> pressures() {
    return nodeParts.pressures();
  }

  private Optional<Verdict> admit(PodContext context) {
    Pod pod = context.pod();
    Optional<Verdict> refused =
        nodeParts
            .refusal()
            .or(() ->
                parts.admission.check(pod, lacks -> nodeParts.preemption.makeRoom(context, lacks)));
    if (!context.room().isDone()) {
      context.room().thenRun(() -> touched(pod.uid()));
    }
    refused.ifPresent(v -> parts.refused(pod, v));
    return refused;
  }

  private void post(SyncEvent event) {
    loop.post(event);
  }

  private void touched(String podUid) {
    loop.post(new SyncEvent.PodTouched(podUid));
  }

  private void runtimeIsBack() {
    node.refresh();
    touchAll();
  }

  private void touchAll() {
    loop.pods().forEach(p -> touched(p.uid()));
  }

  private CompletionStage<Void> gone(Pod pod, boolean comesBack) {
    CompletionStage<Void> cleaned = parts.cleaner.forget(pod.uid(), comesBack);
    sources.ended(pod);
    return cleaned;
  }

  /** A newer version of a pod whose spec is as before: mostly its status as it was written. */
  private void noted(Pod pod) {
    loop.pod(pod.uid()).ifPresent(context -> parts.startups.observed(context, pod));
    parts.statuses.reconcile(pod);
  }

  private void housekeeping(SyncLoop syncLoop) {
    if (!sources.hasSynced()) {
      return;
    }
    Set<String> known = new HashSet<>();
    sources.all().forEach(p -> known.add(p.uid()));
    syncLoop.pods().forEach(p -> known.add(p.uid()));
    plugins.keepOnly(known);
    parts.cleaner.sweep(syncLoop, sources::all, pleg.podsInRuntime());
    sources.removeOrphanedMirrors(syncLoop.pods().stream().map(PodContext::pod).toList());
  }
}
