package dev.coracle.apiserver.validation;

import dev.coracle.api.validation.FieldErrors;
import dev.coracle.api.validation.FieldPath;
import java.util.List;
import java.util.Locale;

/** The five fields of a cron schedule. */
final class CronFields {

  private static final int[][] RANGES = {{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 6}};
  private static final List<String> MONTHS =
      List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");
  private static final List<String> DAYS = List.of("sun", "mon", "tue", "wed", "thu", "fri", "sat");

  private CronFields() {}

  static void check(String schedule, FieldErrors errors) {
    if (schedule.startsWith("@")) {
      return;
    }
    String[] fields = schedule.strip().split("\\s+");
    for (int i = 0; i < fields.length; i++) {
      for (String part : fields[i].split(",", -1)) {
        String problem = part(part, i);
        if (!problem.isEmpty()) {
          errors.invalid(FieldPath.SPEC, "schedule", schedule, problem);
          return;
        }
      }
    }
  }

  private static String part(String text, int field) {
    String[] step = text.split("/", -1);
    if (step.length > 2) {
      return "too many slashes: " + text;
    }
    if (step.length == 2 && (number(step[1], -1) < 1)) {
      return number(step[1], -1) == 0
          ? "step of range should be a positive number: " + text
          : "failed to parse int from " + step[1];
    }
    if (step[0].equals("*") || step[0].equals("?")) {
      return "";
    }
    String[] range = step[0].split("-", -1);
    if (range.length > 2) {
      return "too many hyphens: " + text;
    }
    int low = number(range[0], field);
    int high = range.length == 2 ? number(range[1], field) : low;
    if (low < 0 || high < 0) {
      return "failed to parse int from " + (low < 0 ? range[0] : range[1]);
    }
    if (low < RANGES[field][0]) {
      return "beginning of range (" + low + ") below minimum (" + RANGES[field][0] + "): " + text;
    }
    if (high > RANGES[field][1]) {
      return "end of range (" + high + ") above maximum (" + RANGES[field][1] + "): " + text;
    }
    return low > high
        ? "beginning of range (" + low + ") beyond end of range (" + high + "): " + text
        : "";
  }

  /** -1 where it is none. */
  private static int number(String text, int field) {
    String lower = text.toLowerCase(Locale.ROOT);
    if (field == 3 && MONTHS.contains(lower)) {
      return MONTHS.indexOf(lower) + 1;
    }
    if (field == 4 && DAYS.contains(lower)) {
      return DAYS.indexOf(lower);
    }
    return text.matches("\\d{1,6}") ? Integer.parseInt(text) : -1;
  }
}
