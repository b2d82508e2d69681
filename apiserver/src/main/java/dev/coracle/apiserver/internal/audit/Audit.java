package dev.coracle.apiserver.internal.audit;

import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.config.AuditDelivery;
import dev.coracle.apiserver.config.AuditOptions;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.RemoteJson;
import dev.coracle.apiserver.internal.http.RequestInfo;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Begins the record of a request, as the policy says, and sends its events where they go. */
public final class Audit implements AutoCloseable {

  private static final UserInfo NOBODY = new UserInfo("", "", List.of(), Map.of());

  private final AuditPolicy policy;
  private final List<AuditBackend> backends;
  private final Clock clock;
  private final AuditMeters meters;

  Audit(AuditPolicy policy, List<AuditBackend> backends, Clock clock, AuditMeters meters) {
    this.policy = policy;
    this.backends = backends;
    this.clock = clock;
    this.meters = meters;
  }

  /**
   * Null where nothing is recorded.
   *
   * @throws IllegalStateException with words for the user
   */
  public static @Nullable Audit of(
      Vertx vertx, AuditOptions options, Clock clock, MeterRegistry registry) {
    options.log().delivery().check("log");
    options.webhook().delivery().check("webhook");
    Path policyFile = options.policyFile();
    Path webhook = options.webhook().config();
    if (policyFile == null || options.log().path().isEmpty() && webhook == null) {
      return null;
    }
    AuditPolicy policy = AuditPolicy.read(policyFile);
    AuditMeters meters = new AuditMeters(registry);
    List<AuditBackend> backends = new ArrayList<>();
    if (webhook != null) {
      AuditWebhook output =
          new AuditWebhook(
              vertx,
              RemoteJson.ofKubeconfig(vertx, webhook),
              options.webhook().initialBackoff(),
              () -> ThreadLocalRandom.current().nextDouble(),
              meters);
      backends.add(backend(output, options.webhook().delivery(), meters));
    }
    if (!options.log().path().isEmpty()) {
      AuditLog output = AuditLog.open(options.log(), clock, meters);
      backends.add(backend(output, options.log().delivery(), meters));
    }
    return new Audit(policy, backends, clock, meters);
  }

  private static AuditBackend backend(
      AuditOutput last, AuditDelivery delivery, AuditMeters meters) {
    AuditOutput output =
        delivery.truncation().enabled()
            ? new TruncatingOutput(last, delivery.truncation(), meters)
            : last;
    return switch (delivery.mode()) {
      case BATCH -> new BatchingBackend(output, delivery.batch(), meters);
      case BLOCKING -> new BlockingBackend(output, false, meters);
      case BLOCKING_STRICT -> new BlockingBackend(output, true, meters);
    };
  }

  /** Sends an event; false where its request must not go on. */
  private Future<Boolean> add(AuditEvent event) {
    meters.event();
    if (backends.size() == 1) {
      return backends.getFirst().add(event);
    }
    List<Future<Boolean>> all = backends.stream().map(backend -> backend.add(event)).toList();
    return Future.join(all).map(_ -> all.stream().allMatch(Future::result));
  }

  /** The record of a call from inside of the process; null where the policy wants none. */
  public @Nullable AuditedCall begin(UserInfo user, RequestInfo info, String component) {
    Optional<AuditRule> rule = policy.of(user, info);
    meters.level(rule.map(AuditRule::level).orElse(AuditLevel.NONE));
    return rule.map(
            r -> new AuditedCall(user, info, component, r, clock, this::add, meters::rejected))
        .orElse(null);
  }

  /**
   * Called for a request that is refused before it is known who asks: upstream tells of these when
   * they are answered.
   */
  public void unidentified(Exchange exchange) {
    exchange.user(NOBODY);
    policy
        .of(exchange.user(), exchange.info())
        .ifPresent(rule -> {
          AuditRecord record = new AuditRecord(new HttpSubject(exchange), rule, clock, this::add);
          exchange.audit(record);
          exchange.context().addHeadersEndHandler(_ -> record.stage(AuditStage.RESPONSE_STARTED));
        });
  }

  /**
   * Called once it is known who asks. Records the stages that follow by itself. Completes when the
   * request may go on, with false where it must not.
   */
  public Future<Boolean> begin(Exchange exchange) {
    Optional<AuditRule> rule = policy.of(exchange.user(), exchange.info());
    meters.level(rule.map(AuditRule::level).orElse(AuditLevel.NONE));
    if (rule.isEmpty()) {
      return AuditBackend.TAKEN;
    }
    AuditRecord record = new AuditRecord(new HttpSubject(exchange), rule.get(), clock, this::add);
    exchange.audit(record);
    return record
        .stage(AuditStage.REQUEST_RECEIVED)
        .onSuccess(taken -> {
          if (!taken) {
            meters.rejected();
          }
        });
  }

  /** Called when the request goes on. */
  public void goesOn(Exchange exchange) {
    AuditRecord record = exchange.audit();
    if (record == null) {
      return;
    }
    if (exchange.info().longRunning()) {
      exchange.context().addHeadersEndHandler(_ -> record.stage(AuditStage.RESPONSE_STARTED));
      exchange.whenUpgraded(() -> record.stage(AuditStage.RESPONSE_STARTED));
    } else if (backends.stream().anyMatch(AuditBackend::blocks)) {
      exchange.beforeEnd(record::complete);
    }
    exchange.whenEnded(record::complete);
  }

  /** Has what was recorded get there. May wait for seconds: not on an event loop. */
  @Override
  public void close() {
    backends.forEach(AuditBackend::close);
  }
}
