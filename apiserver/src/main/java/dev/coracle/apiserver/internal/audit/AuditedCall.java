package dev.coracle.apiserver.internal.audit;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.http.RequestInfo;
import io.vertx.core.Future;
import java.time.Clock;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The record of one call from inside of the process. It comes from no address; its agent is the
 * component. Stages come one after the other, on whatever thread.
 */
public final class AuditedCall implements AuditSubject {

  private final RequestInfo info;
  private final UserInfo user;
  private final String component;
  private final String id = UUID.randomUUID().toString();
  private final AuditRecord record;
  private final Runnable refused;
  private volatile int code = 200;
  private Future<Boolean> begun = AuditBackend.TAKEN;

  /**
   * @param refused called where the call must not go on
   */
  AuditedCall(
      UserInfo user,
      RequestInfo info,
      String component,
      AuditRule rule,
      Clock clock,
      Function<AuditEvent, Future<Boolean>> log,
      Runnable refused) {
    this.user = user;
    this.info = info;
    this.component = component;
    this.refused = refused;
    this.record = new AuditRecord(this, rule, clock, log);
  }

  public AuditRecord record() {
    return record;
  }

  /**
   * @param body immutable; null for none
   */
  public void received(@Nullable JsonNode body) {
    begun =
        record
            .stage(AuditStage.REQUEST_RECEIVED)
            .onSuccess(taken -> {
              if (!taken) {
                refused.run();
              }
            });
    if (body != null) {
      if (info.verb().equals("create") || info.verb().equals("update")) {
        record.object(body);
      }
      record.request(body);
    }
  }

  /** Completes when the call may go on, with false where it must not. */
  public Future<Boolean> begun() {
    return begun;
  }

  /** A watch has begun. */
  public void started() {
    record.stage(AuditStage.RESPONSE_STARTED);
  }

  /**
   * @param result what the call gave; only objects are kept
   */
  public void done(int status, @Nullable Object result) {
    code = status;
    if (result instanceof KubeObject object) {
      record.response(object);
    }
    record.stage(AuditStage.RESPONSE_COMPLETE);
  }

  public void failed(Throwable failure) {
    var status =
        failure instanceof StatusException e
            ? e.status()
            : StatusException.internal(String.valueOf(failure.getMessage())).status();
    code = status.code();
    record.failure(status);
    record.stage(AuditStage.RESPONSE_COMPLETE);
  }

  @Override
  public RequestInfo info() {
    return info;
  }

  @Override
  public UserInfo user() {
    return user;
  }

  @Override
  public String auditId() {
    return id;
  }

  @Override
  public String uri() {
    return info.path();
  }

  @Override
  public String userAgent() {
    return component;
  }

  @Override
  public Set<String> sources() {
    return Set.of();
  }

  @Override
  public int code() {
    return code;
  }
}
