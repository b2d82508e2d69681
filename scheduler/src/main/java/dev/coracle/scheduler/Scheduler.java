package dev.coracle.scheduler;

import dev.coracle.api.Component;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import dev.coracle.client.ContextClient;
import dev.coracle.client.EventRecorder;
import dev.coracle.client.Informer;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.Lister;
import dev.coracle.client.SerialContext;
import dev.coracle.scheduler.config.Profile;
import dev.coracle.scheduler.config.SchedulerOptions;
import dev.coracle.scheduler.internal.ClusterEvents;
import dev.coracle.scheduler.internal.Deciding;
import dev.coracle.scheduler.internal.ExtensionPointTimes;
import dev.coracle.scheduler.internal.PluginEvaluations;
import dev.coracle.scheduler.internal.PluginTimes;
import dev.coracle.scheduler.internal.PodOutcomes;
import dev.coracle.scheduler.internal.SchedulerMetrics;
import dev.coracle.scheduler.internal.cache.SchedulerCache;
import dev.coracle.scheduler.internal.cycle.Framework;
import dev.coracle.scheduler.internal.cycle.Framework.Decision;
import dev.coracle.scheduler.internal.cycle.Preemption;
import dev.coracle.scheduler.internal.dra.BindingConditions;
import dev.coracle.scheduler.internal.dra.DeviceClassNames;
import dev.coracle.scheduler.internal.dra.SelectorWarmth;
import dev.coracle.scheduler.internal.plugins.ClaimWaiters;
import dev.coracle.scheduler.internal.plugins.NodeVolumeLimits;
import dev.coracle.scheduler.internal.plugins.StorageCapacity;
import dev.coracle.scheduler.internal.queue.QueuedPod;
import dev.coracle.scheduler.internal.queue.SchedulingQueue;
import dev.coracle.scheduler.spi.ClusterEvent;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Gives every pod without a node the best one there is. All state lives on one context: a pod's
 * watch event puts it into the queue and starts the pump in the same turn; deciding is synchronous
 * on what the informers show plus what was just assumed; binding runs beside it. Nothing polls.
 */
public final class Scheduler implements Component {

  private static final Logger LOG = LoggerFactory.getLogger(Scheduler.class);

  /** So long decisions are made without a pause. */
  private static final long TURN_NANOS = 5_000_000;

  /** More would only wait in the API server, where others' requests wait too. */
  private static final int MOST_BINDING = 128;

  private final SerialContext context;
  private final InformerFactory informers;
  private final SchedulerCache cache;
  private final SchedulingQueue queue;
  private final List<Plugin> plugins;

  /** By {@code spec.schedulerName}. */
  private final Map<String, Deciding> profiles = new LinkedHashMap<>();

  private volatile boolean running;
  private boolean pumping;
  private boolean yielded;

  /** Pods that are decided on and whose binding the API has not answered yet. */
  private int binding;

  public Scheduler(Vertx vertx, Client client, SchedulerOptions options, MeterRegistry registry) {
    this(SerialContext.of(vertx), client, options, registry, RandomGenerator.getDefault());
  }

