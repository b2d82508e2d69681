package dev.coracle.kubelet.internal.csi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.client.Client;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps what CSINode says of how many volumes a driver can have here (KEP-4876): asks the driver
 * again as often as its CSIDriver object wants ({@code nodeAllocatableUpdatePeriodSeconds}), and at
 * once when there was no room for a volume. Drivers that do not want it are never asked. Blocking
 * work is done on virtual threads.
 */
final class CsiAllocatable implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CsiAllocatable.class);
  private static final String PERIOD = "nodeAllocatableUpdatePeriodSeconds";
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private final Vertx vertx;
  private final Client client;
  private final CsiNodeObject node;
  private final Function<String, Optional<CsiDriver>> drivers;

  /** By driver, of those that are to be asked again. */
  private final Map<String, Long> timers = new ConcurrentHashMap<>();

  CsiAllocatable(
      Vertx vertx,
      Client client,
      CsiNodeObject node,
      Function<String, Optional<CsiDriver>> drivers) {
    this.vertx = vertx;
    this.client = client;
    this.node = node;
    this.drivers = drivers;
  }

  /** A driver has come. */
  void follow(String driver) {
    Thread.startVirtualThread(() -> arm(driver, spec(driver)));
  }

  /**
   * @param spec of its CSIDriver object, as it is now
   */
  void arm(String driver, JsonNode spec) {
    long seconds = spec.path(PERIOD).asLong(0);
    if (seconds > 0) {
      timers.computeIfAbsent(
          driver,
          name ->
              vertx.setTimer(seconds * 1000, _ -> Thread.startVirtualThread(() -> askAgain(name))));
    }
  }

  private void askAgain(String driver) {
    timers.remove(driver);
    if (drivers.apply(driver).isPresent()) {
      JsonNode spec = spec(driver);
      if (spec.path(PERIOD).asLong(0) > 0) {
        update(driver);
        arm(driver, spec);
      }
    }
  }

  /**
   * A volume could not be attached since there are too many.
   *
   * @return whether the driver's count is one that changes
   */
  boolean full(String driver, JsonNode spec) {
    boolean changes = spec.path(PERIOD).asLong(0) > 0;
    if (changes) {
      Thread.startVirtualThread(() -> update(driver));
    }
    return changes;
  }

  private void update(String driver) {
    try {
      drivers.apply(driver).ifPresent(d -> node.allocatable(driver, d.info()));
    } catch (RuntimeException e) {
      LOG.atWarn()
          .addKeyValue("driver", driver)
          .addKeyValue("why", e.getMessage())
          .log("How many volumes a CSI driver can have is not known anew");
    }
  }

  private JsonNode spec(String driver) {
    try {
      return client.get(Resources.CSI_DRIVERS, "", driver).await().atMost(LIMIT).at("spec");
    } catch (StatusException e) {
      if (!StatusException.isNotFound(e)) {
        LOG.atDebug()
            .addKeyValue("driver", driver)
            .addKeyValue("why", e.getMessage())
            .log("A CSIDriver cannot be read");
      }
      return MissingNode.getInstance();
    }
  }

  @Override
  public void close() {
    timers.values().forEach(vertx::cancelTimer);
    timers.clear();
  }
}
