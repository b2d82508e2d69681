package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusCause;
import dev.coracle.api.Timestamps;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.KindStrategy;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Certificate signing requests carry who made them, and approval may change only its conditions.
 */
public final class CertificateStrategy implements KindStrategy {

  @Override
  public boolean tracksGeneration() {
    return false;
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

  @Override
  public List<StatusCause> validate(ObjectNode now, @Nullable KubeObject before, Call call) {
    return before == null
        ? CertificateChecks.create(now)
        : CertificateChecks.update(now, before, call.subresource());
  }

  @Override
  public void prepareForUpdate(ObjectNode now, KubeObject before, Call call) {
    if (call.subresource().isEmpty()) {
      now.set("spec", before.at("spec").deepCopy());
    }
    if (call.subresource().equals("approval")) {
      ObjectNode status = now.withObjectProperty("status");
      JsonNode certificate = before.at("status", "certificate");
      if (certificate.isMissingNode()) {
        status.remove("certificate");
      } else {
        status.set("certificate", certificate);
      }
    }
    String time = Timestamps.time(Instant.now());
    for (JsonNode condition : now.path("status").path("conditions")) {
      if (condition instanceof ObjectNode c) {
        if (!c.hasNonNull("lastUpdateTime")) {
          c.put("lastUpdateTime", time);
        }
        if (!c.hasNonNull("lastTransitionTime")) {
          c.put("lastTransitionTime", time);
        }
      }
    }
  }
}
