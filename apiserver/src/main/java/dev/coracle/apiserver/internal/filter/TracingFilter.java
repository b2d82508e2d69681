package dev.coracle.apiserver.internal.filter;

import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.http.Exchange;
import dev.coracle.apiserver.internal.http.RequestInfo;
import dev.coracle.tracing.HttpServerSpan;
import dev.coracle.tracing.Tracing;
import io.opentelemetry.context.Context;
import java.util.List;

/**
 * One span for each request. It goes on with its client's trace where that is one of the cluster's
 * own or an administrator; of anybody else it begins a trace of its own, linked to the client's, so
 * that nobody can decide how much is sampled.
 *
 * @see <a href="https://github.com/kubernetes/enhancements/issues/647">KEP-647</a>
 */
final class TracingFilter implements Filter {

  private static final String MONITORING = "system:monitoring";

  private final Tracing tracing;

  TracingFilter(Tracing tracing) {
    this.tracing = tracing;
  }

  @Override
  public void handle(Exchange exchange, Runnable next) {
    Context caller = Tracing.extract(exchange.request()::getHeader);
    if (!tracing.on()) {
      exchange.trace(caller);
      next.run();
      return;
    }
    List<String> groups = exchange.user().groups();
    boolean trusted = groups.contains(UserInfo.MASTERS) || groups.contains(MONITORING);
    HttpServerSpan span =
        HttpServerSpan.start(tracing, exchange.request(), name(exchange), caller, trusted);
    String id = exchange.response().headers().get("Audit-Id");
    span.note("audit-id", id == null ? "" : id);
    exchange.trace(span.context());
    exchange.whenEnded(
        () -> span.end(exchange.upgraded() ? 101 : exchange.response().getStatusCode()));
    next.run();
  }

  /** The method and the path, with placeholders for what is one object's alone. */
  private static String name(Exchange exchange) {
    String method = exchange.request().method().name();
    RequestInfo info = exchange.info();
    if (!info.resourceRequest()) {
      return method;
    }
    StringBuilder out = new StringBuilder(method);
    out.append(info.group().isEmpty() ? " /api" : " /apis/" + info.group());
    out.append('/').append(info.version());
    if (!info.namespace().isEmpty()) {
      out.append("/namespaces/{:namespace}");
    }
    out.append('/').append(info.resource());
    if (!info.name().isEmpty()) {
      out.append("/{:name}");
    }
    if (!info.subresource().isEmpty()) {
      out.append('/').append(info.subresource());
    }
    return out.toString();
  }
}
