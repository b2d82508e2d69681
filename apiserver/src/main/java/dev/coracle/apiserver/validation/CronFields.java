package dev.coracle.apiserver.validation;

import dev.coracle.api.GoDuration;
import java.time.zone.ZoneRulesProvider;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A cron schedule as upstream's parser reads it: five fields, a nickname, or {@code @every} and a
 * duration of Go.
 */
final class CronFields {

  private static final int[][] RANGES = {{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}};
  private static final List<String> MONTHS =
      List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");
  private static final List<String> DAYS = List.of("sun", "mon", "tue", "wed", "thu", "fri", "sat");
  private static final Set<String> NICKNAMES =
      Set.of("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly");
  private static final String EVERY = "@every ";

  /** Says what is wrong. */
  private static final class Unreadable extends Exception {
    private static final long serialVersionUID = 1L;

    Unreadable(String message) {
      super(message, null, false, false);
    }
  }

  private CronFields() {}

  /** What is wrong with a schedule in the parser's words; empty where nothing is. */
  static String problem(String schedule) {
    try {
      read(schedule);
      return "";
    } catch (Unreadable e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static void read(String schedule) throws Unreadable {
    String rest = schedule;
    if (rest.startsWith("TZ=") || rest.startsWith("CRON_TZ=")) {
      int space = rest.indexOf(' ');
      String zone = rest.substring(rest.indexOf('=') + 1, space < 0 ? rest.length() : space);
      if (space < 0 || !isZone(zone)) {
        throw new Unreadable("provided bad location " + zone + ": unknown time zone " + zone);
      }
      rest = rest.substring(space).strip();
    }
    if (rest.startsWith("@")) {
      nickname(rest);
      return;
    }
    String stripped = rest.strip();
    String[] fields = stripped.isEmpty() ? new String[0] : stripped.split("\\s+");
    if (fields.length != 5) {
      throw new Unreadable(
          "expected exactly 5 fields, found "
              + fields.length
              + ": ["
              + String.join(" ", fields)
              + "]");
    }
    for (int i = 0; i < fields.length; i++) {
      for (String part : fields[i].split(",")) {
        if (!part.isEmpty()) {
          part(part, i);
        }
      }
    }
  }

  static boolean isZone(String zone) {
    return zone.isEmpty()
        || zone.equals("Local")
        || ZoneRulesProvider.getAvailableZoneIds().contains(zone);
  }

  private static void nickname(String text) throws Unreadable {
    if (text.startsWith(EVERY)) {
      try {
        GoDuration.parse(text.substring(EVERY.length()));
      } catch (IllegalArgumentException e) {
        throw new Unreadable("failed to parse duration " + text + ": " + e.getMessage());
      }
    } else if (!NICKNAMES.contains(text)) {
      throw new Unreadable("unrecognized descriptor: " + text);
    }
  }

  private static void part(String text, int field) throws Unreadable {
    int min = RANGES[field][0];
    int max = RANGES[field][1];
    String[] step = text.split("/", -1);
    String[] range = step[0].split("-", -1);
    int low = min;
    int high = max;
    if (!range[0].equals("*") && !range[0].equals("?")) {
      low = number(range[0], field);
      if (range.length > 2) {
        throw new Unreadable("too many hyphens: " + text);
      }
      high = range.length == 2 ? number(range[1], field) : low;
    }
    int every = 1;
    if (step.length == 2) {
      every = number(step[1], -1);
      high = range.length == 1 ? max : high;
    } else if (step.length > 2) {
      throw new Unreadable("too many slashes: " + text);
    }
    if (low < min) {
      throw new Unreadable("beginning of range (" + low + ") below minimum (" + min + "): " + text);
    }
    if (high > max) {
      throw new Unreadable("end of range (" + high + ") above maximum (" + max + "): " + text);
    }
    if (low > high) {
      throw new Unreadable(
          "beginning of range (" + low + ") beyond end of range (" + high + "): " + text);
    }
    if (every == 0) {
      throw new Unreadable("step of range should be a positive number: " + text);
    }
  }

  /**
   * @param field which has names of its own; -1 for a step
   */
  private static int number(String text, int field) throws Unreadable {
    String lower = text.toLowerCase(Locale.ROOT);
    if (field == 3 && MONTHS.contains(lower)) {
      return MONTHS.indexOf(lower) + 1;
    }
    if (field == 4 && DAYS.contains(lower)) {
      return DAYS.indexOf(lower);
    }
    if (!text.matches("[+-]?\\d{1,9}")) {
      throw new Unreadable(
          "failed to parse int from "
              + text
              + ": strconv.Atoi: parsing \""
              + text
              + "\": invalid syntax");
    }
    int number = Integer.parseInt(text);
    if (number < 0) {
      throw new Unreadable("negative number (" + number + ") not allowed: " + text);
    }
    return number;
  }
}
