package dev.coracle.apiserver.internal.filter;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GoDuration;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.apiserver.internal.ApiServerMetrics;
import dev.coracle.apiserver.internal.audit.Audit;
import dev.coracle.apiserver.internal.audit.AuditRecord;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.RequestKinds;
import dev.coracle.apiserver.internal.http.Responder;
import dev.coracle.apiserver.internal.registry.RequestTime;
import io.vertx.core.Vertx;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Answers 504 for whatever takes longer than the server allows, or than the client asks for with
 * {@code ?timeout=}; watches and streams aside. The time of waiting for a turn counts.
 */
final class DeadlineFilter implements Filter {

  private static final String TOO_LATE =
      "Timeout: request did not complete within the allotted timeout";

  private final Vertx vertx;
  private final Duration longest;
  private final @Nullable Audit audit;
  private final ApiServerMetrics metrics;

  DeadlineFilter(Vertx vertx, Duration longest, @Nullable Audit audit, ApiServerMetrics metrics) {
    this.vertx = vertx;
    this.longest = longest;
    this.audit = audit;
    this.metrics = metrics;
  }

  @Override
  public void handle(Exchange exchange, Runnable next) {
    if (exchange.info().longRunning()) {
      next.run();
      return;
    }
    Duration allowed;
    try {
      allowed = allowed(exchange.query("timeout"));
    } catch (IllegalArgumentException e) {
      if (audit != null) {
        audit.unidentified(exchange);
      }
      Responder.failure(
          exchange,
          StatusException.badRequest(
              "invalid timeout specified in the request URL - " + e.getMessage()));
      return;
    }
    RequestTime time = RequestTime.until(exchange.startNanos() + allowed.toNanos());
    exchange.time(time);
    long millis = time.millisLeft(allowed.toMillis());
    if (millis == 0) {
      late(exchange);
      return;
    }
    long timer = vertx.setTimer(millis, _ -> late(exchange));
    exchange.whenUpgraded(() -> vertx.cancelTimer(timer));
    exchange.whenEnded(() -> vertx.cancelTimer(timer));
    next.run();
  }

  /** None or a negative time asks for nothing. */
  private Duration allowed(String asked) {
    Duration wanted = asked.isEmpty() ? Duration.ZERO : GoDuration.parse(asked);
    return wanted.isPositive() && wanted.compareTo(longest) < 0 ? wanted : longest;
  }

  /**
   * Upstream's answer, to the letter: a Status that does not say what it is, and is called text.
   */
  private void late(Exchange exchange) {
    metrics.requests().terminated(RequestKinds.of(exchange), StatusReason.TIMEOUT.code());
    AuditRecord record = exchange.audit();
    if (record != null) {
      record.failure(StatusException.of(StatusReason.TIMEOUT, TOO_LATE).status());
    }
    ObjectNode body = Json.object();
    body.putObject("metadata");
    body.put("status", "Failure").put("message", TOO_LATE);
    body.put("reason", StatusReason.TIMEOUT.text()).putObject("details");
    body.put("code", StatusReason.TIMEOUT.code());
    Responder.bytes(
        exchange,
        StatusReason.TIMEOUT.code(),
        "text/plain; charset=utf-8",
        (body + "\n").getBytes(UTF_8));
  }
}
