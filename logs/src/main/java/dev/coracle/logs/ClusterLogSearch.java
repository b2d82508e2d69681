package dev.coracle.logs;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.client.Client;
import dev.coracle.client.net.KubeletAnswerException;
import dev.coracle.client.net.KubeletDocuments;
import io.smallrye.mutiny.TimeoutException;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Serves {@code logentries.logs.coracle.dev} over all nodes: that of this process by its {@link
 * LogSearch}, the others by their kubelets. Asks eight at a time, each for five seconds at most,
 * all for fifteen; which nodes are missing in the answer is told beside it. A node that keeps no
 * logs is not missing.
 */
public final class ClusterLogSearch {

  private static final int AT_ONCE = 8;
  private static final int MOST_BYTES = 32 << 20;
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Duration ALTOGETHER = Duration.ofSeconds(15);
  private static final String NO_ANSWER = "no answer within " + PATIENCE.toSeconds() + " s";

  private final Client client;
  private final KubeletDocuments kubelets;
  private final String ownNode;
  private final Supplier<Optional<LogSearch>> own;
  private final Clock clock;

  /**
   * @param own the search of this process's node; empty while there is none
   */
  public ClusterLogSearch(
      Client client,
      KubeletDocuments kubelets,
      String ownNode,
      Supplier<Optional<LogSearch>> own,
      Clock clock) {
    this.client = client;
    this.kubelets = kubelets;
    this.ownNode = ownNode;
    this.own = own;
    this.clock = clock;
  }

  /** Somebody to ask; {@code object} is empty for this process's own node. */
  private record Source(String node, Optional<KubeObject> object, String before) {}

  /** {@code NotFound} where there is none, or none any more. */
  public Uni<KubeObject> get(String namespace, String name) {
    StatusException none = StatusException.notFound(LogEntryKind.RESOURCE.groupResource(), name);
    Optional<EntryName> wanted = EntryName.parse(name);
    if (wanted.isEmpty()) {
      return Uni.createFrom().failure(none);
    }
    String node = wanted.get().node();
    Optional<LogSearch> here = own.get();
    if (node.equals(ownNode) && here.isPresent()) {
      return here.get().get(namespace, name);
    }
    return client
        .get(Resources.NODES, "", node)
        .onFailure(StatusException::isNotFound)
        .transform(_ -> none)
        .chain(found -> kubelets.read(found, NodeLogs.get(namespace, name), MOST_BYTES, PATIENCE))
        .map(NodeLogs::decode)
        .ifNoItem()
        .after(PATIENCE)
        .fail()
        .onFailure(ClusterLogSearch::keepsNone)
        .transform(_ -> none)
        .onFailure(f -> !(f instanceof StatusException))
        .transform(f ->
            StatusException.unavailable("the logs of node " + node + " are missing: " + why(f)))
        .map(list -> list.items().stream().findFirst().orElseThrow(() -> none));
  }

  /**
   * The newest entries first in pages, the oldest first within a page.
   *
   * @param namespace empty for all
   * @param warnings hears which nodes are missing, and why
   */
  public Uni<KubeList> list(String namespace, ListOptions options, Consumer<String> warnings) {
    LogQuestions.read(namespace, options, Optional.empty(), clock);
    Map<String, String> before = places(options.continueToken());
    Map<String, String> missing = new ConcurrentHashMap<>();
    NewestEntries newest = new NewestEntries(LogQuestions.limit(options));
    return client
        .list(Resources.NODES, "", ListOptions.ALL)
        .map(nodes -> sources(nodes.items(), before, missing))
        .chain(sources -> askAll(sources, namespace, options, newest, missing))
        .map(_ -> {
          tell(missing, warnings);
          return newest.page();
        });
  }

  /** Node to the name before which it is asked. */
  private static Map<String, String> places(String token) {
    Map<String, String> places = new TreeMap<>();
    if (!token.isEmpty()) {
      for (String name : token.split(",", -1)) {
        EntryName place =
            EntryName.parse(name)
                .orElseThrow(() -> StatusException.badRequest("continue key is not valid"));
        places.put(place.node(), name);
      }
    }
    return places;
  }

