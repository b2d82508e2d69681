package dev.coracle.apiserver.internal.registry.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.apiserver.internal.registry.AutoscalerConversion;
import dev.coracle.apiserver.internal.registry.KindStrategy;

/**
 * HorizontalPodAutoscalers. The annotations in which autoscaling/v1 carries what it does not know
 * mean nothing to who writes autoscaling/v2, and are not kept.
 */
public final class AutoscalerStrategy implements KindStrategy {

  @Override
  public boolean tracksGeneration() {
    return false;
  }

  @Override
  public void decoded(ObjectNode object) {
    if (object.path("apiVersion").asText("").equals("autoscaling/v2")) {
      AutoscalerConversion.dropRiding(object);
    }
  }
}
