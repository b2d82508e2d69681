package dev.coracle.kubelet.internal.pod;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Replaces {@code $(NAME)} in commands, arguments and environment values (Kubernetes docs, "Define
 * Dependent Environment Variables"): {@code $$} is a dollar sign, and a reference to something
 * unknown stays as it is.
 */
public final class Expansion {
  private Expansion() {}

  public static String expand(String text, Function<String, @Nullable String> values) {
    if (text.indexOf('$') < 0) {
      return text;
    }
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
