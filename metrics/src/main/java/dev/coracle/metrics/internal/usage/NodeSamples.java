package dev.coracle.metrics.internal.usage;

import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/**
 * One reading of a kubelet's {@code /metrics/resource}.
 *
 * @param containers by namespace/pod/container
 */
public record NodeSamples(Sample node, Map<String, Sample> containers) {

  /**
   * Reads Prometheus text; lines that say nothing of usage are passed over.
   *
   * @param now the time of samples that carry none
   */
  public static NodeSamples parse(String text, Instant now) {
    Sample node = Sample.NONE;
    Map<String, Sample> containers = new HashMap<>();
    int start = 0;
    while (start < text.length()) {
      int end = text.indexOf('\n', start);
      end = end < 0 ? text.length() : end;
      if (text.startsWith("node_", start)) {
        Line line = Line.parse(text.substring(start, end), now);
        node = line == null ? node : add(node, line);
      } else if (text.startsWith("container_", start)) {
        Line line = Line.parse(text.substring(start, end), now);
        if (line != null) {
          containers.merge(line.container(), add(Sample.NONE, line), (old, _) -> add(old, line));
        }
      }
      start = end + 1;
    }
    return new NodeSamples(node, Map.copyOf(containers));
  }

  private static Sample add(Sample to, Line line) {
    String name = line.name();
    if (name.endsWith("_cpu_usage_seconds_total")) {
      return to.withCpu(line.value()).at(line.time());
    }
    if (name.endsWith("_memory_working_set_bytes")) {
      return to.withMemory(line.value()).at(line.time());
    }
    if (name.endsWith("_start_time_seconds")) {
      return to.withStart(Instant.ofEpochMilli((long) (line.value() * 1000)));
    }
    return to;
  }
}
