package dev.coracle.kubelet.internal.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.kubelet.internal.host.SafeOpen;
import dev.coracle.kubelet.internal.pod.EnvFile;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Variables out of files that other containers of the pod have written to a volume ({@code
 * fileKeyRef}, KEP-3721). The file is whatever a container left there: it is opened without
 * following links, has to be a plain file, and no more of it is read than any such file needs.
 */
final class EnvFiles {
  private static final int MOST_BYTES = 1 << 20;

  private EnvFiles() {}

  /**
   * @param volumes of the pod, by name
   * @return empty where an optional file or variable is not there
   * @throws ConfigException when it is not and has to be, or the file is no such file
   */
  static Optional<String> value(JsonNode ref, Map<String, Mounted> volumes) {
    String volume = ref.path("volumeName").asText("");
    String file = ref.path("path").asText("");
    String key = ref.path("key").asText("");
    boolean optional = ref.path("optional").asBoolean(false);
    Mounted mounted = volumes.get(volume);
    if (mounted == null || mounted.path() == null) {
      throw new ConfigException(
          "cannot find the volume \"" + volume + "\" referenced by FileKeyRef");
    }
    Optional<String> found;
    try {
      found = EnvFile.value(read(mounted.path(), file), key);
    } catch (NoSuchFileException e) {
      if (optional) {
        return Optional.empty();
      }
      throw new ConfigException(
          "couldn't parse env file: environment variable file \"" + file + "\" does not exist");
    } catch (IOException | IllegalArgumentException e) {
      throw new ConfigException("couldn't parse env file: " + e.getMessage());
    }
    if (found.isEmpty() && !optional) {
      throw new ConfigException(
          "environment variable key \"" + key + "\" not found in file \"" + file + "\"");
    }
    return found;
  }

  private static String read(Path root, String file) throws IOException {
    Path relative = Path.of(file).normalize();
    if (relative.isAbsolute() || List.of(file.split("/", -1)).contains("..")) {
      throw new IOException("the path \"" + file + "\" leads out of its volume");
    }
    if (!Files.exists(root.resolve(relative), java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
      throw new NoSuchFileException(file);
    }
    try (SafeOpen open = SafeOpen.below(root, relative, -1)) {
      if (!Files.isRegularFile(open.path())) {
        throw new IOException("\"" + file + "\" is not a regular file");
      }
      try (InputStream in = Files.newInputStream(open.path())) {
        byte[] bytes = in.readNBytes(MOST_BYTES + 1);
        if (bytes.length > MOST_BYTES) {
          throw new IOException("\"" + file + "\" has more than " + MOST_BYTES + " bytes");
        }
        return new String(bytes, StandardCharsets.UTF_8);
      }
    }
  }
}
