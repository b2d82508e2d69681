package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.api.patch.ResetFields;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.KindStrategy;
import java.time.Instant;

/**
 * Certificate signing requests carry who made them, and approval may change only its conditions.
 */
public final class CertificateStrategy implements KindStrategy {

  private static final ResetFields BY_CLIENTS = ResetFields.of("spec", "status");
  private static final ResetFields BY_SIGNERS = ResetFields.of("spec", "status.conditions");
  private static final ResetFields BY_APPROVERS = ResetFields.of("spec", "status.certificate");

  @Override
  public boolean tracksGeneration() {
    return false;
  }

  /** Nobody owns what was asked for: it is never changed. */
  @Override
  public ResetFields resetFields(String subresource) {
    return switch (subresource) {
      case "status" -> BY_SIGNERS;
      case "approval" -> BY_APPROVERS;
      default -> BY_CLIENTS;
    };
  }

  @Override
  public void prepareForCreate(ObjectNode request, Call call) {
    ObjectNode spec = request.withObjectProperty("spec");
    UserInfo user = call.user();
    spec.put("username", user.name());
    if (user.uid().isEmpty()) {
      spec.remove("uid");
    } else {
      spec.put("uid", user.uid());
    }
    ArrayNode groups = spec.putArray("groups");
    user.groups().forEach(groups::add);
    if (user.extra().isEmpty()) {
      spec.remove("extra");
    } else {
      ObjectNode extra = spec.putObject("extra");
      user.extra()
          .forEach((key, values) -> {
            ArrayNode list = extra.putArray(key);
            values.forEach(list::add);
          });
    }
    request.putObject("status");
  }

  /**
   * Approval reaches the conditions alone. What the status says of approval stays, for as many
   * conditions as there are, so that signers need not know what was said.
   */
  @Override
  public void prepareForUpdate(ObjectNode now, KubeObject before, Call call) {
    if (call.subresource().isEmpty()) {
      now.set("spec", before.at("spec").deepCopy());
    }
    if (call.subresource().equals("approval")) {
      JsonNode conditions = now.path("status").path("conditions");
      ObjectNode status =
          before.at("status") instanceof ObjectNode o ? o.deepCopy() : Json.object();
      status.remove("conditions");
      if (conditions.isArray()) {
        status.set("conditions", conditions);
      }
      now.set("status", status);
    }
    if (now.path("status").path("conditions") instanceof ArrayNode conditions) {
      JsonNode old = before.at("status", "conditions");
      if (call.subresource().equals("status")) {
        KeptConditions.keep("Approved", conditions, old);
        KeptConditions.keep("Denied", conditions, old);
      }
      date(conditions, old);
    }
  }

  private static void date(ArrayNode conditions, JsonNode old) {
    Instant now = Instant.now();
    for (JsonNode condition : conditions) {
      if (condition instanceof ObjectNode c && !c.hasNonNull("lastUpdateTime")) {
        c.put("lastUpdateTime", Timestamps.time(now));
      }
    }
    KeptConditions.date(conditions, old, now);
  }
}
