package dev.coracle.criruntime.internal.network;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The network devices of this thread's network namespace. Not by /sys/class/net, which shows those
 * of the namespace it was mounted in.
 */
final class Devices {

  private static final Path TABLE = Path.of("/proc/thread-self/net/dev");
  private static final int HEADING = 2;

  private Devices() {}

  static List<String> names() throws IOException {
    return Files.readAllLines(TABLE).stream()
        .skip(HEADING)
        .map(line -> line.substring(0, Math.max(0, line.indexOf(':'))).strip())
        .filter(name -> !name.isEmpty())
        .toList();
  }

  static boolean exists(String name) throws IOException {
    return names().contains(name);
  }
}
