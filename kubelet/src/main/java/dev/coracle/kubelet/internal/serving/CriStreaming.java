package dev.coracle.kubelet.internal.serving;

import dev.coracle.cri.v1.ExecSyncResponse;
import dev.coracle.kubelet.server.StreamingRuntime;
import dev.coracle.kubelet.spi.RuntimeService;
import io.smallrye.mutiny.Uni;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** CRI's streaming calls, made on virtual threads. */
public final class CriStreaming implements StreamingRuntime {
  private final RuntimeService runtime;
  private final Executor executor;

  public CriStreaming(RuntimeService runtime, Executor executor) {
    this.runtime = runtime;
    this.executor = executor;
  }

  private <T> Uni<T> on(Supplier<T> call) {
    return Uni.createFrom().item(call).runSubscriptionOn(executor);
  }

  @Override
  public Uni<URI> exec(ExecRequest r) {
    return on(() ->
        URI.create(
            runtime.exec(
                dev.coracle.cri.v1.ExecRequest.newBuilder()
                    .setContainerId(r.containerId())
                    .addAllCmd(r.command())
                    .setTty(r.tty())
                    .setStdin(r.stdin())
                    .setStdout(r.stdout())
                    .setStderr(r.stderr())
                    .build())));
  }

  @Override
  public Uni<URI> attach(AttachRequest r) {
    return on(() ->
        URI.create(
            runtime.attach(
                dev.coracle.cri.v1.AttachRequest.newBuilder()
                    .setContainerId(r.containerId())
                    .setTty(r.tty())
                    .setStdin(r.stdin())
                    .setStdout(r.stdout())
                    .setStderr(r.stderr())
                    .build())));
  }

  @Override
  public Uni<URI> portForward(PortForwardRequest r) {
    return on(() ->
        URI.create(
            runtime.portForward(
                dev.coracle.cri.v1.PortForwardRequest.newBuilder()
                    .setPodSandboxId(r.podSandboxId())
                    .addAllPort(r.ports())
                    .build())));
  }

  @Override
  public Uni<ExecOutput> execSync(String containerId, List<String> command, Duration timeout) {
    return on(() -> {
      ExecSyncResponse r = runtime.execSync(containerId, command, timeout);
      return new ExecOutput(
          r.getStdout().toByteArray(), r.getStderr().toByteArray(), r.getExitCode());
    });
  }
}
