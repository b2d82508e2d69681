package dev.coracle.logs;

import dev.coracle.api.StatusException;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.logs.internal.store.LogQuery;
import dev.coracle.logs.internal.store.LogQuery.Place;
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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what a list of log entries is asked by into a query of a store. */
final class LogQuestions {

  private static final int USUAL = 500;
  private static final int MOST = 5000;
  private static final Pattern DURATION = Pattern.compile("(\\d{1,6})([smhd])");
  private static final DateTimeFormatter NANOS =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSSSSS'Z'", Locale.ROOT);

  private LogQuestions() {}

  /** How many entries a page has. */
  static int limit(ListOptions options) {
    return options.limit() <= 0 ? USUAL : (int) Math.min(options.limit(), MOST);
  }

  /**
   * @param namespace empty for all
   * @throws StatusException {@code BadRequest} for what entries are not selected by
   */
  static LogQuery read(String namespace, ListOptions options, Optional<Place> before, Clock clock) {
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
        case "since" -> after = time(r.value(), clock);
        case "metadata.namespace" -> namespace = r.value();
        default ->
            throw StatusException.badRequest(
                "field label not supported: "
                    + r.field()
                    + "; log entries have pod, container, output, message and since");
      }
    }
    return new LogQuery(
        namespace, pod, container, output, options.labels(), after, texts, limit(options), before);
  }

  private static String time(String since, Clock clock) {
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
}
