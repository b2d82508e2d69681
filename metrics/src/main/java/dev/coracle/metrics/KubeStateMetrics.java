package dev.coracle.metrics;

import dev.coracle.api.ExpositionText;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.client.Client;
import dev.coracle.metrics.internal.state.AllFamilies;
import dev.coracle.metrics.internal.state.PodResourceFamilies;
import dev.coracle.metrics.internal.state.StateFamilies;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.List;
import java.util.concurrent.Executor;

/**
 * The state of the objects as metrics, under the names of kube-state-metrics. Made when it is
 * scraped, from lists that the API serves from its watch cache: between scrapes it holds nothing
 * and watches nothing (ADR 0042). Safe on any thread.
 */
public final class KubeStateMetrics {

  private static final ListOptions FROM_CACHE =
      new ListOptions(ListOptions.ALL.labels(), ListOptions.ALL.fields(), "0", "", 0, "");

  private final Client client;
  private final List<StateFamilies> families;
  private final Executor executor;

  /**
   * @param client in the API server's own process, where a list neither copies nor encodes
   * @param executor where the text is made: never an event loop, a large cluster has megabytes of
   *     it
   */
  public KubeStateMetrics(Client client, Executor executor) {
    this(client, executor, AllFamilies.list());
  }

  private KubeStateMetrics(Client client, Executor executor, List<StateFamilies> families) {
    this.client = client;
    this.executor = executor;
    this.families = families;
  }

  /** As the constructor, of what pods ask of their nodes alone, under Kubernetes' own names. */
  public static KubeStateMetrics ofPodResources(Client client, Executor executor) {
    return new KubeStateMetrics(client, executor, List.of(new PodResourceFamilies()));
  }

  private record Listed(StateFamilies families, List<KubeObject> objects) {}

  /** Kinds that the server does not have, or that may not be read, are left out. */
  private Uni<Listed> list(StateFamilies of) {
    return client
        .list(of.resource(), "", FROM_CACHE)
        .map(list -> new Listed(of, list.items()))
        .onFailure(StatusException.class)
        .recoverWithItem(new Listed(of, List.of()));
  }

  private String render(List<Listed> all) {
    ExpositionText out = new ExpositionText();
    families.forEach(f -> f.declare(out));
    all.forEach(listed -> listed.objects().forEach(o -> listed.families().write(out, o)));
    return out.toString();
  }

  /** Prometheus text format 0.0.4. */
  public Uni<String> scrape() {
    return Multi.createFrom()
        .iterable(families)
        .onItem()
        .transformToUniAndConcatenate(this::list)
        .collect()
        .asList()
        .emitOn(executor)
        .map(this::render);
  }
}
