package dev.coracle.launcher.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.coracle.api.patch.MergePatch;
import dev.coracle.kubelet.config.CredentialProviders;
import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.launcher.UserErrorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The node's KubeletConfiguration. */
final class KubeletFlags {
  @Option(
      names = "--kubelet-config",
      paramLabel = "FILE",
      description =
          "A KubeletConfiguration (kubelet.config.k8s.io/v1beta1): limits of pods, images, taints,"
              + " eviction thresholds, the grace of a node's shutdown, log rotation, static pods,"
              + " sysctls. Default: upstream's defaults")
  private @Nullable Path file;

  @Option(
      names = "--kubelet-config-dir",
      paramLabel = "DIRECTORY",
      description =
          "Further KubeletConfigurations: the files below it that end in .conf, in the order of"
              + " their names, each over those before it and --kubelet-config")
  private @Nullable Path dropIns;

  @Option(
      names = "--image-credential-provider-config",
      paramLabel = "FILE",
      description =
          "A CredentialProviderConfig (kubelet.config.k8s.io/v1), or a directory of them: programs"
              + " that give credentials of registries. Default: none")
  private @Nullable Path providersConfig;

  @Option(
      names = "--image-credential-provider-bin-dir",
      paramLabel = "DIRECTORY",
      description = "Where these programs are.")
  private @Nullable Path providersDirectory;

  /**
   * @throws UserErrorException that names the file and says what is wrong with it
   */
  KubeletConfiguration configuration() {
    Path base = file;
    Path more = dropIns;
    JsonNode whole = base == null ? NullNode.getInstance() : read("--kubelet-config " + base, base);
    for (Path next : more == null ? List.<Path>of() : dropIns(more)) {
      JsonNode document = read("--kubelet-config-dir " + next, next);
      whole = whole.isNull() ? document : MergePatch.apply(whole, document);
    }
    try {
      KubeletConfiguration chosen =
          whole.isNull() ? KubeletConfiguration.DEFAULT : KubeletConfiguration.parse(whole);
      return chosen.withImages(chosen.images().withProviders(providers()));
    } catch (IllegalArgumentException e) {
      throw refused(
          base == null
              ? "--kubelet-config-dir " + more
              : "--kubelet-config " + base + (more == null ? "" : " with the files of " + more),
          String.valueOf(e.getMessage()));
    }
  }

  private CredentialProviders providers() {
    Path config = providersConfig;
    Path directory = providersDirectory;
    if (config == null && directory == null) {
      return CredentialProviders.NONE;
    }
    if (config == null || directory == null) {
      throw new UserErrorException(
          "--image-credential-provider-config and --image-credential-provider-bin-dir need one"
              + " another");
    }
    try {
      return CredentialProviders.read(config, directory);
    } catch (IllegalArgumentException e) {
      throw refused("--image-credential-provider-config " + config, String.valueOf(e.getMessage()));
    }
  }

  private List<Path> dropIns(Path directory) {
    try (Stream<Path> list = Files.walk(directory)) {
      return list.filter(f -> f.toString().endsWith(".conf") && Files.isRegularFile(f))
          .sorted()
          .toList();
    } catch (NoSuchFileException e) {
      throw refused("--kubelet-config-dir " + directory, "it does not exist");
    } catch (IOException e) {
      throw refused("--kubelet-config-dir " + directory, "it cannot be read: " + e.getMessage());
    }
  }

  private static JsonNode read(String said, Path file) {
    JsonNode node = YamlFile.read(said, file);
    try {
      KubeletConfiguration.checkKind(node);
    } catch (IllegalArgumentException e) {
      throw refused(said, String.valueOf(e.getMessage()));
    }
    return node;
  }

  private static UserErrorException refused(String said, String why) {
    return YamlFile.refused(said, why);
  }
}
