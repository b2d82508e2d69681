package dev.coracle.kubelet.internal.image.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.coracle.api.ProgramFile;
import dev.coracle.kubelet.config.CredentialProviders;
import dev.coracle.kubelet.config.CredentialProviders.Provider;
import dev.coracle.kubelet.internal.image.PullCredential.ServiceAccount;
import dev.coracle.kubelet.internal.image.provider.PodAccounts.Account;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Programs that fail, each in its way: none is waited for too long, none has its secrets told. */
class PluginProgramTest {
  private static final String WHAT = "error execing credential provider plugin p for image i: ";

  @TempDir private Path dir;

  private PluginProgram program(String script, Duration limit) throws IOException {
    ProgramFile.write(dir.resolve("p"), "#!/bin/sh\n" + script);
    return new PluginProgram(
        dir,
        new Provider(
            "p",
            List.of("*"),
            Duration.ZERO,
            CredentialProviders.V1,
            List.of(),
            Map.of("DIR", dir.toString()),
            Optional.empty()),
        limit,
        new KubeletMetrics(new SimpleMeterRegistry(), "n1"));
  }

  @Test
  void aProgramThatHangsIsKilledWithItsChildren() throws IOException {
    PluginProgram program =
        program("sleep 1000 & echo $! > \"$DIR/child\"; wait\n", Duration.ofSeconds(1));
    assertThatThrownBy(() -> program.run("i", Optional.empty()))
        .isInstanceOf(PluginFailure.class)
        .hasMessage(WHAT + "context deadline exceeded");
    long child = Long.parseLong(Files.readString(dir.resolve("child")).strip());
    Awaitility.await()
        .until(() -> ProcessHandle.of(child).filter(ProcessHandle::isAlive).isEmpty());
  }

  /** It has ended, but who holds its output has not: whether that is read is left to chance. */
  @Test
  void aChildThatStaysHoldsNobodyForLong() throws IOException {
    PluginProgram program =
        program(
            "sleep 1000 & echo $! > \"$DIR/child\"; cat \"$DIR/answer\"\n", Duration.ofSeconds(1));
    Files.writeString(
        dir.resolve("answer"),
        "{\"apiVersion\":\"V\",\"kind\":\"CredentialProviderResponse\",\"cacheKeyType\":\"Image\"}"
            .replace("V", CredentialProviders.V1));
    assertTimeoutPreemptively(
        Duration.ofSeconds(30),
        () -> {
          try {
            assertThat(program.run("i", Optional.empty()).auth()).isEmpty();
          } catch (PluginFailure e) {
            assertThat(e).hasMessage(WHAT + "context deadline exceeded");
          }
        });
    ProcessHandle.of(Long.parseLong(Files.readString(dir.resolve("child")).strip()))
        .ifPresent(ProcessHandle::destroyForcibly);
  }

  @Test
  void aProgramThatWritesTooMuchIsStopped() throws IOException {
    PluginProgram program = program("exec cat /dev/zero\n", Duration.ofMinutes(1));
    assertThatThrownBy(() -> program.run("i", Optional.empty()))
        .hasMessage(WHAT + "it wrote more than 1 MiB");
  }

  @Test
  void whatAProgramSaysOfItsFailureIsToldWithoutTheToken() throws IOException {
    PluginProgram program =
        program(
            "echo secret >&1; echo \"no luck with $(cat)\" >&2; exit 3\n", Duration.ofMinutes(1));
    Account account = new Account(new ServiceAccount("1", "ns", "a"), Map.of(), "tok.en");
    assertThat(account.toString()).doesNotContain("tok.en");
    assertThatThrownBy(() -> program.run("i", Optional.of(account)))
        .hasMessageStartingWith(WHAT + "exit status 3: no luck with {\"kind\"")
        .hasMessageContaining("\"serviceAccountToken\":\"<omitted>\"")
        .hasMessageNotContaining("tok.en")
        .hasMessageNotContaining("secret");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "hunter2|error reading GVK from response: it is no JSON",
        "{\"apiVersion\":\"x\"}|apiVersion from credential plugin response did not match expected apiVersion:credentialprovider.kubelet.k8s.io/v1, actual apiVersion:x",
        "{\"apiVersion\":\"V\",\"kind\":\"hunter2\"}|error decoding credential provider plugin response from stdout: its kind is not CredentialProviderResponse",
        "{\"apiVersion\":\"V\",\"kind\":\"K\",\"cacheKeyType\":\"hunter2\"}|credential provider plugin did not return a valid cacheKeyType: it must be Image, Registry or Global",
        "{\"apiVersion\":\"V\",\"kind\":\"K\",\"cacheKeyType\":\"Image\",\"auth\":{\"a\":\"hunter2\"}}|error decoding credential provider plugin response from stdout: an auth needs a username and a password",
        "{\"apiVersion\":\"V\",\"kind\":\"K\",\"cacheKeyType\":\"Image\",\"cacheDuration\":\"hunter2\"}|error decoding credential provider plugin response from stdout: its cacheDuration is no duration",
      })
  void anAnswerThatIsNoneIsNotRepeated(String answer, String words) throws IOException {
    Files.writeString(
        dir.resolve("answer"),
        answer
            .replace("\"V\"", "\"" + CredentialProviders.V1 + "\"")
            .replace("\"K\"", "\"CredentialProviderResponse\""));
    PluginProgram program =
        program("cat > /dev/null; cat \"$DIR/answer\"\n", Duration.ofMinutes(1));
    assertThatThrownBy(() -> program.run("i", Optional.empty()))
        .isInstanceOf(PluginFailure.class)
        .hasMessageStartingWith(words)
        .hasMessageNotContaining("hunter2");
  }
}
