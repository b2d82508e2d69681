package dev.coracle.kubelet;

import dev.coracle.api.Resources;
import dev.coracle.client.Client;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.InformerOptions;
import dev.coracle.client.Lister;
import dev.coracle.cri.v1.UserNamespace;
import dev.coracle.kubelet.config.EvictionSignal.Condition;
import dev.coracle.kubelet.config.KubeletOptions;
import dev.coracle.kubelet.internal.NodePlugins;
import dev.coracle.kubelet.internal.cpu.CpuPinning;
import dev.coracle.kubelet.internal.csi.CsiExpansion;
import dev.coracle.kubelet.internal.csi.CsiUsage;
import dev.coracle.kubelet.internal.csi.CsiVolumes;
import dev.coracle.kubelet.internal.event.NodeEvents;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.eviction.Admission;
import dev.coracle.kubelet.internal.host.Cgroups;
import dev.coracle.kubelet.internal.host.FsCgroups;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.host.TmpfsNoswap;
import dev.coracle.kubelet.internal.image.ImageManager;
import dev.coracle.kubelet.internal.image.PullRecords;
import dev.coracle.kubelet.internal.image.PullSecrets;
import dev.coracle.kubelet.internal.image.provider.CredentialPlugins;
import dev.coracle.kubelet.internal.image.provider.PodAccounts;
import dev.coracle.kubelet.internal.image.provider.PodKeyring;
import dev.coracle.kubelet.internal.manifest.PodSources;
import dev.coracle.kubelet.internal.metrics.PodMetrics;
import dev.coracle.kubelet.internal.node.Allocatable;
import dev.coracle.kubelet.internal.node.Machine;
import dev.coracle.kubelet.internal.node.NodeStatusManager;
import dev.coracle.kubelet.internal.objects.ObjectCache;
import dev.coracle.kubelet.internal.pod.DownwardApi;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.pod.PodDns;
import dev.coracle.kubelet.internal.podcertificate.PodCertificates;
import dev.coracle.kubelet.internal.probe.Handlers;
import dev.coracle.kubelet.internal.probe.ProbeManager;
import dev.coracle.kubelet.internal.runtime.ContainerConfigs;
import dev.coracle.kubelet.internal.runtime.ContainerEnv;
import dev.coracle.kubelet.internal.runtime.ContainerGc;
import dev.coracle.kubelet.internal.runtime.ContainerMounts;
import dev.coracle.kubelet.internal.runtime.LifecycleHooks;
import dev.coracle.kubelet.internal.runtime.NodeLimits;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.runtime.PodKiller;
import dev.coracle.kubelet.internal.runtime.PodResizer;
import dev.coracle.kubelet.internal.runtime.PodRuntime;
import dev.coracle.kubelet.internal.runtime.PodRuntimeStatus;
import dev.coracle.kubelet.internal.runtime.RuntimeCache;
import dev.coracle.kubelet.internal.runtime.SandboxConfigs;
import dev.coracle.kubelet.internal.serving.VolumeUse;
import dev.coracle.kubelet.internal.simulated.SimulatedVolumes;
import dev.coracle.kubelet.internal.status.PodStatusBuilder;
import dev.coracle.kubelet.internal.status.PodStatusBuilder.Verdict;
import dev.coracle.kubelet.internal.status.StatusManager;
import dev.coracle.kubelet.internal.status.TerminationMessages;
import dev.coracle.kubelet.internal.sync.PodCleaner;
import dev.coracle.kubelet.internal.sync.PodStartups;
import dev.coracle.kubelet.internal.sync.PodSync;
import dev.coracle.kubelet.internal.sync.SyncEvent;
import dev.coracle.kubelet.internal.userns.SubordinateIds;
import dev.coracle.kubelet.internal.userns.UserNamespaces;
import dev.coracle.kubelet.internal.volume.GroupAccess;
import dev.coracle.kubelet.internal.volume.LocalVolumeCleaner;
import dev.coracle.kubelet.internal.volume.Tokens;
import dev.coracle.kubelet.internal.volume.VolumeManager;
import dev.coracle.kubelet.internal.volume.VolumePlugins;
import dev.coracle.kubelet.spi.RuntimeService;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * The parts of a kubelet that bring pods up, look after them and take them down: the objects they
 * name, their images, volumes, containers, probes and status, and what removes them. The sync loop
 * drives them.
 */
final class PodParts {
  /**
   * What the parts need of those that are made after them.
   *
   * @param post tells the sync loop
   * @param pods of the sync loop
   * @param needsNothing whether what a pod asked for is free for others, for the sync loop
   * @param pressures what the node is short of
   */
  record Links(
      Consumer<SyncEvent> post,
      Supplier<List<PodContext>> pods,
      Predicate<Pod> needsNothing,
      Supplier<Set<Condition>> pressures) {}