  /**
   * @param random breaks ties between equally good nodes
   */
  public Scheduler(
      SerialContext context,
      Client below,
      SchedulerOptions options,
      MeterRegistry registry,
      RandomGenerator random) {
    Client client = new ContextClient(below, context);
    this.context = context;
    this.informers = new InformerFactory(context, client, random);
    Informer pods = informers.informer(Resources.PODS);
    Informer nodes = informers.informer(Resources.NODES);
    Informer namespaces = informers.informer(Resources.NAMESPACES);
    Informer claims = informers.informer(Resources.PERSISTENT_VOLUME_CLAIMS);
    Informer volumes = informers.informer(Resources.PERSISTENT_VOLUMES);
    Informer classes = informers.informer(Resources.STORAGE_CLASSES);
    Informer csiNodes = informers.informer(Resources.CSI_NODES);
    Informer attachments =
        NodeVolumeLimits.byNode(informers.informer(Resources.VOLUME_ATTACHMENTS));
    Informer drivers = informers.informer(Resources.CSI_DRIVERS);
    Informer capacities = informers.informer(Resources.CSI_STORAGE_CAPACITIES);
    Informer resourceClaims = informers.informer(Resources.RESOURCE_CLAIMS);
    Informer resourceSlices = informers.informer(Resources.RESOURCE_SLICES);
    Informer deviceClasses = informers.informer(Resources.DEVICE_CLASSES);
    Informer deviceTaintRules = informers.informer(Resources.DEVICE_TAINT_RULES);
    Informer services = informers.informer(Resources.SERVICES);
    Informer budgets = informers.informer(Resources.POD_DISRUPTION_BUDGETS);

    Lister namespaceLister = namespaces.lister();
    this.cache =
        new SchedulerCache(
            name -> namespaceLister.get("", name).map(KubeObject::labels).orElse(Map.of()));
    cache.measure(registry);
    ClaimWaiters waiters = new ClaimWaiters(context, claims.lister());
    DeviceClassNames deviceClassNames = new DeviceClassNames(deviceClasses.lister());
    BindingConditions devices = new BindingConditions(context, resourceClaims.lister());
    Map<String, EventRecorder> recorders = new LinkedHashMap<>();
    for (Profile profile : options.profiles()) {
      String name = profile.schedulerName();
      recorders.put(name, new EventRecorder(client, context, name, "", registry));
    }
    DefaultPlugins.Sources sources =
        new DefaultPlugins.Sources(
            client,
            claims.lister(),
            volumes.lister(),
            classes.lister(),
            csiNodes.lister(),
            attachments.lister(),
            new StorageCapacity(drivers.lister(), capacities.lister()),
            resourceClaims.lister(),
            resourceSlices.lister(),
            deviceClasses.lister(),
            deviceTaintRules.lister(),
            services.lister(),
            deviceClassNames,
            waiters,
            devices,
            recorders.values().iterator().next());
    DefaultPlugins.Held held = DefaultPlugins.Held.of(sources, options.bindTimeout(), registry);
    this.plugins = DefaultPlugins.ordered(sources, held, options.profiles().getFirst());
    this.queue = new SchedulingQueue(context, options, plugins, registry);
    Gauge.builder("scheduler_goroutines", this, scheduler -> scheduler.binding)
        .description("Pods whose binding has not been answered yet")
        .tag("operation", "binding")
        .register(registry);
    PluginTimes pluginTimes = new PluginTimes(registry, context::nanoTime);
    for (Profile profile : options.profiles()) {
      String name = profile.schedulerName();
      EventRecorder events = recorders.getOrDefault(name, sources.events());
      ExtensionPointTimes times = new ExtensionPointTimes(registry, name, context::nanoTime);
      SchedulerMetrics metrics = new SchedulerMetrics(registry, name);
      Framework framework =
          new Framework(
              DefaultPlugins.ordered(sources, held, profile),
              profile,
              cache,
              random,
              times,
              pluginTimes,
              new PluginEvaluations(registry, name));
      profiles.put(
          name,
          new Deciding(
              framework,
              new Preemption(
                  profile.plugins().runs("DefaultPreemption", "postFilter"),
                  profile.arguments().preemption(),
                  framework,
                  cache,
                  budgets.lister(),
                  random,
                  times),
              events,
              metrics,
              new PodOutcomes(client, context, cache, queue, events, metrics, name)));
    }

    nodes.addHandler(ClusterEvents.nodes(cache, queue));
    pods.addHandler(ClusterEvents.pods(cache, queue, profiles.keySet()));
    claims.addHandler(waiters);
    claims.addHandler(ClusterEvents.of(ClusterEvent.Kind.VOLUME_CLAIM, queue));
    volumes.addHandler(ClusterEvents.of(ClusterEvent.Kind.VOLUME, queue));
    classes.addHandler(ClusterEvents.of(ClusterEvent.Kind.STORAGE_CLASS, queue));
    csiNodes.addHandler(ClusterEvents.of(ClusterEvent.Kind.CSI_NODE, queue));
    attachments.addHandler(ClusterEvents.ends(ClusterEvent.Kind.CSI_NODE, queue));
    drivers.addHandler(ClusterEvents.of(ClusterEvent.Kind.STORAGE_CLASS, queue));
    capacities.addHandler(ClusterEvents.of(ClusterEvent.Kind.STORAGE_CLASS, queue));
    deviceClasses.addHandler(new SelectorWarmth());
    deviceClasses.addHandler(deviceClassNames);
    resourceClaims.addHandler(devices);
    resourceClaims.addHandler(ClusterEvents.of(ClusterEvent.Kind.RESOURCE_CLAIM, queue));
    resourceSlices.addHandler(ClusterEvents.of(ClusterEvent.Kind.RESOURCE_SLICE, queue));
    deviceClasses.addHandler(ClusterEvents.of(ClusterEvent.Kind.DEVICE_CLASS, queue));
    deviceTaintRules.addHandler(ClusterEvents.of(ClusterEvent.Kind.DEVICE_TAINT_RULE, queue));
    namespaces.addHandler(ClusterEvents.of(ClusterEvent.Kind.NAMESPACE, queue));
  }

  @Override
  public String name() {
    return "kube-scheduler";
  }

  /** The names of all plugins that a configuration may speak of. */
  public static Set<String> knownPlugins() {
    return DefaultPlugins.NAMES;
  }

  /** The names of the plugins, in their order. */
  public List<String> plugins() {
    return plugins.stream().map(Plugin::name).toList();
  }

  @Override
  public CompletionStage<Void> start() {
    return informers
        .start()
        .emitOn(context)
        .invoke(() -> {
          running = true;
          queue.onReady(this::pump);
          pump();
        })
        .subscribeAsCompletionStage();
  }

