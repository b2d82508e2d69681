package dev.coracle.kubelet.internal.host;

import dev.coracle.kubelet.server.stats.KernelCounters.Disk;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the processes of a cgroup read from disks and write to them. Stateless.
 *
 * @param devices {@code /sys/dev/block}
 */
record GroupDisks(Path devices) {
  private static final Pattern DEVICE = Pattern.compile("(\\d{1,6}):(\\d{1,7}) (.*)");
  private static final String NAME = "DEVNAME=";

  /** The numbers of one device by their names. */
  private static final class Counts {
    private long reads;
    private long readBytes;
    private long writes;
    private long writtenBytes;
  }

  List<Disk> read(GroupFiles groups, String group) {
    Map<String, Counts> found = new TreeMap<>();
    groups
        .directory(groups.isVersion1("memory") ? "blkio" : "io", group)
        .ifPresent(at -> {
          if (groups.isVersion1("blkio")) {
            version1(at, found);
          } else {
            version2(at, found);
          }
        });
    return found.entrySet().stream().map(e -> disk(e.getKey(), e.getValue())).toList();
  }

  private static void version1(Path at, Map<String, Counts> found) {
    lines(
        at.resolve("blkio.throttle.io_service_bytes_recursive"),
        found,
        (counts, words) -> {
          switch (words[0]) {
            case "Read" -> counts.readBytes = number(words[1]);
            case "Write" -> counts.writtenBytes = number(words[1]);
            default -> {} // Sums, and the same in other parts.
          }
        });
    lines(
        at.resolve("blkio.throttle.io_serviced_recursive"),
        found,
        (counts, words) -> {
          switch (words[0]) {
            case "Read" -> counts.reads = number(words[1]);
            case "Write" -> counts.writes = number(words[1]);
            default -> {} // The same.
          }
        });
  }

  private static void version2(Path at, Map<String, Counts> found) {
    lines(
        at.resolve("io.stat"),
        found,
        (counts, words) -> {
          for (String word : words) {
            String[] pair = word.split("=", 2);
            switch (pair[0]) {
              case "rbytes" -> counts.readBytes = number(pair[1]);
              case "wbytes" -> counts.writtenBytes = number(pair[1]);
              case "rios" -> counts.reads = number(pair[1]);
              case "wios" -> counts.writes = number(pair[1]);
              default -> {} // What cAdvisor does not show.
            }
          }
        });
  }

  private interface Line {
    void read(Counts counts, String[] words);
  }

  private static void lines(Path file, Map<String, Counts> found, Line line) {
    for (String text : KeyedFile.text(file).split("\n")) {
      Matcher device = DEVICE.matcher(text);
      if (device.matches()) {
        line.read(
            found.computeIfAbsent(device.group(1) + ":" + device.group(2), _ -> new Counts()),
            (device.group(3) + " ").split(" "));
      }
    }
  }

  private static long number(String text) {
    Long number = KeyedFile.parse(text);
    return number == null ? 0 : number;
  }

  private Disk disk(String device, Counts c) {
    String[] numbers = device.split(":");
    String name =
        KeyedFile.text(devices.resolve(device).resolve("uevent"))
            .lines()
            .filter(l -> l.startsWith(NAME))
            .map(l -> "/dev/" + l.substring(NAME.length()))
            .findFirst()
            .orElse("");
    return new Disk(
        name,
        Integer.parseInt(numbers[0]),
        Integer.parseInt(numbers[1]),
        c.reads,
        c.readBytes,
        c.writes,
        c.writtenBytes);
  }
}
