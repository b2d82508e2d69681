package dev.coracle.kubelet.internal.pod;

import dev.coracle.api.GoQuote;
import java.time.Duration;
import java.util.List;

/** Values as Go prints them, since events and conditions are compared word by word. */
public final class GoText {
  private GoText() {}

  /** {@code [a b c]}. */
  public static String list(List<String> values) {
    return "[" + String.join(" ", values) + "]";
  }

  /** {@code %q}. */
  public static String quote(String text) {
    return GoQuote.of(text);
  }

  /** {@code 1m20s}, {@code 1.234s}, {@code 15ms}, cut to milliseconds. */
  public static String duration(Duration d) {
    long ms = d.toMillis();
    if (ms == 0) {
      return "0s";
    }
    if (ms < 1000) {
      return ms + "ms";
    }
    StringBuilder out = new StringBuilder();
    long hours = ms / 3_600_000;
    long minutes = ms / 60_000 % 60;
    if (hours > 0) {
      out.append(hours).append('h');
    }
    if (hours > 0 || minutes > 0) {
      out.append(minutes).append('m');
    }
    long rest = ms % 60_000;
    out.append(rest / 1000);
    if (rest % 1000 != 0) {
      String fraction = String.format("%03d", rest % 1000).replaceAll("0+$", "");
      out.append('.').append(fraction);
    }
    return out.append('s').toString();
  }
}
