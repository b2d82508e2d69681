package dev.coracle.kubelet.server.internal.http;

import dev.coracle.kubelet.server.KubeletServerBackend;
import dev.coracle.kubelet.server.StreamingRuntime.ExecOutput;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.List;

/**
 * {@code POST /run/{namespace}/{pod}/{container}?cmd=…}: runs to the end and answers the output.
 */
final class RunHandler implements Handler<RoutingContext> {
  private static final Duration TIMEOUT = Duration.ofMinutes(2);

  private final Vertx vertx;
  private final KubeletServerBackend backend;

  RunHandler(Vertx vertx, KubeletServerBackend backend) {
    this.vertx = vertx;
    this.backend = backend;
  }

  @Override
  public void handle(RoutingContext rc) {
    String command = rc.request().getParam("cmd");
    List<String> words = command == null ? List.of() : List.of(command.strip().split("\\s+"));
    if (words.isEmpty() || words.getFirst().isEmpty()) {
      Replies.text(rc, 400, "you must specify a command (cmd)");
      return;
    }
    Targets.pod(rc, backend.pods())
        .flatMap(pod -> Targets.container(rc, pod, false))
        .ifPresent(container ->
            Adapters.future(
                    vertx, backend.runtime().execSync(container.containerId(), words, TIMEOUT))
                .onSuccess(output -> answer(rc, output))
                .onFailure(e -> Replies.failure(rc, 500, e)));
  }

  private static void answer(RoutingContext rc, ExecOutput output) {
    Buffer all = Buffer.buffer().appendBytes(output.stdout()).appendBytes(output.stderr());
    if (output.exitCode() == 0) {
      rc.response().putHeader("Content-Type", "text/plain; charset=utf-8").end(all);
    } else {
      Replies.text(rc, 500, "command exited with " + output.exitCode() + ": " + all);
    }
  }
}
