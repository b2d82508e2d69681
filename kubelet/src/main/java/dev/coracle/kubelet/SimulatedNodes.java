package dev.coracle.kubelet;

import dev.coracle.api.Component;
import dev.coracle.api.Resources;
import dev.coracle.client.Client;
import dev.coracle.client.Informer;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.SerialContext;
import dev.coracle.kubelet.config.KubeletOptions;
import dev.coracle.kubelet.config.SimulationOptions;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import dev.coracle.kubelet.internal.node.Machine;
import dev.coracle.kubelet.internal.node.SwapSpace;
import dev.coracle.kubelet.internal.probe.ProbeMetrics;
import dev.coracle.kubelet.internal.simulated.EventBudget;
import dev.coracle.kubelet.internal.simulated.SimulatedRuntime;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Many nodes of which only the runtime and the machine are pretended: each has the whole kubelet,
 * with its sync loop, pod workers, probes, status and Lease. They share what would cost a thousand
 * times: one thread of timers, one informer of Services, one set of metrics, one budget of events.
 *
 * <p>Nodes are named {@code simulated-0} and on, carry the label {@code
 * simulation.coracle.dev/node} and take their pods' addresses from 100.64.0.0/10 (RFC 6598), where
 * nothing answers. How a pod behaves may stand in its annotations {@code simulation.coracle.dev/…}:
 * {@code start-delay}, {@code stop-delay} and {@code runs-for} (such as {@code 250ms} or {@code
 * 1.5s}), {@code exit-code}, and {@code failures}, the share of container starts that fail.
 */
public final class SimulatedNodes implements Component {
  private static final Logger LOG = LoggerFactory.getLogger(SimulatedNodes.class);
  private static final String LABEL = "simulation.coracle.dev/node";

  /** Nothing answers there. */
  private static final String NOT_BALANCED =
      "node.kubernetes.io/exclude-from-external-load-balancers";

  /** So many kubelets start side by side. */
  private static final int STARTING = 32;

  private static final int REMOVALS = 10;

  private final Path root;
  private final Timers timers;
  private final InformerFactory informers;
  private final List<Kubelet> kubelets = new ArrayList<>();
  private final Uni<Void> stop = Uni.createFrom().deferred(this::stopAll).memoize().indefinitely();

  /**
   * @param clients gives a node's client by its name
   * @param root a directory of its own, removed at the end
   */
  public SimulatedNodes(
      Vertx vertx,
      Function<String, Client> clients,
      SimulationOptions options,
      Path root,
      MeterRegistry registry) {
    this.root = root;
    this.timers = new Timers("simulated-nodes", Clock.systemUTC());
    this.informers = new InformerFactory(SerialContext.of(vertx), clients.apply(name(0)));
    Informer services = informers.informer(Resources.SERVICES);
    KubeletMetrics metrics = new KubeletMetrics(registry, "simulated");
    ProbeMetrics probes = new ProbeMetrics(registry);
    EventBudget budget = new EventBudget(System::nanoTime);
    Machine real = Machine.read();
    Machine machine =
        new Machine(
            options.cpus(),
            options.memoryBytes(),
            "",
            "",
            "",
            real.kernel(),
            "Simulated",
            real.architecture(),
            Map.of(),
            true);
    SplittableRandom random = new SplittableRandom();
    for (int i = 0; i < options.nodes(); i++) {
      Timers own = timers.sharing(name(i));
      Surroundings around =
          new Surroundings(
              new SimulatedRuntime(options, own, network(i), random.split()),
              own,
              machine,
              metrics,
              probes,
              Optional.of(services.lister()),
              budget::limit,
              false,
              true,
              Optional.empty(),
              Optional.empty(),
              SwapSpace.NONE,
              Surroundings.SYSTEM);
      kubelets.add(
          new Kubelet(vertx, clients.apply(name(i)), optionsOf(i, options), registry, around));
    }
  }

  private KubeletOptions optionsOf(int i, SimulationOptions options) {
    return KubeletOptions.of(
            name(i),
            network(i) + ".1",
            root.resolve(name(i)),
            root.resolve(name(i)).resolve("logs"),
            "simulated")
        .withPodCidr(network(i) + ".0/24")
        .withNodeLabels(Map.of(LABEL, "simulated", NOT_BALANCED, ""))
        .withMaxPods(options.maxPods())
        .withHeartbeat(options.heartbeat());
  }

  /** The name of the node with this number, from 0. */
  public static String name(int i) {
    return "simulated-" + i;
  }

  private static String network(int i) {
    return "100." + (64 + i / 256) + "." + i % 256;
  }

  @Override
  public String name() {
    return "simulated-nodes";
  }

  @Override
  public CompletionStage<Void> start() {
    return informers
        .start()
        .chain(() ->
            Multi.createFrom()
                .iterable(kubelets)
                .onItem()
                .transformToUni(kubelet -> Uni.createFrom().completionStage(kubelet::start))
                .merge(STARTING)
                .collect()
                .last())
        .replaceWithVoid()
        .subscribeAsCompletionStage();
  }

  @Override
  public CompletionStage<Void> stop() {
    return stop.subscribeAsCompletionStage();
  }

  private Uni<Void> stopAll() {
    return Multi.createFrom()
        .iterable(kubelets)
        .onItem()
        .transformToUni(kubelet -> Uni.createFrom().completionStage(kubelet::stop))
        .merge(STARTING)
        .collect()
        .last()
        .onFailure()
        .recoverWithNull()
        .chain(informers::stop)
        .emitOn(timers)
        .invoke(this::removeFiles)
        .onTermination()
        .invoke(timers::close)
        .replaceWithVoid();
  }

  /** Pod workers that are in the middle of something may still make or remove a file. */
  private void removeFiles() {
    for (int attempt = 1; attempt <= REMOVALS; attempt++) {
      try {
        PodPaths.deleteTree(root);
        return;
      } catch (IOException e) {
        if (attempt == REMOVALS) {
          LOG.atWarn().addKeyValue("why", e.getMessage()).log("Files of simulated nodes are left");
        }
      }
    }
  }

  @Override
  public Optional<String> unhealthy() {
    return kubelets.stream().flatMap(k -> k.unhealthy().stream()).findFirst();
  }
}
