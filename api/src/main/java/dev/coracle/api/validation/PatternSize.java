package dev.coracle.api.validation;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * How large a regular expression of Go's becomes when its repetitions are written out, found
 * without writing them out: {@code ((a{1000}){1000}){1000}} has no room in any memory. Go refuses
 * such expressions before it compiles them, RE2/J does not. What else may be wrong with an
 * expression is not looked at here.
 */
final class PatternSize {

  /** Go's limit for a repetition, and for repetitions within each other together. */
  private static final int MOST_TIMES = 1000;

  /** Of a group so far: what it comes to, and the last of its parts, which may be repeated. */
  private static final class Group {
    long size;
    long last;
    long times = 1;
    long lastTimes = 1;

    void add(long part, long partTimes) {
      size += part;
      last = part;
      lastTimes = partTimes;
      times = Math.max(times, partTimes);
    }
  }

  private final String pattern;
  private int at;
  private boolean isRepeatedTooOften;

  private PatternSize(String pattern) {
    this.pattern = pattern;
  }

  /** About as many as there will be instructions; -1 where something is repeated too often. */
  static long of(String pattern) {
    PatternSize sizes = new PatternSize(pattern);
    long size = sizes.size();
    return sizes.isRepeatedTooOften ? -1 : size;
  }

  private long size() {
    Deque<Group> groups = new ArrayDeque<>();
    groups.push(new Group());
    while (at < pattern.length()) {
      char c = pattern.charAt(at++);
      switch (c) {
        case '(' -> groups.push(new Group());
        case ')' -> {
          if (groups.size() > 1) {
            Group ended = groups.pop();
            groups.element().add(ended.size + 2, ended.times);
          }
        }
        case '[' -> {
          charClass();
          groups.element().add(1, 1);
        }
        case '\\' -> {
          escape();
          groups.element().add(1, 1);
        }
        case '{' -> repeat(groups.element());
        default -> groups.element().add(1, 1);
      }
    }
    long size = 0;
    for (Group group : groups) {
      size += group.size;
    }
    return size;
  }

  private void charClass() {
    boolean first = true;
    while (at < pattern.length()) {
      char c = pattern.charAt(at++);
      if (c == '\\') {
        at++;
      } else if (c == '[' && pattern.startsWith(":", at)) {
        int end = pattern.indexOf(":]", at + 1);
        at = end < 0 ? at : end + 2;
      } else if (c == ']' && !first) {
        return;
      }
      first = first && c == '^';
    }
  }

  /** {@code \Q...\E} stands for its characters; of the others none has more than one brace. */
  private void escape() {
    if (pattern.startsWith("Q", at)) {
      int end = pattern.indexOf("\\E", at);
      at = end < 0 ? pattern.length() : end + 2;
      return;
    }
    boolean named = at + 1 < pattern.length() && "pPx".indexOf(pattern.charAt(at)) >= 0;
    int end = named && pattern.charAt(at + 1) == '{' ? pattern.indexOf('}', at) : at;
    at = end < 0 ? pattern.length() : end + 1;
  }

  /** Behind the brace; anything but numbers is a brace like any character. */
  private void repeat(Group group) {
    int end = pattern.indexOf('}', at);
    String inside = end < 0 || end - at > 12 ? "" : pattern.substring(at, end);
    if (!inside.matches("\\d{1,5}(,\\d{0,5})?")) {
      group.add(1, 1);
      return;
    }
    at = end + 1;
    String[] bounds = inside.split(",", 2);
    int most = Integer.parseInt(bounds[0]);
    if (bounds.length > 1 && !bounds[1].isEmpty()) {
      most = Math.max(most, Integer.parseInt(bounds[1]));
    }
    long times = Math.max(1, most) * group.lastTimes;
    isRepeatedTooOften |= times > MOST_TIMES;
    group.size += group.last * Math.max(0, most - 1);
    group.last *= Math.max(1, most);
    group.lastTimes = times;
    group.times = Math.max(group.times, times);
  }
}