  @Override
  public CompletionStage<Void> stop() {
    running = false;
    context.execute(queue::stop);
    profiles.values().forEach(profile -> profile.events().stop());
    return informers.stop().subscribeAsCompletionStage();
  }

  @Override
  public Optional<String> unhealthy() {
    return running && informers.hasSynced()
        ? Optional.empty()
        : Optional.of("the scheduler's informers have not synced");
  }

  /**
   * Tries pods until none is left, in turns, since the event loop has others to serve; runs on the
   * context, also from within itself.
   */
  private void pump() {
    if (pumping || yielded) {
      return;
    }
    pumping = true;
    long begun = context.nanoTime();
    try {
      while (running && binding < MOST_BINDING) {
        if (context.nanoTime() - begun > TURN_NANOS) {
          yielded = true;
          context.execute(this::nextTurn);
          return;
        }
        QueuedPod next = queue.pop();
        if (next == null) {
          return;
        }
        attempt(next);
      }
    } finally {
      pumping = false;
    }
  }

  private void nextTurn() {
    yielded = false;
    pump();
  }

  private void attempt(QueuedPod queued) {
    long begun = context.nanoTime();
    PodInfo pod = queued.info();
    if (pod.pod().isDeleting() || cache.isAssumed(pod.uid())) {
      return;
    }
    Deciding profile = profiles.get(ClusterEvents.schedulerOf(pod.pod()));
    if (profile == null) {
      return; // Only pods of these names are in the queue.
    }
    try {
      switch (profile.framework().decide(pod)) {
        case Decision.Chosen chosen -> {
          profile.metrics().decided(context.nanoTime() - begun);
          bind(profile, queued, pod, chosen.node(), chosen.state(), begun);
        }
        case Decision.None none -> {
          profile.metrics().decided(context.nanoTime() - begun);
          profile.metrics().attempt("unschedulable", context.nanoTime() - begun);
          Preemption.Outcome outcome = profile.preemption().find(pod, none.diagnosis());
          if (!(outcome instanceof Preemption.Outcome.Off)) {
            profile.metrics().preemptionTried();
          }
          queue.rejected(queued, none.diagnosis().plugins());
          profile.outcomes().unschedulable(pod, none.diagnosis(), outcome);
          profile
              .framework()
              .postFilter(none.state(), pod)
              .subscribe()
              .with(_ -> {}, failure -> profile.outcomes().failed(pod, failure));
        }
      }
    } catch (RuntimeException e) {
      failed(profile, queued, pod, e, begun, nomination(pod));
    }
  }

  private void bind(
      Deciding profile, QueuedPod queued, PodInfo pod, String node, CycleState state, long begun) {
    Framework framework = profile.framework();
    cache.assume(pod, node);
    framework.reserve(state, pod, node);
    binding++;
    boolean promised = framework.willPreBind(state, pod, node);
    Uni<Void> before =
        promised ? profile.outcomes().promise(pod, node) : Uni.createFrom().voidItem();
    before
        .chain(() -> framework.bind(state, pod, node))
        .emitOn(context)
        .onTermination()
        .invoke(this::bound)
        .subscribe()
        .with(
            _ -> {
              cache.unnominate(pod.uid());
              profile.metrics().attempt("scheduled", context.nanoTime() - begun);
              profile
                  .metrics()
                  .scheduled(
                      queued.attempts(),
                      context.nanoTime() - queued.firstActive(),
                      queued.wasFlushed());
              profile
                  .events()
                  .normal(
                      pod.pod(),
                      "Scheduled",
                      "Successfully assigned " + pod.pod().key() + " to " + node);
            },
            failure -> {
              framework.unreserve(state, pod, node);
              if (cache.isAssumed(pod.uid())) {
                cache.removePod(pod.uid());
                queue.happened(new ClusterEvent(ClusterEvent.Kind.ASSIGNED_POD, pod.pod(), null));
              }
              failed(profile, queued, pod, failure, begun, promised ? node : nomination(pod));
            });
  }

  private void bound() {
    binding--;
    pump();
  }

  private static String nomination(PodInfo pod) {
    return pod.pod().text("status", "nominatedNodeName");
  }

  private void failed(
      Deciding profile,
      QueuedPod queued,
      PodInfo pod,
      Throwable failure,
      long begun,
      String promised) {
    if (!running) {
      return;
    }
    profile.metrics().attempt("error", context.nanoTime() - begun);
    // A namespace that ends takes the pod away soon: no line for an administrator.
    LOG.atLevel(StatusException.isNamespaceTerminating(failure) ? Level.DEBUG : Level.WARN)
        .addKeyValue("namespace", pod.pod().namespace())
        .addKeyValue("name", pod.pod().name())
        .addKeyValue("failure", failure.toString())
        .log("A pod could not be scheduled; it is tried again");
    queue.errored(queued);
    profile.outcomes().failed(pod, failure, promised);
  }
}
