package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Timestamps;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.KindStrategy;
import java.time.Clock;

/**
 * PersistentVolumes begin pending, and say since when they are in their phase (KEP-3762): whoever
 * clears away released volumes goes by that.
 */
public final class VolumeStrategy implements KindStrategy {

  private static final String SINCE = "lastPhaseTransitionTime";

  private final Clock clock;

  public VolumeStrategy() {
    this(Clock.systemUTC());
  }

  VolumeStrategy(Clock clock) {
    this.clock = clock;
  }

  @Override
  public boolean tracksGeneration() {
    return false;
  }

  @Override
  public boolean returnsDeletedObject() {
    return true;
  }

  @Override
  public void prepareForCreate(ObjectNode volume, Call call) {
    stamp(volume.putObject("status").put("phase", "Pending"));
  }

  /** A time that comes with the new phase is believed. */
  @Override
  public void prepareForUpdate(ObjectNode now, KubeObject before, Call call) {
    if (!(now.path("status") instanceof ObjectNode status)) {
      return;
    }
    JsonNode known = before.at("status", SINCE);
    boolean same = !status.hasNonNull(SINCE) || status.path(SINCE).equals(known);
    if (same && !status.path("phase").equals(before.at("status", "phase"))) {
      stamp(status);
    }
  }

  private void stamp(ObjectNode status) {
    status.put(SINCE, Timestamps.time(clock.instant()));
  }
}
