package dev.coracle.criruntime.internal.image;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What this machine can run, in the words of image indexes. */
public record Platform(String os, String architecture) {

  /** Containers are Linux's, whatever the host. */
  public static Platform here() {
    String arch = System.getProperty("os.arch");
    return new Platform(
        "linux",
        switch (arch) {
          case "amd64", "x86_64" -> "amd64";
          case "aarch64" -> "arm64";
          default -> arch;
        });
  }

  /** The manifest of an index that fits. */
  JsonNode choose(JsonNode manifests) throws IOException {
    @Nullable JsonNode unspecified = null;
    for (JsonNode m : manifests) {
      JsonNode platform = m.path("platform");
      if (platform.isMissingNode() || platform.path("architecture").asText("").isEmpty()) {
        unspecified = unspecified == null ? m : unspecified;
      } else if (platform.path("os").asText().equals(os)
          && platform.path("architecture").asText().equals(architecture)) {
        return m;
      }
    }
    if (unspecified == null) {
      throw new IOException("no image for " + os + "/" + architecture);
    }
    return unspecified;
  }
}
