package dev.coracle.launcher.cli;

import dev.coracle.api.Quantity;
import dev.coracle.launcher.UserErrorException;
import picocli.CommandLine.Option;

/** What the built-in runtime takes of an image. */
final class ImageFlags {

  @Option(
      names = "--max-layer-size",
      paramLabel = "SIZE",
      defaultValue = "20Gi",
      description =
          "The most that a layer of an image may become when the built-in runtime unpacks it."
              + " Default: ${DEFAULT-VALUE}")
  private String maxLayerSize = "20Gi";

  long maxLayerBytes() {
    Quantity size = Quantity.tryParse(maxLayerSize);
    if (size == null || size.signum() <= 0) {
      throw new UserErrorException(
          "--max-layer-size is a size such as 20Gi or 500M, not '" + maxLayerSize + "'");
    }
    return size.longValue();
  }
}
