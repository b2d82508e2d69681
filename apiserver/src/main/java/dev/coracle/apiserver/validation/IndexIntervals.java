package dev.coracle.apiserver.validation;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Indexes of a Job as it writes them: {@code 1,3-5,7}, each below the number of completions. */
final class IndexIntervals {

  /**
   * From one index to another, both within.
   *
   * @param problem empty where the text could be read
   */
  private record Interval(long first, long last, String problem) {}

  private static final Pattern NUMBER = Pattern.compile("\\+?[0-9]{1,18}");

  private IndexIntervals() {}

  /**
   * What was read.
   *
   * @param total how many indexes there are; zero where there is a problem
   * @param problem in upstream's words; empty where there is none
   */
  record Read(long total, String problem) {}

  static Read read(String text, long completions) {
    if (text.isEmpty()) {
      return new Read(0, "");
    }
    long total = 0;
    long last = -1;
    for (String part : text.split(",", -1)) {
      Interval interval = interval(part, completions);
      if (!interval.problem.isEmpty()) {
        return new Read(0, interval.problem);
      }
      if (last >= interval.first) {
        return new Read(0, order(last, interval.first));
      }
      total += interval.last - interval.first + 1;
      last = interval.last;
    }
    return new Read(total, "");
  }

  private static String order(long previous, long current) {
    return "non-increasing order, previous: " + previous + ", current: " + current;
  }

  private static Interval interval(String text, long completions) {
    String[] limits = text.split("-", -1);
    if (limits.length > 2) {
      return bad(
          "the fragment \""
              + text
              + "\" violates the requirement that an index interval can have at most two parts"
              + " separated by '-'");
    }
    long[] numbers = new long[limits.length];
    for (int i = 0; i < limits.length; i++) {
      if (!NUMBER.matcher(limits[i]).matches()) {
        return bad("cannot convert string to integer for index: \"" + limits[i] + "\"");
      }
      numbers[i] = Long.parseLong(limits[i]);
      if (numbers[i] >= completions) {
        return bad("too large index: \"" + limits[i] + "\"");
      }
    }
    if (numbers.length == 2 && numbers[0] >= numbers[1]) {
      return bad(order(numbers[0], numbers[1]));
    }
    return new Interval(numbers[0], numbers[numbers.length - 1], "");
  }

  private static Interval bad(String problem) {
    return new Interval(0, 0, problem);
  }

  /**
   * The first index that both texts have, or null. Parts that cannot be read are passed over:
   * {@link #read} tells of them.
   */
  static @Nullable Long common(String one, String other, long completions) {
    if (one.isEmpty() || other.isEmpty()) {
      return null;
    }
    String[] left = one.split(",", -1);
    String[] right = other.split(",", -1);
    int i = 0;
    int j = 0;
    while (i < left.length && j < right.length) {
      Interval a = interval(left[i], completions);
      Interval b = interval(right[j], completions);
      if (!a.problem.isEmpty()) {
        i++;
      } else if (!b.problem.isEmpty()) {
        j++;
      } else if (a.first <= b.last && b.first <= a.last) {
        return Math.max(a.first, b.first);
      } else if (a.first <= b.first) {
        i++;
      } else {
        j++;
      }
    }
    return null;
  }
}
