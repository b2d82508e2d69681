package dev.coracle.kubelet.server.internal.http;

import dev.coracle.api.Json;
import dev.coracle.kubelet.server.ContainerView;
import dev.coracle.kubelet.server.KubeletServerBackend;
import dev.coracle.kubelet.server.PodView;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * {@code POST /checkpoint/{namespace}/{pod}/{container}?timeout=SECONDS} (KEP-2008): answers with
 * the archives that were written on this node.
 */
final class CheckpointHandler implements Handler<RoutingContext> {
  private final Vertx vertx;
  private final KubeletServerBackend backend;

  CheckpointHandler(Vertx vertx, KubeletServerBackend backend) {
    this.vertx = vertx;
    this.backend = backend;
  }

  @Override
  public void handle(RoutingContext rc) {
    Optional<PodView> pod = Targets.pod(rc, backend.pods());
    if (pod.isEmpty()) {
      return;
    }
    String name = Targets.param(rc, "container");
    Optional<ContainerView> container = pod.get().container(name);
    if (container.isEmpty()) {
      Replies.text(rc, 404, "container " + name + " does not exist");
      return;
    }
    List<String> timeouts = rc.queryParam("timeout");
    long timeout = 0;
    try {
      timeout = timeouts.isEmpty() ? 0 : Long.parseLong(timeouts.getLast());
    } catch (NumberFormatException e) {
      Replies.text(rc, 404, "cannot parse value of timeout parameter");
      return;
    }
    Optional<ContainerView.Instance> running =
        container.get().current().filter(ContainerView.Instance::running);
    if (running.isEmpty()) {
      failed(rc, name, "container " + name + " not found");
      return;
    }
    Adapters.future(vertx, backend.checkpoints().of(pod.get(), name, running.get(), timeout))
        .onSuccess(file -> answer(rc, file))
        .onFailure(e -> failed(rc, name, Replies.message(e)));
  }

  private static void answer(RoutingContext rc, Path file) {
    Replies.json(rc, Json.bytes(Json.object().set("items", Json.array().add(file.toString()))));
  }

  private static void failed(RoutingContext rc, String container, String why) {
    Replies.text(
        rc,
        500,
        "checkpointing of "
            + Targets.param(rc, "namespace")
            + "/"
            + Targets.param(rc, "pod")
            + "/"
            + container
            + " failed ("
            + why
            + ")");
  }
}
