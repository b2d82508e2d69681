package dev.coracle.apiserver.internal.table;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import java.time.Duration;
import java.time.Instant;

/**
 * Tells how long ago something was, in kubectl's short form: {@code 5s}, {@code 3m12s}, {@code
 * 2d4h}.
 */
record Ages(Instant now) {

  String since(JsonNode time) {
    return since(time.asText(""));
  }

  String since(String time) {
    Instant then = Timestamps.parse(time);
    return then == null ? "<unknown>" : human(Duration.between(then, now));
  }

  String of(KubeObject object) {
    return since(object.metadata().path("creationTimestamp"));
  }

  /** Two units at most, and the smaller one only while it matters. */
  static String human(Duration d) {
    long s = d.toSeconds();
    if (s < -1) {
      return "<invalid>";
    }
    if (s < 0) {
      return "0s";
    }
    if (s < 120) {
      return s + "s";
    }
    long m = s / 60;
    if (m < 10) {
      return two(m, "m", s % 60, "s");
    }
    if (m < 180) {
      return m + "m";
    }
    long h = m / 60;
    if (h < 8) {
      return two(h, "h", m % 60, "m");
    }
    if (h < 48) {
      return h + "h";
    }
    if (h < 24 * 8) {
      return two(h / 24, "d", h % 24, "h");
    }
    if (h < 24 * 365 * 2) {
      return h / 24 + "d";
    }
    if (h < 24 * 365 * 8) {
      return two(h / 24 / 365, "y", h / 24 % 365, "d");
    }
    return h / 24 / 365 + "y";
  }

  private static String two(long a, String unitA, long b, String unitB) {
    return b == 0 ? a + unitA : a + unitA + b + unitB;
  }
}
