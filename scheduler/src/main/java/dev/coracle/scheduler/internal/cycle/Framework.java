package dev.coracle.scheduler.internal.cycle;

import dev.coracle.api.KubeObject;
import dev.coracle.scheduler.config.PluginChoice;
import dev.coracle.scheduler.config.Profile;
import dev.coracle.scheduler.internal.ExtensionPointTimes;
import dev.coracle.scheduler.internal.ExtensionPointTimes.Point;
import dev.coracle.scheduler.internal.ExtensionPointTimes.Status;
import dev.coracle.scheduler.internal.PluginEvaluations;
import dev.coracle.scheduler.internal.PluginTimes;
import dev.coracle.scheduler.internal.PluginTimes.Stopwatch;
import dev.coracle.scheduler.internal.cache.SchedulerCache;
import dev.coracle.scheduler.spi.ClusterView;
import dev.coracle.scheduler.spi.CycleState;
import dev.coracle.scheduler.spi.NodeInfo;
import dev.coracle.scheduler.spi.Plugin;
import dev.coracle.scheduler.spi.PodInfo;
import dev.coracle.scheduler.spi.Verdict;
import io.smallrye.mutiny.Uni;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;

/**
 * Takes one pod through the extension points, each plugin in the order of the list. Deciding is
 * synchronous and touches no API; binding is not. Owned by the scheduler's context.
 */
public final class Framework {

  /** What came of deciding. */
  public sealed interface Decision {
    record Chosen(String node, CycleState state) implements Decision {}

    record None(Diagnosis diagnosis, CycleState state) implements Decision {}
  }

  private record Weighed(
      Plugin.Score plugin, int weight, PluginEvaluations.Count count, Stopwatch time) {}

  private record PreFiltering(
      Plugin.PreFilter plugin, PluginEvaluations.Count count, Stopwatch time) {}

  private record Filtering(Plugin.Filter plugin, PluginEvaluations.Count count, Stopwatch time) {}

  /** Of a pod whose plugins are measured one by one. */
  private record Measured() {}

  private final List<PreFiltering> preFilters = new ArrayList<>();
  private final List<Filtering> filters = new ArrayList<>();
  private final List<Weighed> scores = new ArrayList<>();
  private final List<Plugin.Reserve> reserves = new ArrayList<>();
  private final List<Plugin.PostFilter> postFilters = new ArrayList<>();
  private final List<Plugin.PreBind> preBinds = new ArrayList<>();
  private final List<Plugin.Bind> binds = new ArrayList<>();
  private static final int FEW_NODES = 100;

  private final SchedulerCache cache;
  private final RandomGenerator random;
  private final ExtensionPointTimes times;
  private final PluginTimes pluginTimes;
  private final int percentage;

  /** Whether the plugins that decide on the present pod are measured one by one. */
  private boolean measured;

  /** Where the next search for nodes begins; wraps. */
  private int next;

  /**
   * @param plugins all that there are; which of them work where is the profile's
   */
  public Framework(
      List<Plugin> plugins,
      Profile profile,
      SchedulerCache cache,
      RandomGenerator random,
      ExtensionPointTimes times,
      PluginTimes pluginTimes,
      PluginEvaluations evaluations) {
    this.times = times;
    this.pluginTimes = pluginTimes;
    this.cache = cache;
    this.random = random;
    this.percentage = profile.percentageOfNodesToScore();
    PluginChoice choice = profile.plugins();
    for (Plugin plugin : plugins) {
      String name = plugin.name();
      if (plugin instanceof Plugin.PreFilter p && choice.runs(name, "preFilter")) {
        preFilters.add(
            new PreFiltering(
                p, evaluations.of(name, "PreFilter"), pluginTimes.of(name, Point.PRE_FILTER)));
      }
      if (plugin instanceof Plugin.Filter p && choice.runs(name, "filter")) {
        filters.add(
            new Filtering(p, evaluations.of(name, "Filter"), pluginTimes.of(name, Point.FILTER)));
      }
      if (plugin instanceof Plugin.Score p && choice.runs(name, "score")) {
        scores.add(
            new Weighed(
                p,
                choice.weight(name, p.weight()),
                evaluations.of(name, "Score"),
                pluginTimes.of(name, Point.SCORE)));
      }
      if (plugin instanceof Plugin.Reserve p && choice.runs(name, "reserve")) {
        reserves.add(p);
      }
      if (plugin instanceof Plugin.PreBind p && choice.runs(name, "preBind")) {
        preBinds.add(p);
      }
      if (plugin instanceof Plugin.PostFilter p && choice.runs(name, "postFilter")) {
        postFilters.add(p);
      }
      if (plugin instanceof Plugin.Bind p && choice.runs(name, "bind")) {
        binds.add(p);
      }
    }
  }

  public Decision decide(PodInfo pod) {
    measured = pluginTimes.next();
    try {
      CycleState state = new CycleState();
      if (measured) {
        state.put(Measured.class, new Measured());
      }
      return decide(pod, state);
    } finally {
      measured = false;
    }
  }

