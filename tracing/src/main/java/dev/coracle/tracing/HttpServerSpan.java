package dev.coracle.tracing;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.HostAndPort;
import io.vertx.core.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The span of one request to a server, with OpenTelemetry's attributes for it.
 *
 * @see <a href="https://opentelemetry.io/docs/specs/semconv/http/http-spans/">Semantic conventions
 *     for HTTP spans</a>
 */
public final class HttpServerSpan {

  private static final int LONGEST = 2048;

  private final Span span;
  private final Context context;

  private HttpServerSpan(Span span, Context context) {
    this.span = span;
    this.context = context;
  }

  /**
   * @param caller what the request's headers name
   * @param trusted whether the span belongs to the caller's trace; else it begins one, with a link
   */
  public static HttpServerSpan start(
      Tracing tracing, HttpServerRequest request, String name, Context caller, boolean trusted) {
    SpanBuilder builder = tracing.tracer().spanBuilder(name).setSpanKind(SpanKind.SERVER);
    SpanContext from = Span.fromContext(caller).getSpanContext();
    if (trusted) {
      builder.setParent(caller);
    } else {
      builder.setNoParent();
      if (from.isValid()) {
        builder.addLink(from);
      }
    }
    Span span = builder.startSpan();
    if (span.isRecording()) {
      describe(span, request);
    }
    return new HttpServerSpan(span, caller.with(span));
  }

  private static void describe(Span span, HttpServerRequest request) {
    span.setAttribute("http.request.method", request.method().name());
    span.setAttribute("url.scheme", request.isSSL() ? "https" : "http");
    span.setAttribute("url.path", cut(request.path()));
    span.setAttribute("http.target", cut(request.uri()));
    span.setAttribute("network.protocol.version", version(request.version()));
    HostAndPort host = request.authority();
    if (host != null) {
      span.setAttribute("server.address", cut(host.host()));
      if (host.port() > 0) {
        span.setAttribute("server.port", host.port());
      }
    }
    SocketAddress peer = request.remoteAddress();
    if (peer != null && peer.hostAddress() != null) {
      span.setAttribute("network.peer.address", peer.hostAddress());
      span.setAttribute("network.peer.port", peer.port());
      span.setAttribute("client.address", peer.hostAddress());
    }
    String agent = request.getHeader("User-Agent");
    if (agent != null) {
      span.setAttribute("user_agent.original", cut(agent));
    }
  }

  private static String cut(@Nullable String text) {
    if (text == null) {
      return "";
    }
    return text.length() > LONGEST ? text.substring(0, LONGEST) : text;
  }

  private static String version(HttpVersion version) {
    return switch (version) {
      case HTTP_1_0 -> "1.0";
      case HTTP_1_1 -> "1.1";
      case HTTP_2 -> "2";
    };
  }

  /** For spans within this one. */
  public Context context() {
    return context;
  }

  public void note(String attribute, String value) {
    span.setAttribute(attribute, value);
  }

  /** The answer has been sent. */
  public void end(int status) {
    span.setAttribute("http.response.status_code", status);
    if (status >= 500) {
      span.setStatus(StatusCode.ERROR);
    }
    span.end();
  }
}
