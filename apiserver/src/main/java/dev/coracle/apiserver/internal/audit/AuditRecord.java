package dev.coracle.apiserver.internal.audit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Status;
import dev.coracle.api.Timestamps;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.http.RequestInfo;
import io.vertx.core.Future;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What becomes known about one request until its last stage. Belongs to the request's event loop.
 */
public final class AuditRecord {

  private final AuditSubject subject;
  private final AuditRule rule;
  private final UserInfo user;
  private final Clock clock;
  private final Instant received;
  private final Function<AuditEvent, Future<Boolean>> log;
  private final Map<String, String> annotations = new LinkedHashMap<>();
  private @Nullable Supplier<@Nullable JsonNode> request;
  private @Nullable Supplier<@Nullable JsonNode> response;
  private @Nullable JsonNode status;
  private String objectName = "";
  private String objectNamespace = "";
  private String objectUid = "";
  private String objectVersion = "";
  private String constraint = "";
  private long requestBytes;
  private long responseBytes;
  private boolean complete;

  AuditRecord(
      AuditSubject subject,
      AuditRule rule,
      Clock clock,
      Function<AuditEvent, Future<Boolean>> log) {
    this.subject = subject;
    this.rule = rule;
    this.user = subject.user();
    this.clock = clock;
    this.received = clock.instant();
    this.log = log;
  }

  /** Adds to the event's annotations; the first of a name stays. May be called on any thread. */
  public void annotate(String key, String value) {
    synchronized (annotations) {
      annotations.putIfAbsent(key, value);
    }
  }

  /** As {@link #annotate}, where the level lets contents be seen. */
  public void detail(String key, String value) {
    if (rule.level().includes(AuditLevel.REQUEST)) {
      annotate(key, value);
    }
  }

  /** As {@link #request(byte[], Supplier)}, of an immutable tree. */
  void request(JsonNode body) {
    if (rule.level().includes(AuditLevel.REQUEST)) {
      request = () -> body;
      requestBytes = body.toString().length();
    }
  }

  /** Tells of an object that is to be written as it was sent; the path may not say all of it. */
  public void object(JsonNode sent) {
    JsonNode metadata = sent.path("metadata");
    objectName = metadata.path("name").asText("");
    objectNamespace = metadata.path("namespace").asText("");
    objectUid = metadata.path("uid").asText("");
    objectVersion = metadata.path("resourceVersion").asText("");
  }

  /** Tells of an answer that is one object. */
  public void response(KubeObject object) {
    if (object.kind().equals("Status")) {
      status = object.tree();
    }
    if (rule.level().includes(AuditLevel.REQUEST_RESPONSE)) {
      response(object.json().length, object::tree);
    }
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

  /** Tells what allowed the impersonation; empty where nothing limits it. */
  public void constraint(String verb) {
    constraint = verb;
  }

  /** Tells of a failure that is the answer. */
  public void failure(Status failed) {
    status = failed.toJson();
    response(0, failed::toJson);
  }

  /** The last stage, once. */
  Future<Boolean> complete() {
    if (complete) {
      return AuditBackend.TAKEN;
    }
    complete = true;
    return stage(AuditStage.RESPONSE_COMPLETE);
  }

  /** Completes when the request may go on, with false where it must not. */
  Future<Boolean> stage(AuditStage stage) {
    if (rule.omitStages().contains(stage)) {
      return AuditBackend.TAKEN;
    }
    boolean answered = stage != AuditStage.REQUEST_RECEIVED;
    ObjectNode head = head(stage);
    return log.apply(
        new AuditEvent(
            head,
            answered ? request : null,
            answered ? response : null,
            rule.omitManagedFields(),
            1024 + (answered ? requestBytes + responseBytes : 0)));
  }

  private ObjectNode head(AuditStage stage) {
    RequestInfo info = subject.info();
    ObjectNode out =
        Json.object()
            .put("kind", "Event")
            .put("apiVersion", "audit.k8s.io/v1")
            .put("level", rule.level().word())
            .put("auditID", subject.auditId())
            .put("stage", stage.word())
            .put("requestURI", subject.uri())
            .put("verb", info.verb());
    describe(out.putObject("user"), user);
    if (subject.user() != user) {
      describe(out.putObject("impersonatedUser"), subject.user());
    }
    if (!constraint.isEmpty()) {
      out.putObject("authenticationMetadata").put("impersonationConstraint", constraint);
    }
    if (!subject.sources().isEmpty()) {
      subject.sources().forEach(out.putArray("sourceIPs")::add);
    }
    put(out, "userAgent", subject.userAgent());
    if (info.resourceRequest()) {
      ObjectNode ref = out.putObject("objectRef");
      put(ref, "resource", info.resource());
      put(ref, "namespace", info.namespace().isEmpty() ? objectNamespace : info.namespace());
      put(ref, "name", info.name().isEmpty() ? objectName : info.name());
      put(ref, "uid", objectUid);
      put(ref, "apiGroup", info.group());
      put(ref, "apiVersion", info.version());
      put(ref, "resourceVersion", objectVersion);
      put(ref, "subresource", info.subresource());
    }
    if (stage != AuditStage.REQUEST_RECEIVED) {
      out.set("responseStatus", responseStatus());
    }
    out.put("requestReceivedTimestamp", Timestamps.microTime(received));
    Instant at = stage == AuditStage.REQUEST_RECEIVED ? received : clock.instant();
    out.put("stageTimestamp", Timestamps.microTime(at));
    synchronized (annotations) {
      if (!annotations.isEmpty()) {
        annotations.forEach(out.putObject("annotations")::put);
      }
    }
    return out;
  }

  private ObjectNode responseStatus() {
    ObjectNode out = Json.object();
    out.putObject("metadata");
    JsonNode answer = status;
    if (answer != null) {
      put(out, "status", answer.path("status").asText(""));
      put(out, "message", answer.path("message").asText(""));
      put(out, "reason", answer.path("reason").asText(""));
      if (answer.path("details").isObject()) {
        out.set("details", answer.get("details"));
      }
    }
    out.put("code", subject.code());
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
}
