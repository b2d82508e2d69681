package dev.coracle.criruntime.internal.image;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.criruntime.StoredImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the OCI (and Docker's) image configuration. */
final class ImageConfigs {
  private ImageConfigs() {}

  static StoredImage.Config parse(JsonNode document) {
    JsonNode c = document.path("config");
    List<String> volumes = new ArrayList<>();
    c.path("Volumes").fieldNames().forEachRemaining(volumes::add);
    Map<String, String> labels = new LinkedHashMap<>();
    c.path("Labels").properties().forEach(e -> labels.put(e.getKey(), e.getValue().asText()));
    return new StoredImage.Config(
        ImageIndex.texts(c.path("Entrypoint")),
        ImageIndex.texts(c.path("Cmd")),
        ImageIndex.texts(c.path("Env")),
        c.path("WorkingDir").asText(""),
        c.path("User").asText(""),
        c.path("StopSignal").asText(""),
        volumes,
        labels);
  }

  /**
   * Digests of the uncompressed layers, lowest first.
   *
   * @throws IOException one of them is none
   */
  static List<String> diffIds(JsonNode document) throws IOException {
    List<String> digests = ImageIndex.texts(document.path("rootfs").path("diff_ids"));
    try {
      digests.forEach(Digest::check);
    } catch (IllegalArgumentException e) {
      throw new IOException("the image's config has an " + e.getMessage(), e);
    }
    return digests;
  }
}
