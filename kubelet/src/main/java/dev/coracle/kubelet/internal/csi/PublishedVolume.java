package dev.coracle.kubelet.internal.csi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * What has to be known to take a volume back, kept in {@code vol_data.json} beside it under
 * upstream's names.
 *
 * @param ephemeral made for one pod, so never staged
 */
record PublishedVolume(
    String driver, String handle, String name, boolean ephemeral, boolean staged) {
  private static final String FILE = "vol_data.json";

  boolean isSameAs(PublishedVolume other) {
    return driver.equals(other.driver) && handle.equals(other.handle);
  }

  void write(Path directory) throws IOException {
    ObjectNode data = Json.object();
    data.put("driverName", driver)
        .put("volumeHandle", handle)
        .put("specVolID", name)
        .put("volumeLifecycleMode", ephemeral ? "Ephemeral" : "Persistent")
        .put("staged", staged);
    Files.createDirectories(directory);
    Path next = directory.resolve(FILE + ".tmp");
    Files.write(next, Json.bytes(data));
    Files.move(
        next,
        directory.resolve(FILE),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }

  static Optional<PublishedVolume> read(Path directory) throws IOException {
    Path file = directory.resolve(FILE);
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return Optional.empty();
    }
    JsonNode data = Json.parseObject(Files.readString(file));
    return Optional.of(
        new PublishedVolume(
            data.path("driverName").asText(""),
            data.path("volumeHandle").asText(""),
            data.path("specVolID").asText(""),
            data.path("volumeLifecycleMode").asText("").equals("Ephemeral"),
            data.path("staged").asBoolean(false)));
  }

  static void forget(Path directory) throws IOException {
    Files.deleteIfExists(directory.resolve(FILE));
  }

  /** Hexadecimal SHA-256, as upstream names volumes, attachments and directories. */
  static String hash(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
