package dev.coracle.launcher.systemd;

import dev.coracle.launcher.UserErrorException;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The service manager that started this process, such as systemd with {@code Type=notify}; nothing
 * is done where there is none. Its watchdog hears of the process at half of its time (upstream's
 * SystemdWatchdog), and only while nothing is wrong; what is sent in vain is sent twice more, a
 * second and three seconds later.
 *
 * <p>May be called by any thread; the watchdog has one of its own, which does not keep the process.
 */
public final class ServiceManager {

  private static final Logger LOG = LoggerFactory.getLogger(ServiceManager.class);
  private static final int TRIES = 3;

  private final Optional<NotifySocket> socket;
  private final Optional<Duration> patience;
  private volatile boolean stopping;

  private ServiceManager(Optional<NotifySocket> socket, Optional<Duration> patience) {
    this.socket = socket;
    this.patience = patience;
  }

  /**
   * The one of this process.
   *
   * @throws UserErrorException where its watchdog's time cannot be kept
   */
  public static ServiceManager ofProcess() {
    return of(System.getenv(), ProcessHandle.current().pid());
  }

  static ServiceManager of(Map<String, String> environment, long pid) {
    return new ServiceManager(NotifySocket.of(environment), WatchdogTime.of(environment, pid));
  }

  /** Says what comes along, in a line for people. */
  public void status(String text) {
    tell("STATUS=" + line(text));
  }

  /** Everything runs. */
  public void ready(String text) {
    tell("READY=1\nSTATUS=" + line(text));
  }

  /** The end has begun; whatever is wrong from now on, the watchdog is told no more of it. */
  public void stopping() {
    if (!stopping) {
      stopping = true;
      tell("STOPPING=1\nSTATUS=Stopping");
    }
  }

  /**
   * Begins to feed the watchdog, where there is one.
   *
   * @param problem what is wrong now, empty while all is well; asked on the watchdog's thread
   */
  public void watch(Supplier<Optional<String>> problem) {
    if (socket.isEmpty() || patience.isEmpty()) {
      return;
    }
    long half = patience.get().dividedBy(2).toNanos();
    ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("watchdog").factory());
    timer.scheduleAtFixedRate(() -> feed(timer, problem), 0, half, TimeUnit.NANOSECONDS);
  }

  private void feed(ScheduledExecutorService timer, Supplier<Optional<String>> problem) {
    Optional<String> wrong;
    try {
      wrong = stopping ? Optional.empty() : problem.get();
    } catch (RuntimeException e) {
      wrong = Optional.of(e.toString());
    }
    if (wrong.isPresent()) {
      LOG.atError().addKeyValue("why", wrong.get()).log("The watchdog is told nothing");
    } else {
      alive(timer, 1);
    }
  }

  private void alive(ScheduledExecutorService timer, int attempt) {
    try {
      socket.orElseThrow().send("WATCHDOG=1");
    } catch (IOException e) {
      if (attempt < TRIES) {
        timer.schedule(() -> alive(timer, attempt + 1), attempt, TimeUnit.SECONDS);
      } else {
        LOG.atError().addKeyValue("why", e.getMessage()).log("The watchdog cannot be told");
      }
    }
  }

  private void tell(String state) {
    socket.ifPresent(s -> {
      try {
        s.send(state);
      } catch (IOException e) {
        LOG.atWarn().addKeyValue("why", e.getMessage()).log("The service manager cannot be told");
      }
    });
  }

  private static String line(String text) {
    return text.replace('\n', ' ');
  }
}