  private List<Source> sources(
      List<KubeObject> nodes, Map<String, String> before, Map<String, String> missing) {
    boolean isFirst = before.isEmpty();
    Map<String, String> left = new TreeMap<>(before);
    List<Source> sources = new ArrayList<>();
    if (own.get().isPresent() && (isFirst || before.containsKey(ownNode))) {
      sources.add(new Source(ownNode, Optional.empty(), before.getOrDefault(ownNode, "")));
      left.remove(ownNode);
    }
    boolean hasOwn = !sources.isEmpty();
    for (KubeObject node : nodes) {
      String name = node.name();
      boolean isOwn = hasOwn && name.equals(ownNode);
      boolean isAsked = !isOwn && KubeletDocuments.port(node) != 0;
      if (!isAsked || (!isFirst && left.remove(name) == null)) {
        continue;
      }
      if (isLost(node)) {
        missing.put(name, "the node is not heard of");
      } else {
        sources.add(new Source(name, Optional.of(node), before.getOrDefault(name, "")));
      }
    }
    left.keySet().forEach(gone -> missing.put(gone, "the node is gone"));
    return sources;
  }

  /** Whether the node lifecycle controller has given up to hear of the node. */
  private static boolean isLost(KubeObject node) {
    for (JsonNode condition : node.at("status", "conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition.path("status").asText().equals("Unknown");
      }
    }
    return false;
  }

  private Uni<Void> askAll(
      List<Source> sources,
      String namespace,
      ListOptions options,
      NewestEntries newest,
      Map<String, String> missing) {
    if (sources.isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    sources.forEach(s -> missing.put(s.node(), "not all nodes answered in time"));
    List<Uni<Void>> asked =
        sources.stream().map(s -> ask(s, namespace, options, newest, missing)).toList();
    return Uni.join()
        .all(asked)
        .usingConcurrencyOf(AT_ONCE)
        .andCollectFailures()
        .replaceWithVoid()
        .ifNoItem()
        .after(ALTOGETHER)
        .recoverWithUni(Uni.createFrom().voidItem());
  }

  /** Never fails: who does not answer is missing. */
  private Uni<Void> ask(
      Source source,
      String namespace,
      ListOptions options,
      NewestEntries newest,
      Map<String, String> missing) {
    ListOptions its = options.withLimit(LogQuestions.limit(options), source.before());
    return Uni.createFrom()
        .deferred(() -> answer(source, namespace, its))
        .ifNoItem()
        .after(PATIENCE)
        .fail()
        .invoke(list -> {
          newest.add(source.node(), list);
          missing.remove(source.node());
        })
        .replaceWithVoid()
        .onFailure()
        .invoke(failure -> {
          if (keepsNone(failure)) {
            missing.remove(source.node());
          } else {
            missing.put(source.node(), why(failure));
          }
        })
        .onFailure()
        .recoverWithNull();
  }

  private Uni<KubeList> answer(Source source, String namespace, ListOptions options) {
    if (source.object().isEmpty()) {
      return own.get()
          .map(search -> search.list(namespace, options))
          .orElseThrow(() -> StatusException.unavailable("the log store is closed"));
    }
    return kubelets
        .read(source.object().get(), NodeLogs.list(namespace, options), MOST_BYTES, PATIENCE)
        .map(NodeLogs::decode);
  }

  /** A kubelet without a log store, or of an earlier version. */
  private static boolean keepsNone(Throwable failure) {
    return failure instanceof KubeletAnswerException answer && answer.code() == 404;
  }

  private static String why(Throwable failure) {
    return failure instanceof TimeoutException
        ? NO_ANSWER
        : Optional.ofNullable(failure.getMessage()).orElse(failure.getClass().getSimpleName());
  }

  private static void tell(Map<String, String> missing, Consumer<String> warnings) {
    Map<String, TreeSet<String>> byCause = new TreeMap<>();
    missing.forEach((node, why) -> byCause.computeIfAbsent(why, _ -> new TreeSet<>()).add(node));
    byCause.forEach((why, nodes) ->
        warnings.accept(
            "the logs of "
                + (nodes.size() == 1 ? "node " : "nodes ")
                + String.join(", ", nodes)
                + " are missing: "
                + why));
  }
}
