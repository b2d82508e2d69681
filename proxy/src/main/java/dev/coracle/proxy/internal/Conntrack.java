package dev.coracle.proxy.internal;

import dev.coracle.proxy.config.ConntrackOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How many flows the kernel tracks, and for how long, as kube-proxy sets it: Linux forgets a
 * connection that one side has closed after a minute, and what the other side still sends through a
 * Service is then lost. A number of flows that is larger already is left. Blocks.
 */
public final class Conntrack {

  private static final Logger LOG = LoggerFactory.getLogger(Conntrack.class);

  /** The kernel's own ratio of flows to buckets. */
  private static final long FLOWS_OF_BUCKET = 4;

  private final Path settings;
  private final Path buckets;
  private final int processors;

  public Conntrack() {
    this(
        Path.of("/proc/sys/net/netfilter"),
        Path.of("/sys/module/nf_conntrack/parameters/hashsize"),
        Runtime.getRuntime().availableProcessors());
  }

  /**
   * @param settings the directory of {@code nf_conntrack_max} and the others
   * @param buckets the file with the size of the hash table
   */
  Conntrack(Path settings, Path buckets, int processors) {
    this.settings = settings;
    this.buckets = buckets;
    this.processors = processors;
  }

  /** Sets what is asked for; what cannot be set is told in the log. */
  public void set(ConntrackOptions options) {
    if (options.maxPerCore() > 0) {
      long most = Math.max((long) options.maxPerCore() * processors, options.min());
      raise(settings.resolve("nf_conntrack_max"), most);
      raise(buckets, most / FLOWS_OF_BUCKET);
    }
    keep("nf_conntrack_tcp_timeout_established", options.tcpEstablished());
    keep("nf_conntrack_tcp_timeout_close_wait", options.tcpCloseWait());
  }

  private void raise(Path file, long value) {
    write(file, value, true);
  }

  private void keep(String name, Duration time) {
    if (!time.isZero()) {
      write(settings.resolve(name), time.toSeconds(), false);
    }
  }

  /** At once, since a number of {@code /proc/sys} is given by the first read alone. */
  static long read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] digits = in.readNBytes(32);
      return Long.parseLong(new String(digits, StandardCharsets.US_ASCII).strip());
    }
  }

  private static void write(Path file, long value, boolean raise) {
    try {
      long now = read(file);
      if (raise ? now < value : now != value) {
        Files.writeString(file, Long.toString(value));
        LOG.atInfo().addKeyValue("file", file).addKeyValue("value", value).log("Conntrack is set");
      }
    } catch (IOException | NumberFormatException e) {
      LOG.atWarn()
          .addKeyValue("file", file)
          .addKeyValue("value", value)
          .addKeyValue("cause", e.toString())
          .log("Conntrack cannot be set");
    }
  }
}
