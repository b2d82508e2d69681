package dev.coracle.kubelet.internal.node;

import dev.coracle.api.Quantity;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the machine is, read from /proc, /sys and /etc; unknown parts are empty or zero.
 *
 * @param hugePages bytes set aside for huge pages, by resources' names ({@code hugepages-2Mi})
 * @param appArmor whether its kernel confines by AppArmor
 */
public record Machine(
    int cpus,
    long memoryBytes,
    String machineId,
    String systemUuid,
    String bootId,
    String kernel,
    String osImage,
    String architecture,
    Map<String, Long> hugePages,
    boolean appArmor) {

  public Machine {
    hugePages = Map.copyOf(hugePages);
  }

  /** Of the cgroups by which the machine counts: 1, or 2, or 0 where there are none. */
  public static int cgroupVersion() {
    return cgroupVersion(text("/proc/self/mounts"));
  }

  /**
   * @param mounts as in {@code /proc/self/mounts}
   */
  static int cgroupVersion(String mounts) {
    int version = 0;
    for (String mount : mounts.split("\n")) {
      String[] f = mount.split(" ");
      if (f.length > 2 && f[2].equals("cgroup")) {
        return 1;
      }
      version = f.length > 2 && f[2].equals("cgroup2") ? 2 : version;
    }
    return version;
  }

  private static final Pattern PAGES = Pattern.compile("hugepages-(\\d{1,12})kB");
  private static final Pattern TASKS = Pattern.compile("\\d/(\\d+) ");

  public static Machine read() {
    return new Machine(
        Runtime.getRuntime().availableProcessors(),
        memory("MemTotal:"),
        text("/etc/machine-id"),
        text("/sys/class/dmi/id/product_uuid").toLowerCase(Locale.ROOT),
        text("/proc/sys/kernel/random/boot_id"),
        text("/proc/sys/kernel/osrelease"),
        prettyName(),
        switch (System.getProperty("os.arch", "")) {
          case "amd64", "x86_64" -> "amd64";
          case "aarch64" -> "arm64";
          case String other -> other;
        },
        hugePages(Path.of("/sys/kernel/mm/hugepages")),
        text("/sys/module/apparmor/parameters/enabled").startsWith("Y"));
  }

  /**
   * @param sizes a directory {@code hugepages-2048kB} for each size of a page
   */
  static Map<String, Long> hugePages(Path sizes) {
    Map<String, Long> out = new TreeMap<>();
    if (!Files.isDirectory(sizes)) {
      return out;
    }
    try (Stream<Path> list = Files.list(sizes)) {
      for (Path size : list.toList()) {
        Matcher name = PAGES.matcher(size.getFileName().toString());
        String count = text(size.resolve("nr_hugepages").toString());
        if (name.matches() && !count.isEmpty()) {
          long bytes = Long.parseLong(name.group(1)) << 10;
          out.put("hugepages-" + Quantity.ofBytes(bytes), bytes * Long.parseLong(count));
        }
      }
    } catch (IOException | NumberFormatException e) {
      return out; // As much as could be read.
    }
    return out;
  }

  /** Bytes set aside for huge pages of all sizes. */
  public long hugeBytes() {
    return hugePages.values().stream().mapToLong(Long::longValue).sum();
  }

  /** Bytes of all swap. */
  static long swapBytes() {
    return memory("SwapTotal:");
  }

  /** Bytes that could be had without swapping. */
  public static long memoryAvailable() {
    return memory("MemAvailable:");
  }

  /** Bytes used, available, and in the working set. */
  public long[] memoryUse() {
    long available = memoryAvailable();
    return new long[] {memoryBytes - memory("MemFree:"), available, memoryBytes - available};
  }

  /** Bytes of memory that are no file's. */
  public long anonymousBytes() {
    return memory("AnonPages:");
  }

  /** Bytes of swap that are free, and those in use. */
  public long[] swapUse() {
    long free = memory("SwapFree:");
    return new long[] {free, swapBytes() - free};
  }

  /**
   * Counts something since the kernel came up.
   *
   * @param event as in {@code /proc/vmstat}: {@code pgfault}
   */
  public long events(String event) {
    return text("/proc/vmstat")
        .lines()
        .filter(line -> line.startsWith(event + " "))
        .mapToLong(line -> Long.parseLong(line.substring(event.length() + 1).strip()))
        .findFirst()
        .orElse(0);
  }

  /** CPU time used by everything since the kernel came up. */
  public long cpuNanos() {
    String[] f = text("/proc/stat").split("\n", 2)[0].trim().split("\\s+");
    long ticks = 0;
    for (int i = 1; i < f.length; i++) {
      // idle and iowait are no use.
      ticks += i == 4 || i == 5 || i > 8 ? 0 : Long.parseLong(f[i]);
    }
    return ticks * 10_000_000L;
  }

  /**
   * Process ids, of which every thread has one.
   *
   * @param most that there can be
   */
  public record ProcessIds(long most, long used) {}

  /** Empty where the kernel does not tell. */
  public static Optional<ProcessIds> processIds() {
    Matcher tasks = TASKS.matcher(text("/proc/loadavg"));
    OptionalLong most = mostProcessIds(Path.of("/proc/sys/kernel"));
    return most.isEmpty() || !tasks.find()
        ? Optional.empty()
        : Optional.of(new ProcessIds(most.getAsLong(), Long.parseLong(tasks.group(1))));
  }

  /** How many process ids there can be; empty where the kernel does not tell. */
  public static OptionalLong mostProcessIds() {
    return mostProcessIds(Path.of("/proc/sys/kernel"));
  }

  /** Of the two settings that limit all tasks of the machine the smaller one counts. */
  static OptionalLong mostProcessIds(Path settings) {
    return Stream.of("pid_max", "threads-max")
        .map(name -> text(settings.resolve(name).toString()))
        .filter(value -> !value.isEmpty())
        .mapToLong(Long::parseLong)
        .min();
  }

  public Instant bootTime() {
    for (String line : text("/proc/stat").split("\n")) {
      if (line.startsWith("btime ")) {
        return Instant.ofEpochSecond(Long.parseLong(line.substring(6).trim()));
      }
    }
    return Instant.EPOCH;
  }

  private static long memory(String field) {
    for (String line : text("/proc/meminfo").split("\n")) {
      if (line.startsWith(field)) {
        return Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024;
      }
    }
    return 0;
  }

  private static String prettyName() {
    for (String line : text("/etc/os-release").split("\n")) {
      if (line.startsWith("PRETTY_NAME=")) {
        return line.substring("PRETTY_NAME=".length()).replace("\"", "");
      }
    }
    return System.getProperty("os.name", "");
  }

  /**
   * Read in large pieces: a number of {@code /proc/sys} is given by the first read alone, of which
   * {@link Files#readString} asks for one byte where a file tells no size.
   */
  static String text(String path) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (InputStream in = Files.newInputStream(Path.of(path))) {
      byte[] piece = new byte[8192];
      for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
        out.write(piece, 0, n);
      }
      return out.toString(StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      return "";
    }
  }
}
