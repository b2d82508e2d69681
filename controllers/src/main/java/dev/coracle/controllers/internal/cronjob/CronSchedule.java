package dev.coracle.controllers.internal.cronjob;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.BitSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Times in the five fields of cron: minute, hour, day of month, month, day of week; lists, ranges,
 * steps, names, and {@code @hourly} and the like. Where both days are restricted, either may match.
 */
final class CronSchedule implements Schedule {

  /** So many missed times are looked through before it is given up and said. */
  static final int MANY_MISSED = 100;

  private static final Map<String, String> NICKNAMES =
      Map.of(
          "@yearly", "0 0 1 1 *",
          "@annually", "0 0 1 1 *",
          "@monthly", "0 0 1 * *",
          "@weekly", "0 0 * * 0",
          "@daily", "0 0 * * *",
          "@midnight", "0 0 * * *",
          "@hourly", "0 * * * *");
  private static final String[] MONTHS = {
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"
  };
  private static final String[] DAYS = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

  private final BitSet minutes;
  private final BitSet hours;
  private final BitSet days;
  private final BitSet months;
  private final BitSet weekdays;
  private final boolean anyDay;
  private final boolean anyWeekday;
  private final ZoneId zone;

  private CronSchedule(String[] fields, ZoneId zone) {
    this.minutes = field(fields[0], 0, 59, new String[0], 0);
    this.hours = field(fields[1], 0, 23, new String[0], 0);
    this.days = field(fields[2], 1, 31, new String[0], 0);
    this.months = field(fields[3], 1, 12, MONTHS, 1);
    this.weekdays = field(fields[4], 0, 7, DAYS, 0);
    if (weekdays.get(7)) {
      weekdays.set(0);
    }
    this.anyDay = isAny(fields[2]);
    this.anyWeekday = isAny(fields[4]);
    this.zone = zone;
  }

  /** Every other day is a restriction, as upstream's parser has it. */
  private static boolean isAny(String field) {
    for (String part : field.split(",")) {
      if (part.equals("*") || part.equals("?") || part.equals("*/1") || part.equals("?/1")) {
        return true;
      }
    }
    return false;
  }

  /**
   * @throws IllegalArgumentException saying what is wrong
   */
  static CronSchedule parse(String text, ZoneId zone) {
    String trimmed = text.trim();
    String[] fields =
        NICKNAMES.getOrDefault(trimmed.toLowerCase(Locale.ROOT), trimmed).split("\\s+");
    if (fields.length != 5) {
      throw new IllegalArgumentException(
          "expected exactly 5 fields, found " + fields.length + ": [" + text + "]");
    }
    return new CronSchedule(fields, zone);
  }

  private static BitSet field(String text, int min, int max, String[] names, int firstName) {
    BitSet out = new BitSet(max + 1);
    for (String part : text.split(",")) {
      int slash = part.indexOf('/');
      int step = slash < 0 ? 1 : Integer.parseInt(part.substring(slash + 1));
      String range = slash < 0 ? part : part.substring(0, slash);
      int from;
      int to;
      if (range.equals("*") || range.equals("?")) {
        from = min;
        to = max == 7 ? 6 : max;
      } else {
        int dash = range.indexOf('-');
        from = number(dash < 0 ? range : range.substring(0, dash), names, firstName);
        to =
            dash >= 0
                ? number(range.substring(dash + 1), names, firstName)
                : slash < 0 ? from : max;
      }
      if (from < min || to > max || from > to || step < 1) {
        throw new IllegalArgumentException("value out of range: " + part);
      }
      for (int i = from; i <= to; i += step) {
        out.set(i);
      }
    }
    return out;
  }

  private static int number(String text, String[] names, int firstName) {
    for (int i = 0; i < names.length; i++) {
      if (names[i].equalsIgnoreCase(text)) {
        return i + firstName;
      }
    }
    return Integer.parseInt(text);
  }

  /** Since when does not matter to the clock. */
  @Override
  public Optional<Instant> upcoming(Instant since, Instant now) {
    return next(now);
  }

  /** Empty where there is none within five years. */
  Optional<Instant> next(Instant after) {
    ZonedDateTime time = after.atZone(zone).truncatedTo(ChronoUnit.MINUTES).plusMinutes(1);
    ZonedDateTime end = time.plusYears(5);
    while (time.isBefore(end)) {
      if (!months.get(time.getMonthValue())) {
        time = time.truncatedTo(ChronoUnit.DAYS).withDayOfMonth(1).plusMonths(1);
      } else if (!dayMatches(time)) {
        time = time.truncatedTo(ChronoUnit.DAYS).plusDays(1);
      } else if (!hours.get(time.getHour())) {
        time = time.truncatedTo(ChronoUnit.HOURS).plusHours(1);
      } else if (!minutes.get(time.getMinute())) {
        time = time.plusMinutes(1);
      } else {
        return Optional.of(time.toInstant());
      }
    }
    return Optional.empty();
  }

  @Override
  public Passed passed(Instant since, Instant counted, Instant now) {
    Optional<Instant> last = Optional.empty();
    int missed = 0;
    for (Optional<Instant> next = next(counted);
        next.isPresent() && !next.get().isAfter(now);
        next = next(next.get())) {
      last = next;
      if (++missed > MANY_MISSED) {
        // The latest one lies within the last period before now.
        return new Passed(latest(now), true);
      }
    }
    return new Passed(last, false);
  }

  private Optional<Instant> latest(Instant now) {
    for (Duration back = Duration.ofMinutes(1);
        back.compareTo(Duration.ofDays(366)) < 0;
        back = back.multipliedBy(4)) {
      Optional<Instant> found = Optional.empty();
      for (Optional<Instant> next = next(now.minus(back));
          next.isPresent() && !next.get().isAfter(now);
          next = next(next.get())) {
        found = next;
      }
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private boolean dayMatches(ZonedDateTime time) {
    boolean day = days.get(time.getDayOfMonth());
    boolean weekday = weekdays.get(time.getDayOfWeek().getValue() % 7);
    return anyDay || anyWeekday ? day && weekday : day || weekday;
  }
}
