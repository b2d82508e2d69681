package dev.coracle.tracing;

import io.opentelemetry.api.baggage.propagation.W3CBaggagePropagator;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.TracerProvider;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The traces of one component. Sampled spans wait in memory for at most five seconds, at most 2,048
 * of them, and are sent in batches; those that find no room are dropped.
 */
public final class Tracing {

  /** Makes no spans; a caller's trace is still handed on to whom the component calls. */
  public static final Tracing NONE = new Tracing(null, null);

  private static final String SCOPE = "dev.coracle.tracing";

  private static final TextMapPropagator PROPAGATOR =
      TextMapPropagator.composite(
          W3CTraceContextPropagator.getInstance(), W3CBaggagePropagator.getInstance());

  private static final TextMapGetter<UnaryOperator<@Nullable String>> HEADERS =
      new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(UnaryOperator<@Nullable String> carrier) {
          return List.of(); // Only asked for by propagators of other formats.
        }

        @Override
        public @Nullable String get(
            @Nullable UnaryOperator<@Nullable String> carrier, String header) {
          return carrier == null ? null : carrier.apply(header);
        }
      };

  private final @Nullable SdkTracerProvider provider;
  private final @Nullable OtlpExporter exporter;
  private final Tracer tracer;

  private Tracing(@Nullable SdkTracerProvider provider, @Nullable OtlpExporter exporter) {
    this.provider = provider;
    this.exporter = exporter;
    this.tracer = (provider == null ? TracerProvider.noop() : provider).get(SCOPE);
  }

  /**
   * @param service the component, such as {@code apiserver}
   * @param instance which of several
   */
  public static Tracing of(
      Vertx vertx, TracingConfiguration configuration, String service, String instance) {
    OtlpExporter exporter = new OtlpExporter(vertx, configuration.endpoint());
    Resource resource =
        Resource.create(
            Attributes.of(
                AttributeKey.stringKey("service.name"), service,
                AttributeKey.stringKey("service.instance.id"), instance));
    SdkTracerProvider provider =
        SdkTracerProvider.builder()
            .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(configuration.ratio())))
            .addSpanProcessor(BatchSpanProcessor.builder(exporter).build())
            .setResource(resource)
            .build();
    return new Tracing(provider, exporter);
  }

  /** Whether spans are made at all. */
  public boolean on() {
    return provider != null;
  }

  public Tracer tracer() {
    return tracer;
  }

  /**
   * Blocking work in a span of its own, below the span of this thread. A failure is noted on it.
   *
   * @param describe sets attributes; only called where somebody will see them
   */
  public <T> T within(String name, SpanKind kind, Consumer<Span> describe, Supplier<T> work) {
    Span span = tracer.spanBuilder(name).setSpanKind(kind).startSpan();
    if (span.isRecording()) {
      describe.accept(span);
    }
    try (Scope _ = span.makeCurrent()) {
      return work.get();
    } catch (RuntimeException e) {
      span.setStatus(StatusCode.ERROR, String.valueOf(e.getMessage()));
      throw e;
    } finally {
      span.end();
    }
  }

  /**
   * The trace that a request belongs to (W3C Trace Context and Baggage); the root where none is
   * named.
   *
   * @param headers gives a header's value, or null
   */
  public static Context extract(UnaryOperator<@Nullable String> headers) {
    // Most requests belong to none.
    return headers.apply("traceparent") == null
        ? Context.root()
        : PROPAGATOR.extract(Context.root(), headers, HEADERS);
  }

  /** Names the trace to whom is called. */
  public static void inject(Context context, BiConsumer<String, String> header) {
    if (context != Context.root()) {
      PROPAGATOR.inject(
          context, header, (to, name, value) -> (to == null ? header : to).accept(name, value));
    }
  }

  /** Sends what waits, for at most ten seconds, and makes no more spans. */
  public Future<Void> close() {
    SdkTracerProvider made = provider;
    OtlpExporter sender = exporter;
    if (made == null || sender == null) {
      return Future.succeededFuture();
    }
    Promise<Void> done = Promise.promise();
    made.shutdown().whenComplete(done::complete);
    return done.future().eventually(sender::closed);
  }
}
