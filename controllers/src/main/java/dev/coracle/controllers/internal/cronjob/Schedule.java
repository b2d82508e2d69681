package dev.coracle.controllers.internal.cronjob;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Optional;

/** When a CronJob is to run. */
sealed interface Schedule permits CronSchedule, EverySchedule {

  /**
   * @param zone for the fields of cron; one that stands before them goes before it
   * @throws IllegalArgumentException saying what is wrong
   * @throws DateTimeException for a zone that is not known
   */
  static Schedule parse(String text, ZoneId zone) {
    String rest = text.strip();
    ZoneId in = zone;
    if (rest.startsWith("TZ=") || rest.startsWith("CRON_TZ=")) {
      String[] parts = rest.split(" ", 2);
      in = ZoneId.of(parts[0].substring(parts[0].indexOf('=') + 1));
      rest = parts.length == 2 ? parts[1].strip() : "";
    }
    return rest.startsWith(EverySchedule.PREFIX)
        ? EverySchedule.parse(rest)
        : CronSchedule.parse(rest, in);
  }

  /**
   * The first time after now; empty where there is none for years.
   *
   * @param since the time from which it counts
   */
  Optional<Instant> upcoming(Instant since, Instant now);

  /**
   * The last time up to now.
   *
   * @param since the time from which it counts, itself none
   * @param counted from when on missed times count
   */
  Passed passed(Instant since, Instant counted, Instant now);

  /**
   * @param last empty while none has passed
   * @param tooMany whether many have been missed
   */
  record Passed(Optional<Instant> last, boolean tooMany) {}
}
