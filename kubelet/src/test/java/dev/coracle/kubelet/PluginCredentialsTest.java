package dev.coracle.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.ProgramFile;
import dev.coracle.api.Resources;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.kubelet.config.CredentialProviders;
import dev.coracle.kubelet.config.CredentialProviders.CacheType;
import dev.coracle.kubelet.config.CredentialProviders.Provider;
import dev.coracle.kubelet.config.CredentialProviders.TokenAttributes;
import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.kubelet.config.KubeletOptions;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.CriException.Code;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pods get private images by what a program gives for their service accounts. */
class PluginCredentialsTest {
  private static final String IMAGE = "registry.example/private:1";

  @TempDir private Path programs;

  private KubeletHarness k;

  @BeforeEach
  void start() throws Exception {
    ProgramFile.write(
        programs.resolve("give"),
        """
        #!/bin/sh
        while [ -e "$DIR/hang" ]; do sleep 0.01; done
        echo asked >> "$DIR/asked"
        echo '{"kind":"CredentialProviderResponse","apiVersion":"%s","cacheKeyType":"Registry",
          "auth":{"registry.example":{"username":"given","password":"p"}}}'
        """
            .formatted(CredentialProviders.V1));
    k = new KubeletHarness(this::configured);
    k.runtime.failing(call ->
        call.equals("pullImage " + IMAGE)
            ? Optional.of(new CriException(Code.UNKNOWN, "authorization failed"))
            : Optional.empty());
    for (String name : List.of("one", "other")) {
      k.api
          .create(
              Resources.SERVICE_ACCOUNTS,
              KubeObject.create(
                  new GroupVersionKind("", "v1", "ServiceAccount"), "default", name, n -> {}))
          .await()
          .indefinitely();
    }
  }

  private KubeletOptions configured(KubeletOptions options) {
    Provider give =
        new Provider(
            "give",
            List.of("registry.example"),
            Duration.ofHours(1),
            CredentialProviders.V1,
            List.of(),
            Map.of("DIR", programs.toString()),
            Optional.of(
                new TokenAttributes(
                    "registry.example", true, CacheType.SERVICE_ACCOUNT, List.of(), List.of())));
    KubeletConfiguration base = KubeletConfiguration.DEFAULT;
    return options.withConfiguration(
        base.withImages(
            base.images().withProviders(new CredentialProviders(List.of(give), programs))));
  }

  @AfterEach
  void stop() throws Exception {
    k.close();
  }

  private void create(String name, String account, String policy) {
    k.create(
        name,
        (account.isEmpty() ? "" : "\"serviceAccountName\":\"" + account + "\",")
            + "\"containers\":[{\"name\":\"c\",\"image\":\""
            + IMAGE
            + "\",\"imagePullPolicy\":\""
            + policy
            + "\"}]");
  }

  private long pulls() {
    return k.runtime.calls().stream()
        .filter(c -> c.equals("pullImage " + IMAGE + " as given"))
        .count();
  }

  @Test
  void whatAnAccountWasGivenAnImageForIsItsPodsAlone() throws Exception {
    create("owner", "one", "IfNotPresent");
    k.awaitPhase("owner", "Running");
    create("friend", "one", "Never");
    k.awaitPhase("friend", "Running");
    create("thief", "", "IfNotPresent");
    create("sly", "other", "Never");
    k.eventually(() ->
        assertThat(k.container("thief").at("/state/waiting/reason").asText())
            .isIn("ErrImagePull", "ImagePullBackOff"));
    k.eventually(() ->
        assertThat(k.container("sly").at("/state/waiting/reason").asText())
            .isEqualTo("ErrImageNeverPull"));
    assertThat(pulls()).isEqualTo(1);
    create("other", "other", "IfNotPresent");
    k.awaitPhase("other", "Running");
    assertThat(pulls()).as("its account had to show that it may").isEqualTo(2);
    assertThat(Files.readAllLines(programs.resolve("asked"))).as("once for each").hasSize(2);

    k.restart();
    create("late", "one", "Never");
    k.awaitPhase("late", "Running");
    assertThat(pulls()).isEqualTo(2);
  }

  @Test
  void aProgramThatHangsHoldsNoPodThatGoes() throws Exception {
    Files.createFile(programs.resolve("hang"));
    create("waiting", "one", "IfNotPresent");
    k.eventually(
        () -> assertThat(k.events()).anyMatch(e -> e.startsWith("Pulling: Pulling image")));
    k.simple("free", "");
    k.awaitPhase("free", "Running");
    k.delete("waiting", DeleteOptions.DEFAULT);
    k.eventually(() -> assertThat(k.exists("waiting")).isFalse());
    Files.delete(programs.resolve("hang"));
  }
}
