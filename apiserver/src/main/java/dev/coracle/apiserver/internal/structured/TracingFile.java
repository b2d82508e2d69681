package dev.coracle.apiserver.internal.structured;

import dev.coracle.tracing.CollectorAddress;
import dev.coracle.tracing.TracingConfiguration;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.OptionalInt;

/**
 * A TracingConfiguration of apiserver.config.k8s.io (Kubernetes docs, "Traces For Kubernetes System
 * Components").
 */
public final class TracingFile {

  private static final String KIND = "TracingConfiguration";

  private TracingFile() {}

  /**
   * @throws IllegalStateException with words for the user
   */
  public static TracingConfiguration read(Path file) {
    try {
      return parse(Files.readAllBytes(file));
    } catch (NoSuchFileException e) {
      throw new IllegalStateException("tracing-config-file " + file + " does not exist", e);
    } catch (IOException | IllegalArgumentException e) {
      throw new IllegalStateException(
          "failed to read the tracing configuration " + file + ": " + e.getMessage(), e);
    }
  }

  static TracingConfiguration parse(byte[] yaml) {
    Field root =
        ConfigFile.parse(yaml, KIND)
            .only("apiVersion", "kind", "endpoint", "samplingRatePerMillion");
    Field rate = root.child("samplingRatePerMillion");
    if (rate.given() && !rate.value().isInt()) {
      throw rate.error("Invalid value: " + rate.value() + ": must be a whole number");
    }
    String endpoint = root.text("endpoint");
    return new TracingConfiguration(
        endpoint.isEmpty() ? CollectorAddress.DEFAULT : CollectorAddress.parse(endpoint),
        rate.given() ? OptionalInt.of(rate.value().intValue()) : OptionalInt.empty());
  }
}
