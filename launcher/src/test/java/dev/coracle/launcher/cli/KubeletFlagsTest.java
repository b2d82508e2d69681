package dev.coracle.launcher.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.launcher.UserErrorException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A node's configuration out of a file and of a directory of further ones. */
class KubeletFlagsTest {
  private static final String HEAD =
      "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";

  @TempDir Path directory;
  private Path base;
  private Path more;

  @BeforeEach
  void files() throws IOException {
    base =
        Files.writeString(
            directory.resolve("kubelet.yaml"),
            HEAD
                + "maxPods: 10\n"
                + "kubeReserved: {cpu: 100m, memory: 64Mi}\n"
                + "allowedUnsafeSysctls: [net.core.somaxconn]\n");
    more = Files.createDirectory(directory.resolve("kubelet.conf.d"));
  }

  private void dropIn(String name, String text) throws IOException {
    Files.writeString(more.resolve(name), text);
  }

  private static KubeletConfiguration parse(String... arguments) {
    KubeletFlags flags = new KubeletFlags();
    new CommandLine(
            CommandLine.Model.CommandSpec.create()
                .addMixin("kubelet", CommandLine.Model.CommandSpec.forAnnotatedObject(flags)))
        .parseArgs(arguments);
    return flags.configuration();
  }

  private KubeletConfiguration both() {
    return parse("--kubelet-config", base.toString(), "--kubelet-config-dir", more.toString());
  }

  @Test
  void laterFilesGoOverEarlierOnesFieldByField() throws IOException {
    dropIn("20-last.conf", HEAD + "maxPods: 30\n");
    dropIn(
        "10-first.conf",
        HEAD
            + "maxPods: 20\nkubeReserved: {cpu: 200m}\n"
            + "allowedUnsafeSysctls: [\"kernel.msg*\"]\n");
    dropIn("30-other.yaml", HEAD + "maxPods: 40\n");
    KubeletConfiguration read = both();
    assertThat(read.pods().most()).isEqualTo(30);
    assertThat(read.reservations().kube().toString()).contains("cpu=200m", "memory=64Mi");
    assertThat(read.pods().sysctls().unsafe()).isEqualTo(List.of("kernel.msg*"));
    assertThat(parse("--kubelet-config-dir", more.toString()).pods().most()).isEqualTo(30);
    assertThat(parse()).isEqualTo(KubeletConfiguration.DEFAULT);
  }

  @Test
  void whatIsWrongIsSaidOfTheFile() throws IOException {
    assertThatThrownBy(() -> parse("--kubelet-config-dir", directory.resolve("nowhere").toString()))
        .isInstanceOf(UserErrorException.class)
        .hasMessage(
            "--kubelet-config-dir "
                + directory.resolve("nowhere")
                + " cannot be used: it does not exist");
    dropIn("a.conf", "maxPods: 1\n");
    assertThatThrownBy(this::both)
        .isInstanceOf(UserErrorException.class)
        .hasMessage(
            "--kubelet-config-dir "
                + more.resolve("a.conf")
                + " cannot be used: it is no KubeletConfiguration of"
                + " kubelet.config.k8s.io/v1beta1");
    dropIn("a.conf", HEAD + "maxpods: 1\n");
    assertThatThrownBy(this::both)
        .isInstanceOf(UserErrorException.class)
        .hasMessageContaining(
            "--kubelet-config "
                + base
                + " with the files of "
                + more
                + " cannot be used: unknown field");
  }

  @Test
  void programsThatGiveCredentialsAreNamedByTwoOptions() throws IOException {
    String config = "--image-credential-provider-config";
    String programs = "--image-credential-provider-bin-dir";
    Path file =
        Files.writeString(
            directory.resolve("providers.yaml"),
            """
            apiVersion: kubelet.config.k8s.io/v1
            kind: CredentialProviderConfig
            providers:
            - name: give
              apiVersion: credentialprovider.kubelet.k8s.io/v1
              matchImages: ["*.example"]
              defaultCacheDuration: 1m
            """);
    assertThatThrownBy(() -> parse(config, file.toString()))
        .isInstanceOf(UserErrorException.class)
        .hasMessage(config + " and " + programs + " need one another");
    assertThatThrownBy(() -> parse(config, file.toString(), programs, more.toString()))
        .isInstanceOf(UserErrorException.class)
        .hasMessage(
            config
                + " "
                + file
                + " cannot be used: plugin binary executable "
                + more.resolve("give")
                + " did not exist");
    dropIn("give", "#!/bin/sh\n");
    assertThat(more.resolve("give").toFile().setExecutable(true)).isTrue();
    assertThat(
            parse(config, file.toString(), programs, more.toString())
                .images()
                .providers()
                .providers())
        .singleElement()
        .satisfies(p -> assertThat(p.name()).isEqualTo("give"));
  }
}
