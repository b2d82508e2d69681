package dev.coracle.api.zpages;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Timestamps;
import dev.coracle.api.VersionInfo;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/** {@code /statusz} (KEP-4827): what runs here and since when. */
public final class StatusPage implements ZPage {

  /** As {@code date} writes it. */
  private static final DateTimeFormatter UNIX_DATE =
      DateTimeFormatter.ofPattern("EEE MMM ppd HH:mm:ss 'UTC' yyyy", Locale.ROOT);

  private final String component;
  private final List<String> paths;
  private final InstantSource clock;
  private final Instant started;

  /**
   * @param paths what the component serves, sorted
   */
  public StatusPage(String component, List<String> paths, InstantSource clock) {
    this.component = component;
    this.paths = List.copyOf(paths);
    this.clock = clock;
    this.started = ProcessHandle.current().info().startInstant().orElseGet(clock::instant);
  }

  @Override
  public String path() {
    return "/statusz";
  }

  @Override
  public String kind() {
    return "Statusz";
  }

  @Override
  public String component() {
    return component;
  }

  private Duration up() {
    return Duration.between(started, clock.instant());
  }

  @Override
  public void fill(ObjectNode object) {
    ObjectNode info = VersionInfo.document();
    object.put("startTime", Timestamps.time(started));
    object.put("uptimeSeconds", Math.max(0, up().toSeconds()));
    object.set("goVersion", info.get("goVersion"));
    object.put("binaryVersion", release(info)).put("emulationVersion", release(info));
    paths.forEach(object.putArray("paths")::add);
  }

  private static String release(ObjectNode info) {
    return info.path("major").asText() + "." + info.path("minor").asText();
  }

  @Override
  public String text() {
    ObjectNode info = VersionInfo.document();
    Duration up = up();
    return ZPage.heading(component, "statusz")
        + """
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
                String.join(" ", paths));
  }
}
