package dev.coracle.kubelet.internal.host;

import dev.coracle.kubelet.server.stats.NetworkStats.Interface;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The network interfaces of a namespace and what went through them, as the kernel counts. */
public final class InterfaceCounters {

  /** What upstream leaves out, and the ends of the cables that the built-in runtime makes. */
  private static final Pattern LEFT_OUT =
      Pattern.compile("(lo|veth|docker|nerdctl).*|v[0-9a-f]{14}");

  private InterfaceCounters() {}

  /**
   * @param file {@code /proc/PID/net/dev}
   * @return all but the loopback and the ends of pods' cables; none where the file cannot be read
   */
  public static List<Interface> read(Path file) {
    List<Interface> out = new ArrayList<>();
    try (Stream<String> lines = Files.lines(file)) {
      lines.forEach(line -> {
        int colon = line.indexOf(':');
        String name = line.substring(0, Math.max(0, colon)).strip();
        if (colon > 0 && !LEFT_OUT.matcher(name).matches()) {
          out.add(parse(name, line.substring(colon + 1)));
        }
      });
    } catch (IOException | UncheckedIOException | NumberFormatException e) {
      return List.of();
    }
    return out;
  }

  private static Interface parse(String name, String counters) {
    String[] f = counters.strip().split("\\s+");
    return new Interface(
        name, at(f, 0), at(f, 2), at(f, 8), at(f, 10), at(f, 1), at(f, 3), at(f, 9), at(f, 11));
  }

  private static long at(String[] fields, int i) {
    if (i >= fields.length) {
      throw new NumberFormatException("too few counters");
    }
    return Long.parseLong(fields[i]);
  }
}
