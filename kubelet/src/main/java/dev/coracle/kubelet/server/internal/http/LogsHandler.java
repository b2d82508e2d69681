package dev.coracle.kubelet.server.internal.http;

import dev.coracle.kubelet.server.ContainerView;
import dev.coracle.kubelet.server.ContainerView.Instance;
import dev.coracle.kubelet.server.PodLookup;
import dev.coracle.kubelet.server.PodView;
import dev.coracle.kubelet.server.config.KubeletServerOptions;
import dev.coracle.kubelet.server.internal.logs.ContainerLogStreams;
import dev.coracle.kubelet.server.internal.logs.LogOptions;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.time.InstantSource;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code GET /containerLogs/{namespace}/{pod}/{container}}: options, container instance, then a
 * chunked stream of the log.
 */
public final class LogsHandler implements Handler<RoutingContext> {
  private static final Logger log = LoggerFactory.getLogger(LogsHandler.class);

  private final Vertx vertx;
  private final PodLookup pods;
  private final KubeletServerOptions options;
  private final InstantSource clock;
  private final ContainerLogStreams streams;

  public LogsHandler(
      Vertx vertx,
      PodLookup pods,
      KubeletServerOptions options,
      InstantSource clock,
      ContainerLogStreams streams) {
    this.vertx = vertx;
    this.pods = pods;
    this.options = options;
    this.clock = clock;
    this.streams = streams;
  }

  @Override
  public void handle(RoutingContext rc) {
    String namespace = Targets.param(rc, "namespace");
    String podName = Targets.param(rc, "pod");
    String containerName = Targets.param(rc, "container");
    LogOptions wanted;
    try {
      wanted = LogOptions.parse(rc.request()::getParam, clock.instant());
    } catch (IllegalArgumentException e) {
      Replies.text(rc, 422, "{\"message\": \"Invalid request.\"}");
      return;
    }
    Optional<PodView> pod = pods.pod(namespace, podName);
    if (pod.isEmpty()) {
      Replies.text(rc, 404, "pod \"" + podName + "\" does not exist\n");
      return;
    }
    Optional<ContainerView> container = pod.get().container(containerName);
    if (container.isEmpty()) {
      Replies.text(
          rc, 404, "container \"" + containerName + "\" not found in pod \"" + podName + "\"\n");
      return;
    }
    if (streams.running() >= options.maxLogStreams()) {
      Replies.text(rc, 429, "too many log streams on this node");
      return;
    }
    Instance instance;
    try {
      instance = instance(container.get(), podName, wanted.previous());
    } catch (IllegalStateException e) {
      Replies.failure(rc, 400, e);
      return;
    }
    stream(rc, instance, wanted);
  }

  private static Instance instance(ContainerView container, String pod, boolean previous) {
    if (previous) {
      return container
          .previous()
          .orElseThrow(() ->
              new IllegalStateException(
                  "previous terminated container \""
                      + container.name()
                      + "\" in pod \""
                      + pod
                      + "\" not found"));
    }
    return container
        .current()
        // A container that waits for its next start still shows what its last instance wrote.
        .or(container::previous)
        .orElseThrow(() -> new IllegalStateException(waiting(container, pod)));
  }

  private static String waiting(ContainerView container, String pod) {
    String subject = "container \"" + container.name() + "\" in pod \"" + pod + "\" is ";
    return container
        .waitingReason()
        .map(reason ->
            subject
                + "waiting to start: "
                + switch (reason) {
                  case "ErrImagePull" -> "image can't be pulled";
                  case "ImagePullBackOff" -> "trying and failing to pull image";
                  default -> reason;
                })
        .orElse(subject + "not available");
  }

  private void stream(RoutingContext rc, Instance instance, LogOptions wanted) {
    Context context = vertx.getOrCreateContext();
    HttpServerResponse response = rc.response();
    response.setChunked(true).putHeader("Content-Type", "text/plain; charset=utf-8");
    // The head goes out at once: a client that follows a silent container sees that it is
    // connected.
    response.writeHead();
    ResponseSink sink = new ResponseSink(context, response);
    ContainerLogStreams.Session session = streams.start(instance.logPath(), wanted, sink);
    Cancellable end =
        wanted.follow() && instance.running()
            ? pods.terminated(instance.containerId())
                .subscribe()
                .with(v -> session.containerEnded(), failure -> session.containerEnded())
            : () -> {};
    if (!instance.running()) {
      session.containerEnded();
    }
    response.exceptionHandler(t -> log.atDebug().setCause(t).log("Log client has gone"));
    response.closeHandler(v -> {
      session.cancel();
      sink.close();
      end.cancel();
    });
    session
        .done()
        .whenComplete((v, failure) ->
            context.runOnContext(x -> {
              end.cancel();
              if (failure != null && !response.closed()) {
                log.atWarn()
                    .setCause(failure)
                    .addKeyValue("path", instance.logPath())
                    .log("Reading a container log failed");
              }
              if (!response.ended() && !response.closed()) {
                response.end();
              }
            }));
  }
}
