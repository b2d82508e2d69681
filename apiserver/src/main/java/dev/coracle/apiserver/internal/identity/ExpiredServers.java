package dev.coracle.apiserver.internal.identity;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.selector.LabelSelector;
import dev.coracle.apiserver.ApiCalls;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes Leases of servers that have not renewed theirs in time: at the start, and once an hour.
 * Every server of a cluster does so; who comes later finds nothing.
 */
public final class ExpiredServers {

  public static final Duration PERIOD = Duration.ofHours(1);
  private static final Logger LOG = LoggerFactory.getLogger(ExpiredServers.class);

  private final Vertx vertx;
  private final ApiCalls calls;
  private final Clock clock;
  private final Duration period;
  private long timer = -1;

  /**
   * @param calls as the server itself
   */
  public ExpiredServers(Vertx vertx, ApiCalls calls, Clock clock, Duration period) {
    this.vertx = vertx;
    this.calls = calls;
    this.clock = clock;
    this.period = period;
  }

  /** Returns at once. */
  public synchronized void start() {
    collect();
    timer = vertx.setPeriodic(period.toMillis(), _ -> collect());
  }

  public synchronized void stop() {
    vertx.cancelTimer(timer);
  }

  private void collect() {
    calls
        .list(
            Resources.LEASES,
            ServerLease.NAMESPACE,
            ListOptions.ALL.withLabels(
                LabelSelector.parse(ServerLease.LABEL + "=" + ServerLease.COMPONENT)))
        .onItem()
        .transformToMulti(list -> Multi.createFrom().iterable(list.items()))
        .filter(this::isExpired)
        .onItem()
        .transformToUniAndConcatenate(this::remove)
        .subscribe()
        .with(
            lease -> LOG.atInfo().addKeyValue("lease", lease.name()).log("An API server has gone"),
            e ->
                LOG.atWarn()
                    .addKeyValue("why", e.getMessage())
                    .log("Leases of API servers cannot be looked through"));
  }

  /** What says neither when nor for how long is no Lease of a server. */
  private boolean isExpired(KubeObject lease) {
    Instant renewed = Timestamps.parse(lease.text("spec", "renewTime"));
    JsonNode lasts = lease.at("spec", "leaseDurationSeconds");
    return renewed == null
        || !lasts.isIntegralNumber()
        || renewed.plusSeconds(lasts.longValue()).isBefore(clock.instant());
  }

  /** Not one that has been renewed meanwhile. */
  private Uni<KubeObject> remove(KubeObject lease) {
    return calls
        .delete(
            Resources.LEASES,
            lease.namespace(),
            lease.name(),
            new DeleteOptions(-1, "", lease.uid(), lease.resourceVersion(), false))
        .replaceWith(lease)
        .onFailure(e -> StatusException.isNotFound(e) || StatusException.isConflict(e))
        .recoverWithNull();
  }
}
