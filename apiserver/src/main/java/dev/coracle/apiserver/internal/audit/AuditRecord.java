package dev.coracle.apiserver.internal.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.Status;
import dev.coracle.api.Timestamps;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.RequestInfo;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What becomes known about one request until its last stage. Belongs to the request's event loop.
 */
public final class AuditRecord {

  private final Exchange exchange;
  private final AuditRule rule;
  private final UserInfo user;
  private final Clock clock;
  private final Instant received;
  private final Consumer<AuditEvent> log;
  private final Map<String, String> annotations = new LinkedHashMap<>();
  private @Nullable Supplier<@Nullable JsonNode> request;
  private @Nullable Supplier<@Nullable JsonNode> response;
  private @Nullable Status status;
  private long requestBytes;
  private long responseBytes;

  AuditRecord(Exchange exchange, AuditRule rule, Clock clock, Consumer<AuditEvent> log) {
    this.exchange = exchange;
    this.rule = rule;
    this.user = exchange.user();
    this.clock = clock;
    this.received = clock.instant();
    this.log = log;
  }

  /** Adds to the event's annotations. */
  public void annotate(String key, String value) {
    annotations.put(key, value);
  }

  /** Tells of the request's body, where the level asks for it. */
  public void request(byte[] body, Supplier<@Nullable JsonNode> decoded) {
    if (rule.level().includes(AuditLevel.REQUEST) && body.length > 0) {
      request = decoded;
      requestBytes = body.length;
    }
  }

  /**
   * Tells of the answer, where the level asks for it.
   *
   * @param tree gives an immutable tree
   */
  public void response(long bytes, Supplier<@Nullable JsonNode> tree) {
    if (rule.level().includes(AuditLevel.REQUEST_RESPONSE)) {
      response = tree;
      responseBytes = bytes;
    }
  }

  /** Tells of a failure that is the answer. */
  public void failure(Status failed) {
    status = failed;
    response(0, failed::toJson);
  }

  void stage(AuditStage stage) {
    if (rule.omitStages().contains(stage)) {
      return;
    }
    boolean last = stage == AuditStage.RESPONSE_COMPLETE || stage == AuditStage.PANIC;
    ObjectNode head = head(stage);
    log.accept(
        new AuditEvent(
            head,
            last ? request : null,
            last ? response : null,
            rule.omitManagedFields(),
            1024 + (last ? requestBytes + responseBytes : 0)));
  }

  private ObjectNode head(AuditStage stage) {
    RequestInfo info = exchange.info();
    ObjectNode out =
        Json.object()
            .put("kind", "Event")
            .put("apiVersion", "audit.k8s.io/v1")
            .put("level", rule.level().word())
            .put("auditID", exchange.response().headers().get("Audit-Id"))
            .put("stage", stage.word())
            .put("requestURI", exchange.request().uri())
            .put("verb", info.verb());
    describe(out.putObject("user"), user);
    if (exchange.user() != user) {
      describe(out.putObject("impersonatedUser"), exchange.user());
    }
    sources().forEach(out.putArray("sourceIPs")::add);
    if (!exchange.header("User-Agent").isEmpty()) {
      out.put("userAgent", exchange.header("User-Agent"));
    }
    if (info.resourceRequest()) {
      ObjectNode ref = out.putObject("objectRef");
      put(ref, "resource", info.resource());
      put(ref, "namespace", info.namespace());
      put(ref, "name", info.name());
      put(ref, "apiGroup", info.group());
      put(ref, "apiVersion", info.version());
      put(ref, "subresource", info.subresource());
    }
    if (stage != AuditStage.REQUEST_RECEIVED) {
      out.set("responseStatus", responseStatus());
    }
    out.put("requestReceivedTimestamp", Timestamps.microTime(received));
    out.put("stageTimestamp", Timestamps.microTime(clock.instant()));
    if (!annotations.isEmpty()) {
      annotations.forEach(out.putObject("annotations")::put);
    }
    return out;
  }

  private ObjectNode responseStatus() {
    ObjectNode out = Json.object();
    out.putObject("metadata");
    Status failed = status;
    if (failed != null) {
      put(out, "status", "Failure");
      put(out, "message", failed.message());
      put(out, "reason", failed.reason().text());
    }
    out.put("code", exchange.upgraded() ? 101 : exchange.response().getStatusCode());
    return out;
  }

  private static void describe(ObjectNode out, UserInfo who) {
    put(out, "username", who.name());
    put(out, "uid", who.uid());
    if (!who.groups().isEmpty()) {
      who.groups().forEach(out.putArray("groups")::add);
    }
    if (!who.extra().isEmpty()) {
      ObjectNode extra = out.putObject("extra");
      who.extra().forEach((key, values) -> values.forEach(extra.withArrayProperty(key)::add));
    }
  }

  private static void put(ObjectNode out, String field, String value) {
    if (!value.isEmpty()) {
      out.put(field, value);
    }
  }

  /** As proxies in between tell, and the peer itself last. */
  private Set<String> sources() {
    Set<String> out = new LinkedHashSet<>();
    for (String address : exchange.header("X-Forwarded-For").split(",")) {
      out.add(address.trim());
    }
    out.add(exchange.header("X-Real-Ip").trim());
    out.removeIf(String::isEmpty);
    if (exchange.request().remoteAddress() != null) {
      String peer = exchange.request().remoteAddress().hostAddress();
      if (peer != null) {
        out.add(peer);
      }
    }
    return out;
  }
}
