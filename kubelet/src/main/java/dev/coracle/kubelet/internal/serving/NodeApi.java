package dev.coracle.kubelet.internal.serving;

import dev.coracle.client.Client;
import dev.coracle.kubelet.ShownBeside;
import dev.coracle.kubelet.config.KubeletOptions;
import dev.coracle.kubelet.internal.host.Cgroups;
import dev.coracle.kubelet.internal.host.GroupFiles;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.node.Machine;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.podcertificate.PodCertificates;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.runtime.RuntimeCache;
import dev.coracle.kubelet.internal.status.StatusManager;
import dev.coracle.kubelet.internal.sync.SyncLoop;
import dev.coracle.kubelet.server.CachingKubeletAuth;
import dev.coracle.kubelet.server.HealthChecks;
import dev.coracle.kubelet.server.HealthChecks.HealthCheck;
import dev.coracle.kubelet.server.HealthzServer;
import dev.coracle.kubelet.server.KubeletServer;
import dev.coracle.kubelet.server.KubeletServerBackend;
import dev.coracle.kubelet.server.NodeDocuments;
import dev.coracle.kubelet.server.RequestMonitor;
import dev.coracle.kubelet.server.stats.VolumeMetrics;
import dev.coracle.kubelet.spi.RuntimeService;
import dev.coracle.tracing.Tracing;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** What the kubelet's HTTPS API serves from: who may ask, pods, streams and documents. */
public final class NodeApi {
  private static final int CACHED_REVIEWS = 1000;

  private NodeApi() {}

  /**
   * What there is to show.
   *
   * @param shown what others of this process have to show
   * @param stuck why the kubelet works no more, empty while it does
   */
  public record Sources(
      RuntimeService runtime,
      Machine machine,
      RuntimeCache cache,
      SyncLoop loop,
      StatusManager statuses,
      PodPaths paths,
      Cgroups cgroups,
      Timers timers,
      VolumeUse volumes,
      PodCertificates certificates,
      Supplier<ShownBeside> shown,
      Supplier<Optional<String>> stuck,
      Tracing tracing,
      RequestMonitor monitor) {}

  /** The node's servers; they do not listen yet. */
  public record Servers(Optional<KubeletServer> api, Optional<HealthzServer> healthz) {}

  /** Those that the options have. */
  public static Servers servers(
      Vertx vertx, Client client, KubeletOptions options, Sources sources) {
    SyncLoop loop = sources.loop();
    KnownPods known =
        new KnownPods(loop::pods, sources.cache(), sources.statuses(), sources.paths());
    sources.cache().onRead((_, before, now) -> known.read(before, now));
    CriStats stats =
        new CriStats(
            sources.runtime(),
            sources.machine(),
            loop::pods,
            sources.cgroups(),
            options.nodeName(),
            sources.paths(),
            sources.timers().clock(),
            sources.volumes(),
            sources.cache()::last,
            GroupFiles.detect());
    KubeletServerBackend backend = backend(client, options, sources, known, stats);
    return new Servers(
        options
            .server()
            .map(o -> new KubeletServer(vertx, o, backend, sources.tracing(), sources.monitor())),
        options
            .configuration()
            .serving()
            .healthz()
            .map(h -> new HealthzServer(vertx, h.address(), h.port(), backend.documents())));
  }

  private static KubeletServerBackend backend(
      Client client, KubeletOptions options, Sources sources, KnownPods known, CriStats stats) {
    Timers timers = sources.timers();
    Supplier<String> metrics =
        () ->
            sources.shown().get().metrics().get()
                + volumeMetrics(sources)
                + sources.certificates().metrics();
    return new KubeletServerBackend(
        new CachingKubeletAuth(new ReviewAuth(client), timers.clock(), CACHED_REVIEWS),
        known,
        new CriStreaming(sources.runtime(), timers),
        new CriCheckpoints(
            sources.runtime(),
            options.rootDir().toAbsolutePath().resolve("checkpoints"),
            timers.clock(),
            timers),
        new NodeDocuments(
            () -> Uni.createFrom().item(known::list).runSubscriptionOn(timers),
            () -> Uni.createFrom().item(known::running).runSubscriptionOn(timers),
            () -> Uni.createFrom().item(() -> Configz.of(options)),
            () -> Uni.createFrom().item(metrics).runSubscriptionOn(timers),
            () ->
                Uni.createFrom()
                    .item(() -> probesOf(sources.shown().get().metrics().get()))
                    .runSubscriptionOn(timers),
            extent -> Uni.createFrom().item(() -> stats.read(extent)).runSubscriptionOn(timers),
            parameters -> sources.shown().get().logEntries().apply(parameters),
            () -> sources.shown().get().flags(),
            HealthChecks.of(new HealthCheck("syncloop", sources.stuck()))));
  }

  /** What probes came to, alone: of the rest, scrapers would have everything twice. */
  private static String probesOf(String metrics) {
    return metrics
        .lines()
        .filter(l -> l.startsWith("prober_") || l.startsWith("# ") && l.contains(" prober_"))
        .map(l -> l + "\n")
        .collect(Collectors.joining());
  }

  private static String volumeMetrics(Sources sources) {
    List<Pod> pods = sources.loop().pods().stream().map(PodContext::pod).toList();
    sources.volumes().retain(pods);
    return VolumeMetrics.render(
        pods.stream()
            .map(p -> new VolumeMetrics.PodVolumes(p.namespace(), sources.volumes().of(p)))
            .toList());
  }
}
