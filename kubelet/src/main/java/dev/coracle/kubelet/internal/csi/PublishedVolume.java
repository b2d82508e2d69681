package dev.coracle.kubelet.internal.csi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
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
 * @param staged whether it has to be unstaged
 * @param published whether the driver was ever asked to publish it here
 */
record PublishedVolume(
    String driver,
    String handle,
    String name,
    boolean ephemeral,
    boolean staged,
    boolean published) {
  private static final String FILE = "vol_data.json";
  private static final int LARGEST = 64 << 10;

  boolean isSameAs(PublishedVolume other) {
    return driver.equals(other.driver) && handle.equals(other.handle);
  }

  /** The same before the driver is asked to publish it. */
  PublishedVolume unpublished() {
    return new PublishedVolume(driver, handle, name, ephemeral, staged, false);
  }

  void write(Path directory) throws IOException {
    ObjectNode data = Json.object();
    data.put("driverName", driver)
        .put("volumeHandle", handle)
        .put("specVolID", name)
        .put("volumeLifecycleMode", ephemeral ? "Ephemeral" : "Persistent")
        .put("staged", staged)
        .put("published", published);
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
    if (Files.size(file) > LARGEST) {
      throw new IOException("cannot use " + file + ": it is larger than " + LARGEST + " bytes");
    }
    try {
      return Optional.of(parse(Files.readAllBytes(file)));
    } catch (StatusException e) {
      throw new IOException("cannot use " + file + ": " + e.getMessage(), e);
    }
  }

  /** A driver that is not named is one that is not there. */
  static PublishedVolume parse(byte[] json) {
    JsonNode data = Json.parseObject(json);
    return new PublishedVolume(
        data.path("driverName").asText(""),
        data.path("volumeHandle").asText(""),
        data.path("specVolID").asText(""),
        data.path("volumeLifecycleMode").asText("").equals("Ephemeral"),
        data.path("staged").asBoolean(false),
        data.path("published").asBoolean(true));
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
