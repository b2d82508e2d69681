package dev.coracle.kubelet.internal.shutdown;

import dev.coracle.kubelet.internal.host.Timers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delays a shutdown of the machine until the pods have ended (KEP-2000): holds a delay lock of
 * systemd-logind, ends the pods when logind tells of a shutdown, and then lets the lock go. Takes
 * it again when the shutdown is called off, and after the bus was away. Where there is no logind,
 * nothing is held, and a shutdown is known by the SIGTERM of this process.
 *
 * <p>State belongs to the lock of this object; what blocks runs on virtual threads.
 */
public final class ShutdownInhibitor {
  private static final Logger LOG = LoggerFactory.getLogger(ShutdownInhibitor.class);
  private static final Duration RECONNECT = Duration.ofSeconds(1);

  private final Config config;
  private final Duration needed;
  private final NodeShutdown shutdown;
  private final Timers timers;
  private @Nullable Logind logind;
  private Logind.@Nullable Lock lock;
  private volatile boolean stopped;

  /**
   * Where this machine has it.
   *
   * @param bus the system's bus
   * @param overrides where logind looks for more of its configuration
   */
  public record Config(Path bus, Path overrides) {
    private static final String ADDRESS = "unix:path=";

    /** As everywhere, or where DBUS_SYSTEM_BUS_ADDRESS says. */
    public static Config ofMachine() {
      String address =
          Optional.ofNullable(System.getenv("DBUS_SYSTEM_BUS_ADDRESS"))
              .orElse("unix:path=/run/dbus/system_bus_socket");
      String path =
          address.startsWith(ADDRESS) ? address.substring(ADDRESS.length()).split("[,;]")[0] : "";
      return new Config(Path.of(path), Path.of("/etc/systemd/logind.conf.d"));
    }
  }

  /**
   * @param needed how long pods get
   */
  public ShutdownInhibitor(Config config, Duration needed, NodeShutdown shutdown, Timers timers) {
    this.config = config;
    this.needed = needed;
    this.shutdown = shutdown;
    this.timers = timers;
  }

  /** Takes the lock where there is a logind; blocks. */
  public void start() {
    if (!Files.exists(config.bus)) {
      LOG.atInfo()
          .addKeyValue("bus", config.bus)
          .log("There is no system bus; a shutdown of the machine is known by SIGTERM alone");
      return;
    }
    try {
      connect();
      LOG.atInfo()
          .addKeyValue("seconds", needed.toSeconds())
          .log("systemd-logind delays a shutdown until the pods have ended");
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("reason", e.getMessage())
          .log(
              "systemd-logind does not delay a shutdown of the machine; it is known by SIGTERM"
                  + " alone");
    }
  }

  private synchronized void connect() throws IOException {
    if (stopped) {
      return;
    }
    Logind fresh = Logind.open(config.bus, this::told, this::lost);
    try {
      demand(fresh);
      lock = fresh.inhibit();
    } catch (IOException e) {
      fresh.close();
      throw e;
    }
    logind = fresh;
  }

  /** As long as the pods need, where logind can be brought to it. */
  private void demand(Logind from) throws IOException {
    if (from.longestDelay().compareTo(needed) >= 0) {
      return;
    }
    Files.createDirectories(config.overrides);
    Files.writeString(
        config.overrides.resolve("99-kubelet.conf"),
        "# Kubelet logind override\n[Login]\nInhibitDelayMaxSec=" + needed.toSeconds() + "\n");
    try {
      from.reload();
    } catch (IOException e) {
      throw new IOException("unable to reload logind conf: " + e.getMessage(), e);
    }
    Duration now = from.longestDelay();
    if (now.compareTo(needed) < 0) {
      throw new IOException(
          "node shutdown manager was unable to update logind InhibitDelayMaxSec to "
              + needed.toSeconds()
              + "s (ShutdownGracePeriod), current value of InhibitDelayMaxSec ("
              + now.toSeconds()
              + "s) is less than requested ShutdownGracePeriod");
    }
  }

  private void told(boolean goesDown) {
    beside(goesDown ? this::end : this::calledOff);
  }

  /** Not on the bus' thread; nothing any more when the kubelet has stopped. */
  private void beside(Runnable task) {
    try {
      timers.execute(task);
    } catch (RejectedExecutionException e) {
      LOG.atDebug().log("The kubelet has stopped");
    }
  }

  private void end() {
    Logind.Lock held = held();
    try {
      shutdown.run().join();
    } finally {
      // Only this one: a shutdown that was called off meanwhile has taken another.
      if (held != null) {
        held.close();
      }
    }
  }

  private synchronized Logind.@Nullable Lock held() {
    return lock;
  }

  private void calledOff() {
    shutdown.cancel();
    try {
      takeAgain();
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("reason", e.getMessage())
          .log("systemd-logind does not delay the next shutdown of the machine");
    }
  }

  private synchronized void takeAgain() throws IOException {
    Logind from = logind;
    if (from != null && !stopped) {
      Logind.Lock fresh = from.inhibit();
      release();
      lock = fresh;
    }
  }

  private synchronized void release() {
    Logind.Lock held = lock;
    if (held != null) {
      held.close();
      lock = null;
    }
  }

  /**
   * The bus is gone, and with it what would be heard; the lock stays, since logind may be there.
   */
  private void lost() {
    beside(() -> {
      synchronized (this) {
        if (logind == null) {
          return; // It never was there, or it was let go.
        }
        logind = null;
      }
      again();
    });
  }

  private void again() {
    timers.after(
        RECONNECT,
        () ->
            beside(() -> {
              try {
                synchronized (this) {
                  Logind.Lock old = lock;
                  connect();
                  if (old != null) {
                    old.close();
                  }
                }
              } catch (IOException e) {
                again();
              }
            }));
  }

  /** Lets go; does not wait. */
  public void stop() {
    stopped = true;
    beside(this::letGo);
  }

  private synchronized void letGo() {
    release();
    Logind from = logind;
    if (from != null) {
      logind = null;
      from.close();
    }
  }
}
