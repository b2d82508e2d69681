package dev.coracle.kubelet.server.internal.nodelogs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.coracle.api.Aggregate;
import dev.coracle.api.GoQuote;
import dev.coracle.api.StatusCause;
import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * What is asked of a node's logs by {@code /logs/?query=…} (KEP-2258): of services, or one file.
 *
 * @param services as named; a name with a slash is a file's
 * @param tailLines of the end alone
 * @param boot 0 for this one, -1 for the one before
 * @param pattern a regular expression; empty for all lines
 */
public record NodeLogQuery(
    List<String> services,
    List<String> files,
    Optional<Instant> since,
    Optional<Instant> until,
    OptionalInt tailLines,
    OptionalInt boot,
    String pattern) {
  private static final int MOST_LINES = 100_000;
  private static final int MOST_SERVICES = 4;
  private static final int LONGEST_NAME = 256;
  private static final Pattern UNSAFE = Pattern.compile("[^a-zA-Z\\-_0-9@]");
  private static final FieldPath QUERY = FieldPath.ROOT.child("query");

  /** A question that cannot be answered, in upstream's words. */
  public static final class Invalid extends Exception {
    private static final long serialVersionUID = 1L;

    private Invalid(List<StatusCause> causes) {
      super(words(causes), null, false, false);
    }

    private static String words(List<StatusCause> causes) {
      return Aggregate.of(causes.stream().map(c -> c.field() + ": " + c.message()).toList());
    }
  }

  /**
   * Reads the parameters of a request.
   *
   * @param parameters all values of a name
   * @return empty where nothing is asked, so that files are served
   */
  public static Optional<NodeLogQuery> parse(Function<String, List<String>> parameters)
      throws Invalid {
    FieldErrors errors = new FieldErrors();
    List<String> queries = parameters.apply("query");
    List<String> files = new ArrayList<>();
    List<String> services = new ArrayList<>();
    for (String query : queries) {
      if (query.contains("/") || query.contains("\\")) {
        files.add(query);
      } else if (!query.isBlank()) {
        services.add(query);
      }
    }
    if (!queries.isEmpty() && files.isEmpty() && services.isEmpty()) {
      errors.invalid(QUERY, "", list(queries), "query cannot be empty");
    }
    NodeLogQuery asked =
        new NodeLogQuery(
            List.copyOf(services),
            List.copyOf(files),
            time(parameters, "sinceTime", errors),
            time(parameters, "untilTime", errors),
            number(parameters, "tailLines", errors),
            number(parameters, "boot", errors),
            first(parameters, "pattern"));
    if (!errors.isEmpty()) {
      throw new Invalid(errors.causes());
    }
    return asked.hasOptions() || !files.isEmpty() || !services.isEmpty()
        ? Optional.of(asked)
        : Optional.empty();
  }

  /** Whether more is said than of whom. */
  boolean hasOptions() {
    return since.isPresent()
        || until.isPresent()
        || tailLines.isPresent()
        || boot.isPresent()
        || !pattern.isEmpty();
  }

  /** The one file that is asked for; empty for services. */
  public Optional<String> file() {
    return files.stream().findFirst().map(f -> f.replace('\\', '/'));
  }

  /**
   * Whether it makes sense. Blocks.
   *
   * @param logs where a file that is asked for has to be
   */
  public void validate(NodeLogFiles logs) throws Invalid {
    FieldErrors errors = new FieldErrors();
    for (String service : services) {
      if (service.length() > LONGEST_NAME) {
        errors.invalid(QUERY, "", service, "length must be less than 100");
      } else if (UNSAFE.matcher(service).find()) {
        errors.invalid(QUERY, "", service, "input contains unsupported characters");
      }
    }
    if (services.size() > MOST_SERVICES) {
      errors.tooMany(QUERY, "", services.size(), MOST_SERVICES);
    }
    source(logs, errors);
    if (since.isPresent() && until.isPresent() && since.get().isAfter(until.get())) {
      errors.invalid(
          FieldPath.ROOT.child("untilTime"),
          "",
          until.get().toString(),
          "must be after `sinceTime`");
    }
    if (boot.isPresent() && boot.getAsInt() > 0) {
      errors.invalid(FieldPath.ROOT.child("boot"), "", boot.getAsInt(), "must be less than 1");
    }
    if (tailLines.isPresent() && (tailLines.getAsInt() < 0 || tailLines.getAsInt() > MOST_LINES)) {
      errors.invalid(
          FieldPath.ROOT.child("tailLines"),
          "",
          tailLines.getAsInt(),
          "must be between 0 and " + MOST_LINES + ", inclusive");
    }
    try {
      Pattern.compile(pattern);
    } catch (PatternSyntaxException e) {
      errors.invalid(
          FieldPath.ROOT.child("pattern"),
          "",
          pattern,
          "error parsing regexp: " + e.getDescription());
    }
    if (!errors.isEmpty()) {
      throw new Invalid(errors.causes());
    }
  }

  private void source(NodeLogFiles logs, FieldErrors errors) {
    if (files.isEmpty() && services.isEmpty()) {
      errors.required(QUERY, "", "cannot be empty with options");
    } else if (!files.isEmpty() && !services.isEmpty()) {
      errors.invalid(
          QUERY, "", shown(files) + ", " + shown(services), "cannot specify a file and service");
    } else if (files.size() > 1) {
      errors.invalid(QUERY, "", list(files), "cannot specify more than one file");
    } else if (files.size() == 1 && hasOptions()) {
      errors.invalid(QUERY, "", list(files), "cannot specify file with options");
    } else if (files.size() == 1) {
      try {
        logs.open(file().orElseThrow()).close();
      } catch (IOException e) {
        errors.invalid(QUERY, "", list(files), "no such file or directory");
      }
    }
  }

  private static String shown(List<String> values) {
    return "[" + String.join(" ", values) + "]";
  }

  private static JsonNode list(List<String> values) {
    var array = JsonNodeFactory.instance.arrayNode();
    values.forEach(array::add);
    return array;
  }

  private static String first(Function<String, List<String>> parameters, String name) {
    return parameters.apply(name).stream().findFirst().orElse("");
  }

  private static Optional<Instant> time(
      Function<String, List<String>> parameters, String name, FieldErrors errors) {
    String value = first(parameters, name);
    try {
      return value.isEmpty()
          ? Optional.empty()
          : Optional.of(OffsetDateTime.parse(value).toInstant());
    } catch (DateTimeException e) {
      errors.invalid(FieldPath.ROOT.child(name), "", value, "invalid time format");
      return Optional.empty();
    }
  }

  private static OptionalInt number(
      Function<String, List<String>> parameters, String name, FieldErrors errors) {
    String value = first(parameters, name);
    try {
      return value.isEmpty() ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(value));
    } catch (NumberFormatException e) {
      errors.invalid(
          FieldPath.ROOT.child(name),
          "",
          value,
          "strconv.Atoi: parsing " + GoQuote.of(value) + ": invalid syntax");
      return OptionalInt.empty();
    }
  }
}
