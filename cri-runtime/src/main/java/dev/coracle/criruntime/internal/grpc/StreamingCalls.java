package dev.coracle.criruntime.internal.grpc;

import dev.coracle.cri.v1.*;
import dev.coracle.criruntime.internal.container.Container;
import dev.coracle.criruntime.internal.container.ContainerService;
import dev.coracle.criruntime.internal.linux.Poller;
import dev.coracle.criruntime.internal.pod.Sandbox;
import dev.coracle.criruntime.internal.pod.SandboxService;
import dev.coracle.criruntime.internal.streaming.RemoteCommand;
import dev.coracle.criruntime.internal.streaming.SynchronousExec;
import dev.coracle.criruntime.server.Calls;
import dev.coracle.criruntime.streaming.ForwardTarget;
import dev.coracle.criruntime.streaming.StreamingServer;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;

/**
 * CRI's calls into what runs: commands, attaching and ports, by addresses of the streaming server
 * but for the command that is waited for.
 */
final class StreamingCalls {
  private final Calls calls;
  private final SandboxService sandboxes;
  private final ContainerService containers;
  private final StreamingServer streaming;
  private final Poller poller;

  StreamingCalls(
      Calls calls,
      SandboxService sandboxes,
      ContainerService containers,
      StreamingServer streaming,
      Poller poller) {
    this.calls = calls;
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.streaming = streaming;
    this.poller = poller;
  }

  Future<ExecSyncResponse> execSync(ExecSyncRequest request) {
    return calls.run(
        "ExecSync",
        () ->
            SynchronousExec.run(
                containers.kind(),
                containers.require(request.getContainerId()),
                request.getCmdList(),
                request.getTimeout(),
                poller));
  }

  Future<ExecResponse> exec(ExecRequest request) {
    return calls.run(
        "Exec",
        () -> {
          Container c = running(request.getContainerId());
          if (request.getCmdCount() == 0) {
            throw new IllegalArgumentException("no command given");
          }
          return ExecResponse.newBuilder()
              .setUrl(
                  url(
                      "exec",
                      new RemoteCommand.Request(
                          c,
                          request.getCmdList(),
                          request.getStdin(),
                          request.getStdout(),
                          request.getStderr(),
                          request.getTty())))
              .build();
        });
  }

  private String url(String path, RemoteCommand.Request command) {
    return streaming.command(
        path,
        command.stdin(),
        command.stdout(),
        command.stderr(),
        command.tty(),
        (socket, channels) ->
            RemoteCommand.serve(
                command, socket, channels, containers.kind(), poller, calls.executor()));
  }

  private Container running(String id) {
    Container c = containers.require(id);
    if (!c.isRunning()) {
      throw new IllegalStateException("container is not running: " + id);
    }
    return c;
  }

  Future<AttachResponse> attach(AttachRequest request) {
    return calls.run(
        "Attach",
        () ->
            AttachResponse.newBuilder()
                .setUrl(
                    url(
                        "attach",
                        new RemoteCommand.Request(
                            running(request.getContainerId()),
                            List.of(),
                            request.getStdin(),
                            request.getStdout(),
                            request.getStderr(),
                            request.getTty())))
                .build());
  }

  Future<PortForwardResponse> portForward(PortForwardRequest request) {
    return calls.run(
        "PortForward",
        () -> {
          Sandbox s = sandboxes.require(request.getPodSandboxId());
          if (!s.record().ready()) {
            throw new IllegalStateException("pod sandbox is not ready: " + s.id());
          }
          ForwardTarget target =
              new ForwardTarget(
                  s.id(), s.hasNetwork() ? Optional.of(s.networkNamespace()) : Optional.empty());
          return PortForwardResponse.newBuilder()
              .setUrl(streaming.forward(target, request.getPortList()))
              .build();
        });
  }
}
