package dev.coracle.kubelet.internal.node;

import dev.coracle.kubelet.internal.event.NodeEvents;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells by an event of the Node ({@code SystemOOM}) when the kernel has killed a process because
 * the machine ran out of memory, and not because a container reached its own limit. Follows the
 * kernel's log on a thread of its own, which sleeps while the kernel says nothing: a read of {@code
 * /dev/kmsg} (the kernel's Documentation/ABI/testing/dev-kmsg) waits for the next record, and
 * cannot be waited for otherwise from Java.
 */
public final class OomWatcher {
  private static final Logger LOG = LoggerFactory.getLogger(OomWatcher.class);

  public static final Path KERNEL_LOG = Path.of("/dev/kmsg");

  private static final Path UPTIME = Path.of("/proc/uptime");

  /** The kernel gives no record that is longer, with its dictionary. */
  private static final int LONGEST_RECORD = 16 << 10;

  /** Priority, number, microseconds since boot, flags; then what is said. */
  private static final Pattern RECORD = Pattern.compile("\\d+,\\d+,(\\d+),[^;]*;(.*)");

  private static final Pattern VICTIM = Pattern.compile(",task=(.*),pid=(\\d+),uid=\\d+");

  private final Path log;
  private final NodeEvents events;
  private @Nullable FileChannel channel;

  public OomWatcher(Path log, NodeEvents events) {
    this.log = log;
    this.events = events;
  }

  /** Hears of what happens from now on; of nothing where the log cannot be read. */
  public synchronized void start() {
    try {
      long now = microsSinceBoot();
      FileChannel opened = FileChannel.open(log, StandardOpenOption.READ);
      channel = opened;
      Thread.ofPlatform().daemon().name("oom-watcher").start(() -> follow(opened, now));
    } catch (IOException e) {
      LOG.atInfo()
          .addKeyValue("cause", e.toString())
          .log("The kernel's log cannot be read: the Node gets no SystemOOM events");
    }
  }

  private static long microsSinceBoot() throws IOException {
    String seconds = Files.readString(UPTIME).split(" ", 2)[0];
    return (long) (Double.parseDouble(seconds) * 1_000_000);
  }

  public synchronized void stop() {
    FileChannel open = channel;
    channel = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        LOG.atDebug().setCause(e).log("The kernel's log was not closed");
      }
    }
  }

  private void follow(FileChannel open, long since) {
    ByteBuffer buffer = ByteBuffer.allocate(LONGEST_RECORD);
    try {
      while (read(open, buffer.clear())) {
        String records = StandardCharsets.UTF_8.decode(buffer.flip()).toString();
        records.lines().forEach(line -> victim(line, since).ifPresent(this::tell));
      }
    } catch (ClosedChannelException e) {
      // The end.
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("cause", e.toString())
          .log("The kernel's log is no longer followed: the Node gets no SystemOOM events");
    }
  }

  /** False at the end, which only a file has. */
  private static boolean read(FileChannel open, ByteBuffer buffer) throws IOException {
    while (true) {
      try {
        return open.read(buffer) >= 0;
      } catch (ClosedChannelException e) {
        throw e;
      } catch (IOException e) {
        // EPIPE: the kernel has overwritten what would have been next, and goes on after it.
        if (!"Broken pipe".equals(e.getMessage())) {
          throw e;
        }
      }
    }
  }

  private void tell(String victim) {
    events.warning("SystemOOM", "System OOM encountered" + victim);
  }

  /** Empty for other records, and for older ones; else what is known of the process. */
  static Optional<String> victim(String line, long since) {
    Matcher record = RECORD.matcher(line);
    if (!record.matches()
        || Long.parseLong(record.group(1)) < since
        || !record.group(2).startsWith("oom-kill:")
        || !record.group(2).contains(",global_oom,")) {
      return Optional.empty();
    }
    Matcher victim = VICTIM.matcher(record.group(2));
    return Optional.of(
        victim.find() ? ", victim process: " + victim.group(1) + ", pid: " + victim.group(2) : "");
  }
}
