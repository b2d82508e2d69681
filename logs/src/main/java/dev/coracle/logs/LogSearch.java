package dev.coracle.logs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.logs.internal.store.LogQuery;
import dev.coracle.logs.internal.store.LogQuery.Hit;
import dev.coracle.logs.internal.store.LogQuery.Place;
import dev.coracle.logs.internal.store.LogStore;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.UnaryOperator;

/**
 * Serves {@code logentries.logs.coracle.dev}: the newest lines first in pages, oldest first within
 * a page. Label selectors select by the Pods' labels, field selectors by {@code pod}, {@code
 * container}, {@code output}, by {@code message} (occurs in it, in any case of letters; may stand
 * more than once), and by {@code since} (a duration such as {@code 15m}, or a time).
 */
public final class LogSearch {

  private final LogStore store;
  private final Clock clock;
  private final Executor worker;
  private final String node;

  /**
   * @param node whose store it is
   * @param worker reads the disk
   */
  LogSearch(LogStore store, String node, Clock clock, Executor worker) {
    this.store = store;
    this.node = node;
    this.clock = clock;
    this.worker = worker;
  }

  /** {@code NotFound} where there is none, or none any more. */
  public Uni<KubeObject> get(String namespace, String name) {
    return Uni.createFrom()
        .item(() ->
            find(namespace, name)
                .orElseThrow(
                    () -> StatusException.notFound(LogEntryKind.RESOURCE.groupResource(), name)))
        .runSubscriptionOn(worker);
  }

  private Optional<KubeObject> find(String namespace, String name) {
    return EntryName.parse(name)
        .filter(n -> n.node().equals(node))
        .flatMap(n -> at(n.place()))
        .filter(hit -> hit.entry().stream().namespace().equals(namespace))
        .map(this::object);
  }

  private Optional<Hit> at(Place place) {
    try {
      return store.at(place);
    } catch (IOException e) {
      throw StatusException.internal("the log store cannot be read: " + e.getMessage());
    }
  }

  /**
   * @param namespace empty for all
   */
  public Uni<KubeList> list(String namespace, ListOptions options) {
    return Uni.createFrom().item(() -> search(namespace, options)).runSubscriptionOn(worker);
  }

  /**
   * Answers the kubelet's {@code /logs/entries}: a LogEntryList of this node's entries.
   *
   * @param parameters {@code namespace}, {@code labelSelector}, {@code fieldSelector}, {@code
   *     limit} and {@code continue} as of a list; with {@code name}, the one entry or none
   */
  public Uni<JsonNode> answer(UnaryOperator<String> parameters) {
    return Uni.createFrom()
        .<JsonNode>item(() -> {
          String namespace = parameters.apply("namespace");
          String name = parameters.apply("name");
          if (!name.isEmpty()) {
            return NodeLogs.encode("", find(namespace, name).stream().toList());
          }
          KubeList list = search(namespace, NodeLogs.options(parameters));
          return NodeLogs.encode(list.continueToken(), list.items());
        })
        .runSubscriptionOn(worker);
  }

  private KubeList search(String namespace, ListOptions options) {
    Optional<Place> before = Optional.empty();
    if (!options.continueToken().isEmpty()) {
      before = EntryName.parse(options.continueToken()).map(EntryName::place);
      if (before.isEmpty()) {
        throw StatusException.badRequest("continue key is not valid");
      }
    }
    LogQuery query = LogQuestions.read(namespace, options, before, clock);
    try {
      List<Hit> hits = store.search(query);
      String next = hits.size() < query.limit() ? "" : name(hits.getFirst());
      return new KubeList("1", next, -1, hits.stream().map(this::object).toList());
    } catch (IOException e) {
      throw StatusException.internal("the log store cannot be read: " + e.getMessage());
    }
  }

  private String name(Hit hit) {
    return new EntryName(hit.place(), node).toString();
  }

  private KubeObject object(Hit hit) {
    LogEntry entry = hit.entry();
    LogStream stream = entry.stream();
    return KubeObject.create(
        LogEntryKind.KIND,
        stream.namespace(),
        name(hit),
        object -> {
          ObjectNode metadata = object.withObject("/metadata");
          metadata.put("creationTimestamp", entry.time().substring(0, 19) + "Z");
          if (!stream.labels().isEmpty()) {
            ObjectNode labels = metadata.putObject("labels");
            stream.labels().forEach(labels::put);
          }
          object
              .put("time", entry.time())
              .put("pod", stream.pod())
              .put("podUID", stream.uid())
              .put("container", stream.container())
              .put("node", stream.node())
              .put("output", entry.output())
              .put("message", entry.message());
        });
  }
}
