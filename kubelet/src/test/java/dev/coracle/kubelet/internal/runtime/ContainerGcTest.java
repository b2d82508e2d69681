package dev.coracle.kubelet.internal.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.kubelet.fake.FakeRuntime;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.CriException.Code;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContainerGcTest {
  @TempDir private Path root;

  @Test
  void aRuntimeThatDoesNotTellWhatItHasIsAnEventOfTheNode() {
    List<String> told = new ArrayList<>();
    FakeRuntime runtime = new FakeRuntime();
    runtime.failing(call ->
        call.equals("listContainers")
            ? Optional.of(new CriException(Code.DEADLINE_EXCEEDED, "context deadline exceeded"))
            : Optional.empty());
    ContainerGc gc =
        new ContainerGc(
            runtime,
            new PodPaths(root, root.resolve("logs")),
            Runnable::run,
            (type, reason, message) -> told.add(type + " " + reason + ": " + message));
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> gc.removePod("u", 0)).isInstanceOf(CriException.class);
      assertThatThrownBy(() -> gc.removeAllEnded(_ -> true)).isInstanceOf(CriException.class);
    }
    assertThat(told)
        .containsExactly(
            "Warning ContainerGCFailed: rpc error: code = DeadlineExceeded desc = context deadline"
                + " exceeded");
  }
}
