package dev.coracle.launcher.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.Yaml;
import dev.coracle.launcher.UserErrorException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.schema.CoreSchema;

/** Reads a component's configuration that an option names. */
final class YamlFile {

  private static final int LARGEST = 1 << 20;

  private YamlFile() {}

  /**
   * @param said the option with the file, for the error
   * @throws UserErrorException that says what is wrong with the file
   */
  static JsonNode read(String said, Path file) {
    try {
      if (Files.size(file) > LARGEST) {
        throw refused(said, "it is larger than 1 MiB");
      }
      byte[] bytes = Files.readAllBytes(file);
      Yaml.parse(bytes, LARGEST); // Refuses what is too deep.
      Object document =
          new Load(
                  LoadSettings.builder()
                      .setLabel(file.toString())
                      .setSchema(new CoreSchema())
                      .build())
              .loadFromString(new String(bytes, StandardCharsets.UTF_8));
      return Json.MAPPER.valueToTree(document);
    } catch (NoSuchFileException e) {
      throw refused(said, "it does not exist");
    } catch (IOException e) {
      throw refused(said, "it cannot be read: " + e.getMessage());
    } catch (YamlEngineException | StatusException e) {
      throw refused(said, "it is not valid YAML: " + e.getMessage());
    }
  }

  static UserErrorException refused(String said, String why) {
    return new UserErrorException(said + " cannot be used: " + why);
  }
}