  private Decision decide(PodInfo pod, CycleState state) {
    ClusterView cluster = cache.view();
    Diagnosis diagnosis = new Diagnosis(cluster.nodes().size());
    if (cluster.nodes().isEmpty()) {
      return new Decision.None(diagnosis, state);
    }
    long begun = times.now();
    Verdict anywhere = preFilter(state, pod, cluster);
    times.record(Point.PRE_FILTER, Status.of(anywhere), begun);
    if (!anywhere.ok()) {
      diagnosis.rejectedEverywhere(anywhere);
      return new Decision.None(diagnosis, state);
    }
    begun = times.now();
    List<NodeInfo> feasible = feasible(state, pod, cluster, diagnosis);
    times.record(Point.FILTER, Status.SUCCESS, begun);
    return switch (feasible.size()) {
      case 0 -> new Decision.None(diagnosis, state);
      case 1 -> new Decision.Chosen(feasible.getFirst().name(), state);
      default -> new Decision.Chosen(best(state, pod, feasible, cluster), state);
    };
  }

  /** The node that was promised to the pod where it fits, otherwise as many as are enough. */
  private List<NodeInfo> feasible(
      CycleState state, PodInfo pod, ClusterView cluster, Diagnosis diagnosis) {
    List<Filtering> concerned = new ArrayList<>(filters.size());
    for (Filtering filtering : filters) {
      if (filtering.plugin().concerns(state, pod)) {
        concerned.add(filtering);
      }
    }
    String nominated = cache.nomination(pod.uid());
    NodeInfo promised = nominated == null ? null : cluster.byName().get(nominated);
    if (promised != null && filterBesideNominated(concerned, state, pod, promised).ok()) {
      return List.of(promised);
    }
    Set<String> only = null;
    List<String> narrowing = new ArrayList<>();
    for (PreFiltering preFiltering : preFilters) {
      Set<String> names = preFiltering.plugin().onlyNodes(pod);
      if (names != null) {
        narrowing.add(preFiltering.plugin().name());
        only = only == null ? new TreeSet<>(names) : only;
        only.retainAll(names);
      }
    }
    if (only == null) {
      return fitting(concerned, state, pod, cluster.nodes(), diagnosis);
    }
    List<NodeInfo> nodes = new ArrayList<>();
    for (String name : only) {
      NodeInfo node = cluster.byName().get(name);
      if (node != null) {
        nodes.add(node);
      }
    }
    List<NodeInfo> feasible = fitting(concerned, state, pod, nodes, diagnosis);
    if (feasible.isEmpty()) {
      diagnosis.leftOut(narrowing, cluster.byName().keySet());
    }
    return feasible;
  }

  private List<NodeInfo> fitting(
      List<Filtering> concerned,
      CycleState state,
      PodInfo pod,
      List<NodeInfo> nodes,
      Diagnosis diagnosis) {
    int enough = enough(nodes.size(), percentage);
    List<NodeInfo> feasible = new ArrayList<>(enough);
    if (nodes.isEmpty()) {
      return feasible;
    }
    int first = Math.floorMod(next, nodes.size());
    for (int i = 0; i < nodes.size() && feasible.size() < enough; i++) {
      next++;
      NodeInfo node = nodes.get((first + i) % nodes.size());
      Verdict verdict = filterBesideNominated(concerned, state, pod, node);
      if (verdict.ok()) {
        feasible.add(node);
      } else {
        diagnosis.rejected(node.name(), verdict);
      }
    }
    return feasible;
  }

  /**
   * How many nodes that fit are looked for, by upstream's figures: all of a small cluster, a share
   * of a large one. The search goes on where the last one ended, so every node has its turn.
   *
   * @param chosen {@code percentageOfNodesToScore}; 0: one that shrinks from 50 to 5 with the size
   */
  static int enough(int nodes, int chosen) {
    if (nodes < FEW_NODES) {
      return nodes;
    }
    int percent = chosen > 0 ? chosen : Math.max(5, 50 - nodes / 125);
    return Math.max(FEW_NODES, (int) ((long) nodes * percent / 100));
  }

  /** What plugins do about a pod that no node would take. */
  public Uni<Void> postFilter(CycleState state, PodInfo pod) {
    Uni<Void> all = Uni.createFrom().voidItem();
    for (Plugin.PostFilter plugin : postFilters) {
      all = all.chain(() -> plugin.postFilter(state, pod));
    }
    return all;
  }

  private Verdict preFilter(CycleState state, PodInfo pod, ClusterView cluster) {
    for (PreFiltering preFiltering : preFilters) {
      preFiltering.count().asked();
      long begun = measured ? pluginTimes.now() : 0;
      Verdict verdict = preFiltering.plugin().preFilter(state, pod, cluster);
      if (measured) {
        preFiltering.time().stop(Status.of(verdict), begun);
      }
      if (!verdict.ok()) {
        return verdict;
      }
    }
    return Verdict.OK;
  }

