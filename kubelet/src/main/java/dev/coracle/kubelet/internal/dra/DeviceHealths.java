package dev.coracle.kubelet.internal.dra;

import dev.coracle.drahealth.v1alpha1.DRAResourceHealthGrpcClient;
import dev.coracle.drahealth.v1alpha1.DeviceHealth;
import dev.coracle.drahealth.v1alpha1.NodeWatchResourcesRequest;
import dev.coracle.drahealth.v1alpha1.NodeWatchResourcesResponse;
import dev.coracle.kubelet.internal.grpc.UnixChannel;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.spi.CriException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How devices of claims fare by what their drivers tell (KEP-4680). What a driver says holds for as
 * long as it says, or half a minute; a device of which nothing holds is {@code Unknown}, as are all
 * of a driver that has gone or does not tell. Guarded by this; drivers are heard on event loops,
 * and what they say is worked in on virtual threads.
 */
final class DeviceHealths {
  /** One device of this node. */
  record Device(String driver, String pool, String name) {}

  /**
   * @param health as in a pod's status
   * @param message for people; may be empty
   */
  record Health(String health, String message) {
    static final Health UNKNOWN = new Health("Unknown", "");
  }

  private record Told(Health health, Instant until) {}

  private static final Logger LOG = LoggerFactory.getLogger(DeviceHealths.class);
  private static final Duration HOLDS = Duration.ofSeconds(30);
  private static final Duration AGAIN = Duration.ofSeconds(5);
  private static final int LONGEST_MESSAGE = 1024;
  private static final String CUT = "...";

  /** Of one driver; a node has some dozens. */
  private static final int MOST = 4096;

  private final Timers timers;
  private final Consumer<Set<Device>> changed;
  private final Map<Device, Told> told = new HashMap<>();

  /**
   * @param changed hears which devices fare otherwise than before, on a virtual thread
   */
  DeviceHealths(Timers timers, Consumer<Set<Device>> changed) {
    this.timers = timers;
    this.changed = changed;
  }

  synchronized Health of(Device device) {
    Told known = told.get(device);
    return known == null ? Health.UNKNOWN : known.health;
  }

  /** Listens to a driver until the answer is closed. */
  Watch watch(String driver, UnixChannel channel) {
    Watch watch = new Watch(driver, channel);
    watch.open();
    return watch;
  }

  /** What one driver tells, from now on and whenever its stream has ended. */
  final class Watch implements AutoCloseable {
    private final String driver;
    private final UnixChannel channel;

    /** Not worked in yet; a newer list takes the place of an older one. */
    private final AtomicReference<@Nullable NodeWatchResourcesResponse> latest =
        new AtomicReference<>();

    private volatile boolean over;
    private volatile UnixChannel.Listening listening = () -> {};
    private Timers.Handle expiry = () -> {};

    private Watch(String driver, UnixChannel channel) {
      this.driver = driver;
      this.channel = channel;
    }

    private void open() {
      if (!over) {
        listening =
            channel.listen(
                DRAResourceHealthGrpcClient.NodeWatchResources,
                NodeWatchResourcesRequest.getDefaultInstance(),
                this::heard,
                this::ended);
      }
    }

    private void heard(NodeWatchResourcesResponse response) {
      if (latest.getAndSet(response) == null) {
        work(this::take);
      }
    }

    private void work(Runnable task) {
      try {
        timers.execute(task);
      } catch (RejectedExecutionException e) {
        over = true; // The kubelet is stopped.
      }
    }

    private synchronized void take() {
      NodeWatchResourcesResponse response = latest.getAndSet(null);
      if (response != null && !over) {
        replace(response.getDevicesList());
        expire();
      }
    }

    private void replace(List<DeviceHealth> devices) {
      Instant now = timers.clock().instant();
      Map<Device, Told> next = new HashMap<>();
      for (DeviceHealth d : devices) {
        if (next.size() == MOST) {
          LOG.atWarn()
              .addKeyValue("driver", driver)
              .addKeyValue("devices", devices.size())
              .log("A driver tells of too many devices, the rest is not looked at");
          break;
        }
        Duration holds =
            d.getHealthCheckTimeoutSeconds() > 0
                ? Duration.ofSeconds(
                    Math.min(d.getHealthCheckTimeoutSeconds(), Duration.ofDays(1).toSeconds()))
                : HOLDS;
        next.put(
            new Device(driver, d.getDevice().getPoolName(), d.getDevice().getDeviceName()),
            new Told(health(d), now.plus(holds)));
      }
      change(now, next);
    }

    /** What is not told again stays until its time is over. */
    private synchronized void expire() {
      expiry.cancel();
      Instant now = timers.clock().instant();
      change(now, Map.of());
      Instant first = first(driver);
      if (first != null && !over) {
        expiry = timers.after(Duration.between(now, first).plusMillis(1), this::expire);
      }
    }

    private void change(Instant now, Map<Device, Told> news) {
      Set<Device> others = new HashSet<>();
      synchronized (DeviceHealths.this) {
        boolean full =
            news.size() + told.keySet().stream().filter(d -> d.driver.equals(driver)).count()
                > 2L * MOST;
        told.entrySet()
            .removeIf(e ->
                e.getKey().driver.equals(driver)
                    && !news.containsKey(e.getKey())
                    && (full || !e.getValue().until.isAfter(now))
                    && others.add(e.getKey()));
        news.forEach((device, fresh) -> {
          Told before = told.put(device, fresh);
          if (before == null || !before.health.equals(fresh.health)) {
            others.add(device);
          }
        });
      }
      if (!others.isEmpty()) {
        changed.accept(others);
      }
    }

    private void ended(CriException why) {
      LOG.atDebug()
          .addKeyValue("driver", driver)
          .addKeyValue("why", why.describe())
          .log("A driver tells nothing of its devices' health");
      work(() -> {
        synchronized (this) {
          latest.set(null);
          if (!over) { // Else another one tells of this driver by now.
            forget(driver);
          }
        }
      });
      // One that does not know the call has to come back as another one.
      if (!over && why.code() != CriException.Code.UNIMPLEMENTED) {
        timers.after(AGAIN, this::open);
      }
    }

    /** Nothing of this driver holds any more. */
    @Override
    public synchronized void close() {
      over = true;
      listening.close();
      expiry.cancel();
      forget(driver);
    }
  }

  private void forget(String driver) {
    Set<Device> gone = new HashSet<>();
    synchronized (this) {
      told.keySet().removeIf(d -> d.driver.equals(driver) && gone.add(d));
    }
    if (!gone.isEmpty()) {
      changed.accept(gone);
    }
  }

  private synchronized @Nullable Instant first(String driver) {
    return told.entrySet().stream()
        .filter(e -> e.getKey().driver.equals(driver))
        .map(e -> e.getValue().until)
        .min(Instant::compareTo)
        .orElse(null);
  }

  private static Health health(DeviceHealth told) {
    String message = told.getMessage();
    String word =
        switch (told.getHealth()) {
          case HEALTHY -> "Healthy";
          case UNHEALTHY -> "Unhealthy";
          case UNKNOWN, UNRECOGNIZED -> "Unknown";
        };
    return new Health(
        word,
        message.codePointCount(0, message.length()) <= LONGEST_MESSAGE
            ? message
            : message.substring(0, message.offsetByCodePoints(0, LONGEST_MESSAGE - CUT.length()))
                + CUT);
  }
}
