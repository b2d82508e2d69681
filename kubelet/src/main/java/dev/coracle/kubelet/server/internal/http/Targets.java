package dev.coracle.kubelet.server.internal.http;

import dev.coracle.kubelet.server.ContainerView;
import dev.coracle.kubelet.server.PodLookup;
import dev.coracle.kubelet.server.PodView;
import io.vertx.ext.web.RoutingContext;
import java.util.Objects;
import java.util.Optional;

/** Finds what a streaming request's path names, or answers why not. */
final class Targets {
  private Targets() {}

  /** A path parameter that the route has. */
  static String param(RoutingContext rc, String name) {
    return Objects.requireNonNullElse(rc.pathParam(name), "");
  }

  /** The pod; empty after a 404 was sent. */
  static Optional<PodView> pod(RoutingContext rc, PodLookup pods) {
    String uid = rc.pathParam("uid");
    Optional<PodView> pod =
        pods.pod(param(rc, "namespace"), param(rc, "pod"))
            .filter(p -> uid == null || uid.equals(p.uid()));
    if (pod.isEmpty()) {
      Replies.text(rc, 404, "pod does not exist");
    }
    return pod;
  }

  /**
   * The running container; empty after an answer was sent.
   *
   * @param attach which has other words than a command, upstream too
   */
  static Optional<ContainerView.Instance> container(
      RoutingContext rc, PodView pod, boolean attach) {
    String name = param(rc, "container");
    Optional<ContainerView.Instance> instance =
        pod.container(name).flatMap(ContainerView::current).filter(ContainerView.Instance::running);
    if (instance.isEmpty()) {
      Replies.text(
          rc,
          500,
          attach
              ? "container " + name + " not found in pod " + pod.name() + "_" + pod.namespace()
              : "container not found (\"" + name + "\")");
    }
    return instance;
  }
}
