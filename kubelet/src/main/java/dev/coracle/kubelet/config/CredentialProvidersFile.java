package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.GoQuote;
import dev.coracle.api.StatusException;
import dev.coracle.api.Yaml;
import dev.coracle.kubelet.config.CredentialProviders.Provider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Reads CredentialProviderConfigs, and looks whether the programs are there. */
final class CredentialProvidersFile {
  private static final int LARGEST = 1 << 20;
  private static final Set<String> VERSIONS =
      Set.of(
          "kubelet.config.k8s.io/v1",
          "kubelet.config.k8s.io/v1beta1",
          "kubelet.config.k8s.io/v1alpha1");

  private final Path directory;

  CredentialProvidersFile(Path directory) {
    this.directory = directory;
  }

  CredentialProviders read(Path config) {
    if (!Files.isDirectory(directory)) {
      throw new IllegalArgumentException("plugin binary directory " + directory + " did not exist");
    }
    CredentialProviderFields fields = new CredentialProviderFields();
    List<Provider> providers = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Path file : files(config)) {
      for (JsonNode provider : decode(file).path("providers")) {
        String name = provider.path("name").asText("");
        if (!names.add(name)) {
          throw new IllegalArgumentException(
              "duplicate provider name " + GoQuote.of(name) + " found in configuration file(s)");
        }
        providers.add(fields.provider(provider));
      }
    }
    fields.check(providers.size());
    providers.forEach(p -> findProgram(p.name()));
    return new CredentialProviders(providers, directory.toAbsolutePath());
  }

  private void findProgram(String name) {
    Path program = directory.resolve(name);
    if (!Files.isRegularFile(program)) {
      throw new IllegalArgumentException("plugin binary executable " + program + " did not exist");
    }
    if (!Files.isExecutable(program)) {
      throw new IllegalArgumentException(
          "error inspecting binary executable " + program + ": permission denied");
    }
  }

  private static List<Path> files(Path config) {
    if (!Files.exists(config)) {
      throw new IllegalArgumentException(
          "unable to access path " + GoQuote.of(config.toString()) + ": it does not exist");
    }
    if (!Files.isDirectory(config)) {
      return List.of(config);
    }
    try (Stream<Path> list = Files.list(config)) {
      List<Path> found =
          list.filter(f -> f.toString().matches(".*\\.(json|yaml|yml)") && !Files.isDirectory(f))
              .sorted()
              .toList();
      if (found.isEmpty()) {
        throw new IllegalArgumentException(
            "no configuration files found in directory " + GoQuote.of(config.toString()));
      }
      return found;
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "unable to read directory " + GoQuote.of(config.toString()) + ": " + e.getMessage(), e);
    }
  }

  private static JsonNode decode(Path file) {
    String quoted = GoQuote.of(file.toString());
    JsonNode document;
    try {
      if (Files.size(file) > LARGEST) {
        throw new IllegalArgumentException(
            "unable to read file " + quoted + ": it is larger than 1 MiB");
      }
      document = Yaml.parse(Files.readAllBytes(file), LARGEST);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "unable to read file " + quoted + ": " + e.getMessage(), e);
    } catch (StatusException e) {
      throw new IllegalArgumentException(
          "error decoding config " + quoted + ": " + e.getMessage(), e);
    }
    String why = problem(document);
    if (!why.isEmpty()) {
      throw new IllegalArgumentException("error decoding config " + quoted + ": " + why);
    }
    return document;
  }

  private static String problem(JsonNode document) {
    String kind = document.path("kind").asText("");
    if (!kind.equals("CredentialProviderConfig")) {
      return "failed to decode " + GoQuote.of(kind) + " (wrong Kind)";
    }
    String version = document.path("apiVersion").asText("");
    if (!VERSIONS.contains(version)) {
      return "it is of " + GoQuote.of(version) + "; expected kubelet.config.k8s.io/v1";
    }
    JsonNode providers = document.path("providers");
    if (!providers.isArray() && !providers.isMissingNode() && !providers.isNull()) {
      return "providers must be a list";
    }
    return CredentialProviderFields.unknown(document, "", "apiVersion", "kind", "providers");
  }
}
