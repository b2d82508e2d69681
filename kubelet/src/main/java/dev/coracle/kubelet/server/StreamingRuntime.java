package dev.coracle.kubelet.server;

import io.smallrye.mutiny.Uni;
import java.net.URI;
import java.time.Duration;
import java.util.List;

/**
 * The streaming calls of CRI v1. Each URL is good for one connection; the server asks again when it
 * has to try another protocol. A failed Uni's message reaches the client. Must not block.
 *
 * @see <a href="https://github.com/kubernetes/cri-api">cri-api</a>, RuntimeService Exec, Attach,
 *     PortForward, ExecSync
 */
public interface StreamingRuntime {
  Uni<URI> exec(ExecRequest request);

  Uni<URI> attach(AttachRequest request);

  Uni<URI> portForward(PortForwardRequest request);

  /** Runs to the end and collects the output, for {@code /run}. */
  Uni<ExecOutput> execSync(String containerId, List<String> command, Duration timeout);

  /** CRI ExecRequest. Never both {@code tty} and {@code stderr}. */
  record ExecRequest(
      String containerId,
      List<String> command,
      boolean tty,
      boolean stdin,
      boolean stdout,
      boolean stderr) {
    public ExecRequest {
      command = List.copyOf(command);
    }
  }

  /** CRI AttachRequest. Never both {@code tty} and {@code stderr}. */
  record AttachRequest(
      String containerId, boolean tty, boolean stdin, boolean stdout, boolean stderr) {}

  /** CRI PortForwardRequest. */
  record PortForwardRequest(String podSandboxId, List<Integer> ports) {
    public PortForwardRequest {
      ports = List.copyOf(ports);
    }
  }

  /** CRI ExecSyncResponse. */
  @SuppressWarnings("ArrayRecordComponent") // handed on, never compared
  record ExecOutput(byte[] stdout, byte[] stderr, int exitCode) {}
}