  /** Whether the pod would fit on a node as it is in thought, in a cluster that is so too. */
  Verdict wouldFit(PodInfo pod, NodeInfo node, ClusterView cluster) {
    CycleState state = new CycleState();
    Verdict anywhere = preFilter(state, pod, cluster);
    return anywhere.ok() ? filterBesideNominated(filters, state, pod, node) : anywhere;
  }

  private Verdict filter(List<Filtering> filters, CycleState state, PodInfo pod, NodeInfo node) {
    for (int i = 0; i < filters.size(); i++) { // Without an iterator for each node.
      Filtering filtering = filters.get(i);
      filtering.count().asked();
      long begun = measured ? pluginTimes.now() : 0;
      Verdict verdict = filtering.plugin().filter(state, pod, node);
      if (measured) {
        filtering.time().stop(Status.of(verdict), begun);
      }
      if (!verdict.ok()) {
        return verdict;
      }
    }
    return Verdict.OK;
  }

  /** Must fit with the more important pods that are to come here, and also if they do not come. */
  private Verdict filterBesideNominated(
      List<Filtering> concerned, CycleState state, PodInfo pod, NodeInfo node) {
    List<PodInfo> coming = cache.nominatedTo(node.name(), pod);
    if (!coming.isEmpty()) {
      NodeInfo crowded = node.copy();
      coming.forEach(crowded::add);
      Verdict verdict = filter(concerned, state, pod, crowded);
      if (!verdict.ok()) {
        return verdict;
      }
    }
    return filter(concerned, state, pod, node);
  }

  private String best(CycleState state, PodInfo pod, List<NodeInfo> feasible, ClusterView cluster) {
    long begun = times.now();
    long[] totals = new long[feasible.size()];
    for (Weighed weighed : scores) {
      weighed.count().asked();
      long asked = measured ? pluginTimes.now() : 0;
      long[] given = weighed.plugin().score(state, pod, feasible, cluster);
      if (measured) {
        weighed.time().stop(Status.SUCCESS, asked);
      }
      for (int i = 0; i < given.length; i++) {
        totals[i] += given[i] * weighed.weight();
      }
    }
    times.record(Point.SCORE, Status.SUCCESS, begun);
    // Of several best ones each has the same chance, whichever comes first.
    String best = "";
    long most = Long.MIN_VALUE;
    int equal = 0;
    for (int i = 0; i < totals.length; i++) {
      if (totals[i] > most) {
        most = totals[i];
        best = feasible.get(i).name();
        equal = 1;
      } else if (totals[i] == most && random.nextInt(++equal) == 0) {
        best = feasible.get(i).name();
      }
    }
    return best;
  }

  public void reserve(CycleState state, PodInfo pod, String node) {
    long begun = times.now();
    boolean each = state.get(Measured.class) != null;
    for (Plugin.Reserve plugin : reserves) {
      long asked = each ? pluginTimes.now() : 0;
      plugin.reserve(state, pod, node);
      if (each) {
        pluginTimes.of(plugin.name(), Point.RESERVE).stop(Status.SUCCESS, asked);
      }
    }
    times.record(Point.RESERVE, Status.SUCCESS, begun);
  }

  public void unreserve(CycleState state, PodInfo pod, String node) {
    long begun = times.now();
    reserves.reversed().forEach(plugin -> plugin.unreserve(state, pod, node));
    times.record(Point.UNRESERVE, Status.SUCCESS, begun);
  }

  /** Whether something is to be done before the pod can be bound. */
  public boolean willPreBind(CycleState state, PodInfo pod, String node) {
    return preBinds.stream().anyMatch(plugin -> plugin.willPreBind(state, pod, node));
  }

  public Uni<KubeObject> bind(CycleState state, PodInfo pod, String node) {
    Plugin.Bind binder = binds.getFirst();
    Uni<Void> before = Uni.createFrom().voidItem();
    for (Plugin.PreBind plugin : preBinds) {
      before =
          before.chain(
              () -> measured(state, plugin, Point.PRE_BIND, plugin.preBind(state, pod, node)));
    }
    return timed(Point.PRE_BIND, before)
        .chain(
            () -> timed(Point.BIND, measured(state, binder, Point.BIND, binder.bind(pod, node))));
  }

  private <T> Uni<T> measured(CycleState state, Plugin plugin, Point point, Uni<T> work) {
    if (state.get(Measured.class) == null) {
      return work;
    }
    long begun = pluginTimes.now();
    return work.onItemOrFailure()
        .invoke((_, failure) ->
            pluginTimes
                .of(plugin.name(), point)
                .stop(failure == null ? Status.SUCCESS : Status.ERROR, begun));
  }

  /** Measures what begins now. */
  private <T> Uni<T> timed(Point point, Uni<T> work) {
    long begun = times.now();
    return work.onItemOrFailure()
        .invoke((_, failure) ->
            times.record(point, failure == null ? Status.SUCCESS : Status.ERROR, begun));
  }
}
