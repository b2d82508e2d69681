package dev.coracle.kubelet.server.internal.http;

import dev.coracle.tracing.HttpServerSpan;
import dev.coracle.tracing.Tracing;
import io.vertx.core.Handler;
import io.vertx.ext.web.RoutingContext;

/** One span for each request that is let in; whoever is let in may go on with a trace. */
final class TracingHandler implements Handler<RoutingContext> {

  private final Tracing tracing;

  TracingHandler(Tracing tracing) {
    this.tracing = tracing;
  }

  @Override
  public void handle(RoutingContext rc) {
    var request = rc.request();
    String[] parts = rc.normalizedPath().split("/", 3);
    String name = request.method() + " /" + (parts.length > 1 ? parts[1] : "");
    HttpServerSpan span =
        HttpServerSpan.start(tracing, request, name, Tracing.extract(request::getHeader), true);
    rc.addEndHandler(_ -> span.end(rc.response().getStatusCode()));
    rc.next();
  }
}
