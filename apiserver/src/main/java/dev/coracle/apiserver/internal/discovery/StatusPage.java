package dev.coracle.apiserver.internal.discovery;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Timestamps;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.Responder;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/**
 * Serves {@code /statusz} (KEP-4827): what runs here and since when, as a text for people and as an
 * object for who asks for {@code as=Statusz} of {@code config.k8s.io}.
 */
public final class StatusPage {

  private static final String PATH = "/statusz";
  private static final List<String> PATHS =
      List.of("/flagz", "/healthz", "/livez", "/metrics", "/readyz", PATH, "/version");

  /** As {@code date} writes it. */
  private static final DateTimeFormatter UNIX_DATE =
      DateTimeFormatter.ofPattern("EEE MMM ppd HH:mm:ss 'UTC' yyyy", Locale.ROOT);

  private final Clock clock;
  private final Instant started;

  public StatusPage(Clock clock) {
    this.clock = clock;
    this.started = ProcessHandle.current().info().startInstant().orElseGet(clock::instant);
  }

  /** Answers, or says that the path is another one. */
  public boolean handle(Exchange exchange) {
    if (!exchange.info().path().equals(PATH)) {
      return false;
    }
    PageForm wanted = PageForm.of(exchange, "Statusz");
    if (wanted.isText()) {
      Responder.text(exchange, 200, text());
    } else {
      Responder.tree(exchange, wanted.form(), 200, object(wanted));
    }
    return true;
  }

  private Duration up() {
    return Duration.between(started, clock.instant());
  }

  private ObjectNode object(PageForm wanted) {
    ObjectNode info = VersionInfo.document();
    ObjectNode out = Json.object().put("kind", "Statusz").put("apiVersion", wanted.apiVersion());
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
