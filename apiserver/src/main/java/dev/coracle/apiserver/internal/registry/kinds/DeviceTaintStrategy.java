package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.KindStrategy;
import java.time.Clock;

/**
 * ResourceSlices and DeviceTaintRules (KEP-5055): a taint says since when it is there, since
 * tolerations are counted from then. Slices of v1beta1 have their taints one level deeper.
 */
public final class DeviceTaintStrategy implements KindStrategy {

  private final Clock clock;

  public DeviceTaintStrategy() {
    this(Clock.systemUTC());
  }

  DeviceTaintStrategy(Clock clock) {
    this.clock = clock;
  }

  @Override
  public boolean statusKeepsMetadata() {
    return true;
  }

  @Override
  public boolean returnsDeletedObject() {
    return true;
  }

  @Override
  public void decoded(ObjectNode object) {
    JsonNode spec = object.path("spec");
    stamp(spec.path("taint"));
    for (JsonNode device : spec.path("devices")) {
      device.path("taints").forEach(this::stamp);
      device.path("basic").path("taints").forEach(this::stamp);
    }
  }

  private void stamp(JsonNode taint) {
    if (taint instanceof ObjectNode there && !there.hasNonNull("timeAdded")) {
      there.put("timeAdded", Timestamps.time(clock.instant()));
    }
  }

  /** A rule's taint is a new one when its effect is another. */
  @Override
  public void prepareForUpdate(ObjectNode now, KubeObject before, Call call) {
    JsonNode old = before.at("spec", "taint");
    if (now.path("spec").path("taint") instanceof ObjectNode taint
        && !taint.path("effect").equals(old.path("effect"))
        && taint.path("timeAdded").equals(old.path("timeAdded"))) {
      taint.put("timeAdded", Timestamps.time(clock.instant()));
    }
  }
}
