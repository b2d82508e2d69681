package dev.coracle.kubelet.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.kubelet.config.CredentialProviders.CacheType;
import dev.coracle.kubelet.config.CredentialProviders.Provider;
import dev.coracle.kubelet.config.CredentialProviders.TokenAttributes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CredentialProvidersTest {
  private static final String HEAD =
      "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders:\n";
  private static final String GOOD =
      """
      - name: one
        apiVersion: credentialprovider.kubelet.k8s.io/v1
        matchImages: ["*.example.org", "registry.example:5000/team"]
        defaultCacheDuration: 1h30m
        args: [get]
        env: [{name: A, value: b}]
        tokenAttributes:
          serviceAccountTokenAudience: registry.example
          requireServiceAccount: true
          cacheType: ServiceAccount
          requiredServiceAccountAnnotationKeys: [example.org/a]
          optionalServiceAccountAnnotationKeys: [example.org/b]
      """;

  @TempDir private Path dir;

  @BeforeEach
  void programs() throws IOException {
    for (String name : List.of("one", "two", "plain")) {
      Files.createDirectories(dir.resolve("bin"));
      Path program = Files.writeString(dir.resolve("bin").resolve(name), "#!/bin/sh\n");
      assertThat(program.toFile().setExecutable(!name.equals("plain"))).isTrue();
    }
  }

  private Path write(String name, String text) throws IOException {
    Path file = dir.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, text);
  }

  private CredentialProviders read(Path config) {
    return CredentialProviders.read(config, dir.resolve("bin"));
  }

  @Test
  void everyFieldIsRead() throws IOException {
    assertThat(read(write("c.yaml", HEAD + GOOD)).providers())
        .containsExactly(
            new Provider(
                "one",
                List.of("*.example.org", "registry.example:5000/team"),
                Duration.ofMinutes(90),
                "credentialprovider.kubelet.k8s.io/v1",
                List.of("get"),
                Map.of("A", "b"),
                Optional.of(
                    new TokenAttributes(
                        "registry.example",
                        true,
                        CacheType.SERVICE_ACCOUNT,
                        List.of("example.org/a"),
                        List.of("example.org/b")))));
  }

  @Test
  void aDirectoryIsReadInTheOrderOfItsNames() throws IOException {
    write("conf/b.yml", HEAD + GOOD);
    write("conf/a.json", HEAD + GOOD.replace("name: one", "name: two"));
    write("conf/c.txt", "nothing of this");
    assertThat(read(dir.resolve("conf")).providers())
        .extracting(Provider::name)
        .containsExactly("two", "one");
    write("conf/d.yaml", HEAD + GOOD);
    assertThatThrownBy(() -> read(dir.resolve("conf")))
        .hasMessage("duplicate provider name \"one\" found in configuration file(s)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "name: one|name: a/b|providers.name: Invalid value: \"a/b\": provider name cannot contain '/'",
        "name: one|name: a b|providers.name: Invalid value: \"a b\": provider name cannot contain spaces",
        "name: one|name: ..|providers.name: Invalid value: \"..\": provider name cannot be '..'",
        "name: one|name: three|plugin binary executable DIR/bin/three did not exist",
        "name: one|name: plain|error inspecting binary executable DIR/bin/plain: permission denied",
        "credentialprovider.kubelet.k8s.io/v1|x/v1|providers.apiVersion: Unsupported value: \"x/v1\": supported values: \"credentialprovider.kubelet.k8s.io/v1\", \"credentialprovider.kubelet.k8s.io/v1alpha1\", \"credentialprovider.kubelet.k8s.io/v1beta1\"",
        "credentialprovider.kubelet.k8s.io/v1|credentialprovider.kubelet.k8s.io/v1beta1|providers.tokenAttributes: Forbidden: tokenAttributes is only supported for credentialprovider.kubelet.k8s.io/v1 API version",
        "[\"*.example.org\", \"registry.example:5000/team\"]|[]|providers.matchImages: Required value: at least 1 item in matchImages is required",
        "*.example.org|a%b|providers.matchImages: Invalid value: \"a%b\": match image is invalid: parse",
        "1h30m|-1s|providers.defaultCacheDuration: Invalid value: \"-1s\": defaultCacheDuration must be greater than or equal to 0",
        "defaultCacheDuration: 1h30m|args: []|providers.defaultCacheDuration: Required value",
        "args:|arguments:|strict decoding error: unknown field \"providers.arguments\"",
        "requireServiceAccount: true|requireServiceAccount: false|providers.tokenAttributes.requiredServiceAccountAnnotationKeys: Forbidden: requireServiceAccount cannot be false when requiredServiceAccountAnnotationKeys is set",
        "example.org/b|example.org/a|providers.tokenAttributes: Invalid value: [\"example.org/a\"]: annotation keys cannot be both required and optional",
        "cacheType: ServiceAccount|cacheType: Pod|providers.tokenAttributes.cacheType: Unsupported value: \"Pod\": supported values: \"ServiceAccount\", \"Token\"",
        "cacheType: ServiceAccount|cacheType: ''|providers.tokenAttributes.cacheType: Required value: cacheType is required to be set when tokenAttributes is specified. Supported values are: ServiceAccount, Token",
        "serviceAccountTokenAudience: registry.example|serviceAccountTokenAudience: ''|providers.tokenAttributes.serviceAccountTokenAudience: Required value",
        "kind: CredentialProviderConfig|kind: Config|failed to decode \"Config\" (wrong Kind)",
      })
  void whatIsWrongIsSaidInUpstreamsWords(String from, String to, String words) throws IOException {
    Path config = write("c.yaml", (HEAD + GOOD).replace(from, to));
    assertThatThrownBy(() -> read(config))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(words.replace("DIR", dir.toString()));
  }

  @Test
  void allThatIsWrongIsSaidAtOnce() throws IOException {
    Path config = write("c.yaml", HEAD + "- {name: one}\n");
    assertThatThrownBy(() -> read(config))
        .hasMessage(
            "failed to validate credential provider config: [providers.apiVersion: Required value,"
                + " providers.matchImages: Required value: at least 1 item in matchImages is"
                + " required, providers.defaultCacheDuration: Required value]");
  }

  @Test
  void nothingIsMissed() {
    assertThatThrownBy(() -> read(dir.resolve("none"))).hasMessageContaining("unable to access");
    assertThatThrownBy(() -> read(dir.resolve("bin")))
        .hasMessageContaining("no configuration files found in directory");
    assertThatThrownBy(() -> CredentialProviders.read(dir, dir.resolve("none")))
        .hasMessage("plugin binary directory " + dir.resolve("none") + " did not exist");
    assertThatThrownBy(() -> read(write("c.yaml", HEAD)))
        .hasMessageContaining("providers: Required value: at least 1 item in plugins is required");
  }
}
