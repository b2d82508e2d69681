package dev.coracle.kubelet.internal.host;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;
import java.util.Optional;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * A JSON object with a checksum, replaced as a whole. The checksum is of another kind than
 * upstream's, whose files are not read.
 */
public record CheckpointFile(Path file) {

  public void write(ObjectNode data) throws IOException {
    ObjectNode out = data.deepCopy();
    out.put("checksum", checksum(data));
    Files.createDirectories(Objects.requireNonNull(file.getParent()));
    Path next = file.resolveSibling(file.getFileName() + ".tmp");
    Files.write(next, Json.bytes(out));
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /**
   * @return empty where nothing is written
   * @throws IOException what is written is damaged
   */
  public Optional<ObjectNode> read() throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      ObjectNode whole = Json.parseObject(Files.readString(file)).deepCopy();
      JsonNode sum = whole.remove("checksum");
      if (sum == null || sum.asLong() != checksum(whole)) {
        throw new IOException("checkpoint is corrupted");
      }
      return Optional.of(whole);
    } catch (RuntimeException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /**
   * What is written cannot go on as it is.
   *
   * @param owner whose file it is, in upstream's words
   */
  public IllegalStateException unusable(String owner, String why, @Nullable Exception e) {
    return new IllegalStateException(
        "could not restore state from checkpoint: "
            + why
            + ", please drain this node and delete the "
            + owner
            + " checkpoint file \""
            + file
            + "\" before restarting Kubelet",
        e);
  }

  private static long checksum(JsonNode data) {
    CRC32 crc = new CRC32();
    crc.update(Json.bytes(data));
    return crc.getValue();
  }
}
