package dev.coracle.apiserver.internal.discovery;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.Timestamps;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.Negotiation.Form;
import dev.coracle.apiserver.internal.http.Responder;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Serves {@code /statusz} (KEP-4827): what runs here and since when, as a text for people and as an
 * object for who asks for {@code as=Statusz} of {@code config.k8s.io}.
 */
public final class StatusPage {

  private static final String PATH = "/statusz";
  private static final String GROUP = "config.k8s.io";
  private static final List<String> PATHS =
      List.of("/healthz", "/livez", "/metrics", "/readyz", PATH, "/version");

  /** As {@code date} writes it. */
  private static final DateTimeFormatter UNIX_DATE =
      DateTimeFormatter.ofPattern("EEE MMM ppd HH:mm:ss 'UTC' yyyy", Locale.ROOT);

  private final Clock clock;
  private final Instant started;

  public StatusPage(Clock clock) {
    this.clock = clock;
    this.started = ProcessHandle.current().info().startInstant().orElseGet(clock::instant);
  }

  /** What a client wants: a form of the object in a version, or the text where that is empty. */
  private record Wanted(Form form, String version) {
    static final Wanted TEXT = new Wanted(Form.JSON, "");
  }

  /** Answers, or says that the path is another one. */
  public boolean handle(Exchange exchange) {
    if (!exchange.info().path().equals(PATH)) {
      return false;
    }
    Wanted wanted =
        wanted(exchange.header("Accept"))
            .orElseThrow(() ->
                StatusException.of(
                    StatusReason.NOT_ACCEPTABLE,
                    "only the following media types are accepted: application/json,"
                        + " application/yaml, text/plain"));
    if (wanted.version().isEmpty()) {
      Responder.text(exchange, 200, text());
      return true;
    }
    if (wanted.version().equals("v1alpha1")) {
      exchange
          .warnings()
          .add("This version of the statusz endpoint is deprecated. Please use a newer version.");
    }
    Responder.tree(exchange, wanted.form(), 200, object(wanted.version()));
    return true;
  }

  /** The object is only for who names its kind. */
  private static Optional<Wanted> wanted(String accept) {
    if (accept.isBlank()) {
      return Optional.of(Wanted.TEXT);
    }
    for (String clause : accept.split(",")) {
      List<String> parts = List.of(clause.strip().toLowerCase(Locale.ROOT).split("\\s*;\\s*"));
      boolean named = parts.contains("as=statusz") && parts.contains("g=" + GROUP);
      for (String version : List.of("v1beta1", "v1alpha1")) {
        if (named && parts.contains("v=" + version)) {
          switch (parts.getFirst()) {
            case "application/json", "application/*", "*/*" -> {
              return Optional.of(new Wanted(Form.JSON, version));
            }
            case "application/yaml" -> {
              return Optional.of(new Wanted(Form.YAML, version));
            }
            default -> {}
          }
        }
      }
      boolean plain = parts.stream().noneMatch(p -> p.startsWith("as="));
      if (plain && List.of("text/plain", "text/*", "*/*").contains(parts.getFirst())) {
        return Optional.of(Wanted.TEXT);
      }
    }
    return Optional.empty();
  }

  private Duration up() {
    return Duration.between(started, clock.instant());
  }

  private ObjectNode object(String version) {
    ObjectNode info = VersionInfo.document();
    ObjectNode out = Json.object().put("kind", "Statusz").put("apiVersion", GROUP + "/" + version);
    out.putObject("metadata").put("name", "apiserver");
    out.put("startTime", Timestamps.time(started));
    out.put("uptimeSeconds", Math.max(0, up().toSeconds()));
    out.set("goVersion", info.get("goVersion"));
    out.put("binaryVersion", release(info)).put("emulationVersion", release(info));
    PATHS.forEach(out.putArray("paths")::add);
    return out;
  }

  private static String release(ObjectNode info) {
    return info.path("major").asText() + "." + info.path("minor").asText();
  }

  private String text() {
    ObjectNode info = VersionInfo.document();
    Duration up = up();
    return """

    apiserver statusz
    Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.

    Started: %s
    Up: %d hr %02d min %02d sec
    Go version: %s
    Binary version: %s
    Emulation version: %s
    Paths: %s
    """
        .formatted(
            UNIX_DATE.format(started.atOffset(ZoneOffset.UTC)),
            up.toHours(),
            up.toMinutesPart(),
            up.toSecondsPart(),
            info.path("goVersion").asText(),
            release(info),
            release(info),
            String.join(" ", PATHS));
  }
}
