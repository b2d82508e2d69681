package dev.coracle.logs;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.logs.internal.store.LogQuery;
import dev.coracle.logs.internal.store.LogQuery.Hit;
import dev.coracle.logs.internal.store.LogQuery.Place;
import dev.coracle.logs.internal.store.LogStore;
import io.smallrye.mutiny.Uni;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Serves {@code logentries.logs.coracle.dev}: the newest lines first in pages, oldest first within
 * a page. Label selectors select by the Pods' labels, field selectors by {@code pod}, {@code
 * container}, {@code output}, by {@code message} (occurs in it, in any case of letters; may stand
 * more than once), and by {@code since} (a duration such as {@code 15m}, or a time).
 */
public final class LogSearch {

  private static final int USUAL = 500;
  private static final int MOST = 5000;
  private static final Pattern DURATION = Pattern.compile("(\\d{1,6})([smhd])");
  private static final Pattern NAME = Pattern.compile("l([0-9a-f]{1,12})-([0-9a-f]{1,12})");
  private static final DateTimeFormatter NANOS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSSSS'Z'", Locale.ROOT);

  private final LogStore store;
  private final Clock clock;
  private final Executor worker;

  /**
   * @param worker reads the disk
   */
  LogSearch(LogStore store, Clock clock, Executor worker) {
    this.store = store;
    this.clock = clock;
    this.worker = worker;
  }

  /** {@code NotFound} where there is none, or none any more. */
  public Uni<KubeObject> get(String namespace, String name) {
    return Uni.createFrom()
        .item(() ->
            place(name)
                .flatMap(this::at)
                .filter(hit -> hit.entry().stream().namespace().equals(namespace))
                .map(LogSearch::object)
                .orElseThrow(
                    () -> StatusException.notFound(LogEntryKind.RESOURCE.groupResource(), name)))
        .runSubscriptionOn(worker);
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

  private KubeList search(String namespace, ListOptions options) {
    LogQuery query = query(namespace, options);
    try {
      List<Hit> hits = store.search(query);
      String next = hits.size() < query.limit() ? "" : name(hits.getFirst().place());
      return new KubeList("1", next, -1, hits.stream().map(LogSearch::object).toList());
    } catch (IOException e) {
      throw StatusException.internal("the log store cannot be read: " + e.getMessage());
    }
  }

  private LogQuery query(String namespace, ListOptions options) {
    String pod = "";
    String container = "";
    String output = "";
    String after = "";
    List<String> texts = new ArrayList<>();
    for (FieldSelector.Requirement r : options.fields().requirements()) {
      if (!r.equal()) {
        throw StatusException.badRequest("log entries are not selected by what they are not");
      }
      switch (r.field()) {
        case "pod" -> pod = r.value();
        case "container" -> container = r.value();
        case "output" -> output = r.value();
        case "message" -> texts.add(r.value());
        case "since" -> after = time(r.value());
        case "metadata.namespace" -> namespace = r.value();
        default ->
            throw StatusException.badRequest(
                "field label not supported: "
                    + r.field()
                    + "; log entries have pod, container, output, message and since");
      }
    }
    int limit = options.limit() <= 0 ? USUAL : (int) Math.min(options.limit(), MOST);
    Optional<Place> before = Optional.empty();
    if (!options.continueToken().isEmpty()) {
      before = place(options.continueToken());
      if (before.isEmpty()) {
        throw StatusException.badRequest("continue key is not valid");
      }
    }
    return new LogQuery(
        namespace, pod, container, output, options.labels(), after, texts, limit, before);
  }

  private String time(String since) {
    Matcher duration = DURATION.matcher(since);
    if (duration.matches()) {
      long n = Long.parseLong(duration.group(1));
      Duration back =
          switch (duration.group(2)) {
            case "s" -> Duration.ofSeconds(n);
            case "m" -> Duration.ofMinutes(n);
            case "h" -> Duration.ofHours(n);
            default -> Duration.ofDays(n);
          };
      return format(clock.instant().minus(back));
    }
    try {
      return format(OffsetDateTime.parse(since).toInstant());
    } catch (java.time.DateTimeException e) {
      throw StatusException.badRequest(
          "since=" + since + " is neither a duration such as 15m nor a time in RFC 3339");
    }
  }

  private static String format(Instant time) {
    return NANOS.format(time.atOffset(ZoneOffset.UTC));
  }

  private static String name(Place place) {
    return "l%x-%x".formatted(place.segment(), place.offset());
  }

  private static Optional<Place> place(String name) {
    Matcher parts = NAME.matcher(name);
    return parts.matches()
        ? Optional.of(
            new Place(Long.parseLong(parts.group(1), 16), Long.parseLong(parts.group(2), 16)))
        : Optional.empty();
  }

  private static KubeObject object(Hit hit) {
    LogEntry entry = hit.entry();
    LogStream stream = entry.stream();
    return KubeObject.create(
        LogEntryKind.KIND,
        stream.namespace(),
        name(hit.place()),
        node -> {
          ObjectNode metadata = node.withObject("/metadata");
          metadata.put("creationTimestamp", entry.time().substring(0, 19) + "Z");
          if (!stream.labels().isEmpty()) {
            ObjectNode labels = metadata.putObject("labels");
            stream.labels().forEach(labels::put);
          }
          node.put("time", entry.time())
              .put("pod", stream.pod())
              .put("podUID", stream.uid())
              .put("container", stream.container())
              .put("node", stream.node())
              .put("output", entry.output())
              .put("message", entry.message());
        });
  }
}
