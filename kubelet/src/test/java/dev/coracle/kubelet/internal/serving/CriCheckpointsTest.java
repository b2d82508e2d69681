package dev.coracle.kubelet.internal.serving;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.kubelet.fake.FakeRuntime;
import dev.coracle.kubelet.server.ContainerView;
import dev.coracle.kubelet.server.PodView;
import dev.coracle.kubelet.spi.CriException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CriCheckpointsTest {
  private static final PodView POD = new PodView("shop", "web", "u1", Optional.empty(), List.of());
  private static final ContainerView.Instance APP =
      new ContainerView.Instance("c1", Path.of("0.log"), true);

  private final FakeRuntime runtime = new FakeRuntime();
  @TempDir private Path root;

  private Path checkpoint(long timeout) {
    return new CriCheckpoints(
            runtime,
            root.resolve("checkpoints"),
            Clock.fixed(Instant.parse("2026-01-02T03:04:05Z"), ZoneOffset.UTC),
            Runnable::run)
        .of(POD, "app", APP, timeout)
        .await()
        .indefinitely();
  }

  @Test
  void theArchiveIsNamedAsUpstreamsAndForRootAlone() throws Exception {
    Path file = checkpoint(0);
    assertThat(file.getParent()).isEqualTo(root.resolve("checkpoints"));
    assertThat(file.getFileName().toString())
        .matches(
            "checkpoint-web_shop-app-2026-01-0[123]T\\d\\d:\\d\\d:05(Z|[+-]\\d\\d:\\d\\d)\\.tar");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())))
        .isEqualTo("rwx------");
  }

  @ParameterizedTest
  @CsvSource({"0, 120", "5, 120", "300, 300"})
  void itTakesNoLessTimeThanOtherCalls(long asked, long given) {
    checkpoint(asked);
    assertThat(runtime.calls()).containsExactly("checkpointContainer " + given);
  }

  @Test
  void aRuntimeThatCannotSaysSo() {
    runtime.failing(
        _ -> Optional.of(new CriException(CriException.Code.UNIMPLEMENTED, "not implemented")));
    assertThatThrownBy(() -> checkpoint(0))
        .hasMessage("rpc error: code = Unimplemented desc = not implemented");
    assertThatThrownBy(() -> checkpoint(-1))
        .hasMessage("CheckpointContainer requires the timeout value to be > 0");
  }
}
