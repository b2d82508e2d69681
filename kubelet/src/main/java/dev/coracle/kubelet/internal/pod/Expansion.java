package dev.coracle.kubelet.internal.pod;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Replaces {@code $(NAME)} in commands, arguments and environment values (Kubernetes docs, "Define
 * Dependent Environment Variables"): {@code $$} is a dollar sign, and a reference to something
 * unknown stays as it is. Of what one container is given, this keeps the sum: a few references to
 * references make texts beyond all measure.
 */
public final class Expansion {

  /** Linux hands no longer text to a process (execve(2), MAX_ARG_STRLEN). */
  static final int MOST_CHARACTERS = 131_071;

  /** Nor more of them, however large its stack. */
  public static final int MOST_IN_ALL = 6 << 20;

  private int left = MOST_IN_ALL;

  /**
   * @throws IllegalArgumentException when no process could be started with it
   */
  public String expand(String text, Function<String, @Nullable String> values) {
    String expanded = text.indexOf('$') < 0 ? text : expanded(text, values);
    left -= expanded.length();
    if (left < 0) {
      throw new IllegalArgumentException(
          "all together are longer than " + MOST_IN_ALL + " bytes, which no process is given");
    }
    return expanded;
  }

  private static String expanded(String text, Function<String, @Nullable String> values) {
    StringBuilder out = new StringBuilder(text.length());
    int n = text.length();
    int i = 0;
    while (i < n) {
      char c = text.charAt(i);
      if (c != '$' || i + 1 >= n) {
        out.append(c);
        i++;
        continue;
      }
      char next = text.charAt(i + 1);
      if (next == '$') {
        out.append('$');
        i += 2;
      } else if (next == '(') {
        int close = text.indexOf(')', i + 2);
        if (close < 0) {
          out.append("$(");
          i += 2;
        } else {
          String name = text.substring(i + 2, close);
          String value = values.apply(name);
          out.append(value == null ? "$(" + name + ")" : value);
          if (out.length() > MOST_CHARACTERS) {
            throw new IllegalArgumentException(
                "with its references replaced it is longer than "
                    + MOST_CHARACTERS
                    + " bytes, which no process is given");
          }
          i = close + 1;
        }
      } else {
        out.append('$').append(next);
        i += 2;
      }
    }
    return out.toString();
  }
}
