package dev.coracle.apiserver.internal.http;

import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.tracing.Tracing;
import io.opentelemetry.api.trace.Span;

/** A span for what a request asks of a resource, within the request's own; upstream's names. */
final class VerbSpans {

  private final Tracing tracing;

  VerbSpans(Tracing tracing) {
    this.tracing = tracing;
  }

  /** The same call, within its span where there are spans. A watch has its request's alone. */
  Call of(Exchange exchange, Call call) {
    String name = tracing.on() ? name(call.verb()) : "";
    if (name.isEmpty()) {
      return call;
    }
    Span span = tracing.tracer().spanBuilder(name).setParent(call.trace()).startSpan();
    if (span.isRecording()) {
      span.setAttribute("verb", exchange.request().method().name());
      span.setAttribute("api-group", call.type().resource().group());
      span.setAttribute("api-version", call.type().resource().version());
      span.setAttribute("resource", call.type().resource().resource());
      span.setAttribute("subresource", call.subresource());
      span.setAttribute("namespace", call.namespace());
      span.setAttribute("name", call.name());
      span.setAttribute("scope", scope(call));
      span.setAttribute("accept", exchange.header("Accept"));
      span.setAttribute("url", exchange.info().path());
    }
    exchange.whenEnded(() -> span.end());
    return call.in(call.trace().with(span));
  }

  private static String name(String verb) {
    return switch (verb) {
      case "get" -> "Get";
      case "list" -> "List";
      case "create" -> "Create";
      case "update" -> "Update";
      case "patch" -> "Patch";
      case "delete", "deletecollection" -> "Delete";
      default -> "";
    };
  }

  private static String scope(Call call) {
    if (!call.name().isEmpty()) {
      return "resource";
    }
    return call.namespace().isEmpty() ? "cluster" : "namespace";
  }
}