  final ImageManager images;
  final VolumeManager volumes;
  final StatusManager statuses;
  final ContainerGc gc;
  final Cgroups cgroups;
  final TmpfsNoswap noswap = new TmpfsNoswap();
  final Handlers handlers;
  final ProbeManager probes;
  final Admission admission;
  final PodResizer resizer;
  final PodSync sync;
  final PodCleaner cleaner;
  final UserNamespaces users;
  final VolumeUse volumeUse;
  final PodCertificates certificates;
  final PodStartups startups;
  private final ObjectCache objects;
  private final Links links;
  private final KubeletOptions options;
  private final PodMetrics metrics;
  private final PodEvents events;
  private final Clock clock;

  PodParts(
      Vertx vertx,
      Client client,
      KubeletOptions options,
      Surroundings around,
      RuntimeService runtime,
      InformerFactory informers,
      Lister services,
      PodEvents events,
      NodeEvents nodeEvents,
      PodPaths paths,
      RuntimeCache cache,
      NodeStatusManager node,
      NodePlugins plugins,
      PodSources sources,
      Links links) {
    this.links = links;
    Timers timers = around.timers();
    this.options = options;
    this.metrics = around.metrics().pods();
    this.events = events;
    this.clock = timers.clock();
    this.startups = new PodStartups(cache, metrics, clock);
    Machine machine = around.machine();
    this.objects = new ObjectCache(client, informers, services, this::objectChanged);
    PodAccounts accounts = new PodAccounts(client, clock, new SecureRandom());
    PullRecords records =
        new PullRecords(
            paths.real()
                ? Optional.of(options.rootDir().resolve("image_manager"))
                : Optional.empty(),
            options.configuration().images().verification(),
            clock,
            metrics);
    around
        .metrics()
        .gauge(
            "kubelet_imagemanager_ondisk_pulledrecords",
            "Number of ImagePulledRecords stored on disk.",
            records::pulled);
    around
        .metrics()
        .gauge(
            "kubelet_imagemanager_ondisk_pullintents",
            "Number of ImagePullIntents stored on disk.",
            records::pulling);
    this.images =
        new ImageManager(
            runtime,
            new PodKeyring(
                new PullSecrets(objects, events),
                new CredentialPlugins(
                    options.configuration().images().providers(),
                    accounts,
                    around.metrics(),
                    clock)),
            records,
            events,
            metrics,
            clock,
            timers,
            options.configuration().images());
    node.imagesSeen(images::retain);
    this.handlers = new Handlers(vertx, runtime, "kube-probe/1.36");
    LifecycleHooks hooks = new LifecycleHooks(runtime, handlers, events, around.metrics().starts());
    PodKiller killer = new PodKiller(runtime, hooks, events, timers);
    this.gc = new ContainerGc(runtime, paths, timers, nodeEvents);
    this.cgroups =
        FsCgroups.below(
            options.cgroupRoot(), options.ownCgroupRoot(), options.configuration().cgroups());
    this.statuses =
        new StatusManager(
            client, timers, StatusManager.STARTING, StatusManager.CORRECTING, metrics);
    Function<Pod, DownwardApi.Facts> facts =
        pod ->
            new DownwardApi.Facts(
                options.nodeName(),
                options.nodeIps(),
                pod.hostNetwork()
                    ? options.nodeIps()
                    : cache.last(pod.uid()).map(PodRuntimeStatus::ips).orElse(List.of()),
                node.allocatable().cpu(),
                node.allocatable().memory(),
                node::allocatableDisk);
    Tokens tokens = new Tokens(client, clock, new SecureRandom());
    this.certificates =
        new PodCertificates(
            client,
            informers,
            options.nodeName(),
            node::node,
            events,
            this::objectChanged,
            clock,
            new SecureRandom());
    GroupAccess access = new GroupAccess(events, around.metrics().volumes());
    CsiVolumes csi =
        new CsiVolumes(
            plugins.csi(),
            objects,
            tokens,
            paths,
            options.nodeName(),
            access,
            timers,
            node::refresh,
            node::saysInUse);
    node.volumesInUse(csi::inUse);
    plugins.claims().objects(objects);
    this.volumes =
        new VolumeManager(
            paths,
            around.simulated()
                ? SimulatedVolumes.all()
                : VolumePlugins.all(
                    objects,
                    tokens,
                    certificates,
                    facts,
                    options.localVolumes(),
                    csi,
                    new CsiExpansion(csi, client, events, clock),
                    paths,
                    node::isSelectedBy,
                    () -> around.swap().bytes() > 0 && noswap.isSupported(),
                    events,
                    access),
            List.of(tokens, certificates),
            clock,
            around.metrics().volumes());
    this.volumeUse = new VolumeUse(volumes::standing, new CsiUsage(csi, paths)::of, clock);
    if (!around.simulated()) {
      informers
          .informer(
              Resources.PERSISTENT_VOLUMES,
              InformerOptions.ALL.withLabels(LocalVolumeCleaner.ofNode(options.nodeName())))
          .addHandler(
              new LocalVolumeCleaner(client, timers, options.nodeName(), options.localVolumes()));
    }
    this.users =
        new UserNamespaces(
            paths,
            options.configuration().pods().ids(),
            options.podsOn(machine.cpus()),
            around.simulated() ? Optional.empty() : SubordinateIds.read(Path.of("/etc")),
            node::hasUserNamespaces);
    this.cleaner =
        new PodCleaner(
            cache, statuses, volumes, objects, accounts, gc, paths, timers, users, metrics);
    PodDns dns = PodDns.of(options);
    this.probes =
        new ProbeManager(
            handlers, events, timers, around.probeMetrics(), options.nodeIp(), this::wake);
    Predicate<Pod> recursiveReadOnly = pod -> node.hasRecursiveReadOnly(runtimeHandler(pod));
    TerminationMessages messages = new TerminationMessages(paths);
    this.admission =
        new Admission(
            node::node,
            node::fresh,
            () -> links.pods().get().stream().map(PodContext::pod).toList(),
            links.needsNothing(),
            links.pressures(),
            options.configuration().pods().sysctls(),
            options.configuration().cpus(),
            options.configuration().numa().memory(),
            new Allocatable(machine, options.configuration()).enforced(OptionalLong.empty()),
            machine.appArmor());
    NodeLimits limits =
        new NodeLimits(
            machine.memoryBytes(),
            around.swap(),
            options.configuration().cgroups(),
            Machine.cgroupVersion());
    this.resizer =
        new PodResizer(
            runtime,
            cgroups,
            paths,
            events,
            admission,
            limits,
            this::wake,
            around.metrics().resizes());
    PodRuntime podRuntime =
        new PodRuntime(
            runtime,
            cache,
            images,
            new ContainerEnv(objects),
            new ContainerMounts(paths, dns.clusterDomain(), recursiveReadOnly),
            new SandboxConfigs(paths, dns, cgroups::parentOf, this::usersOf, limits.options()),
            new ContainerConfigs(
                limits,
                options.rootDir().resolve("seccomp"),
                options.configuration().pods().seccompDefault()),
            hooks,
            killer,
            events,
            nodeEvents,
            probes,
            paths,
            timers,
            facts,
            this::runtimeHandler,
            plugins.held(),
            around.metrics().starts(),
            resizer);
    this.sync =
        new PodSync(
            cache,
            podRuntime,
            killer,
            gc,
            volumes,
            new PodStatusBuilder(
                probes,
                messages,
                node::runtimeName,
                options::nodeIps,
                recursiveReadOnly,
                plugins.held(),
                clock),
            statuses,
            probes.and(new CpuPinning(plugins.cpus(), runtime, timers, this::wake)),
            events,
            paths,
            cgroups,
            client,
            clock,
            around.metrics(),
            node::networkProblem,
            sources::inApi,
            plugins.held(),
            resizer,
            users);
  }

  /** A pod that was not known. */
  PodContext came(Pod pod) {
    metrics.came(pod.containers().size());
    PodContext context =
        new PodContext(
            pod,
            clock,
            options.restartBackOff(),
            options.restartBackOffMax(),
            options.configuration().pods().firstRestart(),
            options.configuration().pods().longestRestart());
    if (pod.hasBegun()) {
      resizer.restore(context);
    }
    return context;
  }

  /** A pod is not let in. */
  void refused(Pod pod, Verdict why) {
    metrics.refused(why.reason());
    events.warning(pod, why.reason(), why.why());
  }

  private UserNamespace usersOf(Pod pod) {
    boolean own = !pod.spec().path("hostUsers").asBoolean(true);
    return users.of(pod, own ? runtimeHandler(pod) : "");
  }

  private void wake(String podUid) {
    links.post().accept(new SyncEvent.PodTouched(podUid));
  }

  private void objectChanged(String podUid) {
    volumes.changed(podUid);
    wake(podUid);
  }

  private String runtimeHandler(Pod pod) {
    String name = pod.spec().path("runtimeClassName").asText("");
    return name.isEmpty()
        ? ""
        : objects.get(pod.uid(), Resources.RUNTIME_CLASSES, "", name).text("handler");
  }
}
