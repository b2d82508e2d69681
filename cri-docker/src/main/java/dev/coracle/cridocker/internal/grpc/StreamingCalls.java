package dev.coracle.cridocker.internal.grpc;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.cri.v1.*;
import dev.coracle.cridocker.internal.engine.Engine;
import dev.coracle.cridocker.internal.pod.ContainerService;
import dev.coracle.cridocker.internal.pod.HostSide;
import dev.coracle.cridocker.internal.pod.SandboxService;
import dev.coracle.cridocker.internal.streaming.CommandSession;
import dev.coracle.cridocker.internal.streaming.ExecConnections;
import dev.coracle.cridocker.internal.streaming.SynchronousExec;
import dev.coracle.criruntime.server.Calls;
import dev.coracle.criruntime.streaming.ForwardTarget;
import dev.coracle.criruntime.streaming.StreamingServer;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * CRI's calls into what runs: commands, attaching and ports, by addresses of the streaming server
 * but for the command that is waited for.
 */
final class StreamingCalls {
  private final Engine engine;
  private final Calls calls;
  private final SandboxService sandboxes;
  private final ContainerService containers;
  private final StreamingServer streaming;
  private final ExecConnections connections;
  private final SynchronousExec synchronousExec;

  StreamingCalls(
      Engine engine,
      Calls calls,
      SandboxService sandboxes,
      ContainerService containers,
      StreamingServer streaming,
      ExecConnections connections) {
    this.engine = engine;
    this.calls = calls;
    this.sandboxes = sandboxes;
    this.containers = containers;
    this.streaming = streaming;
    this.connections = connections;
    this.synchronousExec = new SynchronousExec(engine, connections, calls.executor());
  }

  Future<ExecSyncResponse> execSync(ExecSyncRequest request) {
    return calls.run(
        "ExecSync",
        () -> {
          if (request.getCmdCount() == 0) {
            throw new IllegalArgumentException("no command given");
          }
          JsonNode c = containers.requireRunning(request.getContainerId());
          return synchronousExec.run(
              c.path("Id").asText(), request.getCmdList(), request.getTimeout());
        });
  }

  Future<ExecResponse> exec(ExecRequest request) {
    return calls.run(
        "Exec",
        () -> {
          if (request.getCmdCount() == 0) {
            throw new IllegalArgumentException("no command given");
          }
          JsonNode c = containers.requireRunning(request.getContainerId());
          CommandSession.Request command =
              new CommandSession.Request(
                  c.path("Id").asText(),
                  request.getCmdList(),
                  request.getStdin(),
                  request.getStdout(),
                  request.getStderr(),
                  request.getTty());
          return ExecResponse.newBuilder().setUrl(url("exec", command, request.getTty())).build();
        });
  }

  Future<AttachResponse> attach(AttachRequest request) {
    return calls.run(
        "Attach",
        () -> {
          JsonNode c = containers.requireRunning(request.getContainerId());
          CommandSession.Request command =
              new CommandSession.Request(
                  c.path("Id").asText(),
                  List.of(),
                  request.getStdin() && c.path("Config").path("OpenStdin").asBoolean(),
                  request.getStdout(),
                  request.getStderr(),
                  c.path("Config").path("Tty").asBoolean());
          return AttachResponse.newBuilder()
              .setUrl(url("attach", command, request.getTty()))
              .build();
        });
  }

  private String url(String path, CommandSession.Request command, boolean tty) {
    return streaming.command(
        path,
        command.stdin(),
        command.stdout(),
        command.stderr(),
        tty,
        (socket, channels) ->
            CommandSession.serve(engine, connections, command, socket, channels, calls.executor()));
  }

  Future<PortForwardResponse> portForward(PortForwardRequest request) {
    return calls.run(
        "PortForward",
        () -> {
          JsonNode s = sandboxes.require(request.getPodSandboxId());
          int pid = s.path("State").path("Pid").asInt();
          if (pid == 0) {
            throw new IllegalStateException(
                "pod sandbox is not ready: " + request.getPodSandboxId());
          }
          boolean hostNetwork = s.path("HostConfig").path("NetworkMode").asText().equals("host");
          Optional<Path> namespace =
              hostNetwork ? Optional.empty() : Optional.of(HostSide.networkNamespace(pid));
          return PortForwardResponse.newBuilder()
              .setUrl(
                  streaming.forward(
                      new ForwardTarget(s.path("Id").asText(), namespace), request.getPortList()))
              .build();
        });
  }
}
