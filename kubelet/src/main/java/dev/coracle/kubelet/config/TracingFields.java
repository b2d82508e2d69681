package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.tracing.CollectorAddress;
import dev.coracle.tracing.TracingConfiguration;
import java.util.Optional;
import java.util.OptionalInt;

/** {@code tracing} of a KubeletConfiguration. */
final class TracingFields {

  private TracingFields() {}

  /**
   * @throws IllegalArgumentException in upstream's words
   */
  static Optional<TracingConfiguration> parse(JsonNode tracing) {
    ServingOptions.only(tracing, "tracing", "endpoint", "samplingRatePerMillion");
    if (!tracing.isObject()) {
      return Optional.empty();
    }
    JsonNode rate = tracing.path("samplingRatePerMillion");
    boolean given = !rate.isMissingNode() && !rate.isNull();
    if (given && !rate.isInt()) {
      throw ConfigFields.invalid("tracing.samplingRatePerMillion must be a whole number: " + rate);
    }
    String endpoint = tracing.path("endpoint").asText("");
    try {
      return Optional.of(
          new TracingConfiguration(
              endpoint.isEmpty() ? CollectorAddress.DEFAULT : CollectorAddress.parse(endpoint),
              given ? OptionalInt.of(rate.intValue()) : OptionalInt.empty()));
    } catch (IllegalArgumentException e) {
      throw ConfigFields.invalid("tracing." + e.getMessage());
    }
  }
}
