package dev.coracle.launcher.cli;

import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.Yaml;
import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.launcher.UserErrorException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.schema.CoreSchema;
import picocli.CommandLine.Option;

/** The node's KubeletConfiguration. */
final class KubeletFlags {
  private static final int LARGEST = 1 << 20;

  @Option(
      names = "--kubelet-config",
      paramLabel = "FILE",
      description =
          "A KubeletConfiguration (kubelet.config.k8s.io/v1beta1): eviction thresholds, the grace"
              + " of a node's shutdown, log rotation, static pods, sysctls, private images. Default:"
              + " upstream's defaults")
  private @Nullable Path file;

  KubeletConfiguration configuration() {
    Path chosen = file;
    if (chosen == null) {
      return KubeletConfiguration.DEFAULT;
    }
    try {
      if (Files.size(chosen) > LARGEST) {
        throw refused(chosen, "it is larger than 1 MiB");
      }
      byte[] bytes = Files.readAllBytes(chosen);
      Yaml.parse(bytes, LARGEST); // Refuses what is too deep.
      Object document =
          new Load(
                  LoadSettings.builder()
                      .setLabel(chosen.toString())
                      .setSchema(new CoreSchema())
                      .build())
              .loadFromString(new String(bytes, StandardCharsets.UTF_8));
      return KubeletConfiguration.parse(Json.MAPPER.valueToTree(document));
    } catch (NoSuchFileException e) {
      throw refused(chosen, "it does not exist");
    } catch (IOException e) {
      throw refused(chosen, "it cannot be read: " + e.getMessage());
    } catch (YamlEngineException | StatusException e) {
      throw refused(chosen, "it is not valid YAML: " + e.getMessage());
    } catch (IllegalArgumentException e) {
      throw refused(chosen, String.valueOf(e.getMessage()));
    }
  }

  private static UserErrorException refused(Path file, String why) {
    return new UserErrorException("--kubelet-config " + file + " cannot be used: " + why);
  }
}
