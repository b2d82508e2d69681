package dev.coracle.tracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import io.vertx.core.Vertx;
import io.vertx.grpc.common.GrpcStatus;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Spans reach a collector as OTLP says. */
class TracingTest {

  private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
  private static final String PARENT = "b7ad6b7169203331";

  private Vertx vertx;
  private Collector collector;

  @BeforeEach
  void listen() throws Exception {
    vertx = Vertx.vertx();
    collector = new Collector(vertx);
  }

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private Tracing sampling(OptionalInt perMillion) {
    return Tracing.of(
        vertx,
        new TracingConfiguration(CollectorAddress.parse(collector.endpoint()), perMillion),
        "kubelet",
        "node-1");
  }

  private static void send(Tracing tracing) throws Exception {
    tracing.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
  }

  /** What a caller with a trace sends. */
  private static Context caller(boolean sampled) {
    Map<String, String> headers =
        Map.of(
            "traceparent",
            "00-" + TRACE + "-" + PARENT + (sampled ? "-01" : "-00"),
            "tracestate",
            "vendor=a,other=b");
    return Tracing.extract(headers::get);
  }

  private static String hex(com.google.protobuf.ByteString bytes) {
    return HexFormat.of().formatHex(bytes.toByteArray());
  }

  @Test
  void spansArriveWholeAndWithinEachOther() throws Exception {
    Tracing tracing = sampling(OptionalInt.of(1_000_000));
    assertThatThrownBy(() ->
            tracing.within(
                "outer",
                SpanKind.INTERNAL,
                span -> {
                  span.setAttribute("text", "a");
                  span.setAttribute("number", 7);
                  span.setAttribute("truth", true);
                  span.setAttribute("part", 0.5);
                  span.setAttribute(AttributeKey.stringArrayKey("list"), List.of("x", "y"));
                  span.addEvent(
                      "something",
                      Attributes.of(AttributeKey.stringKey("k"), "v"),
                      Instant.ofEpochSecond(1));
                },
                () -> tracing.within("inner", SpanKind.CLIENT, _ -> {}, TracingTest::fail)))
        .isInstanceOf(IllegalStateException.class);
    send(tracing);

    var resource = collector.calls().getFirst().getResourceSpans(0).getResource();
    assertThat(Collector.text(resource.getAttributesList(), "service.name")).isEqualTo("kubelet");
    assertThat(Collector.text(resource.getAttributesList(), "service.instance.id"))
        .isEqualTo("node-1");
    Span outer = collector.spans("outer").getFirst();
    Span inner = collector.spans("inner").getFirst();
    assertThat(inner.getTraceId()).isEqualTo(outer.getTraceId());
    assertThat(inner.getParentSpanId()).isEqualTo(outer.getSpanId());
    assertThat(outer.getParentSpanId().isEmpty()).isTrue();
    assertThat(inner.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_CLIENT);
    assertThat(inner.getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_ERROR);
    assertThat(inner.getStatus().getMessage()).isEqualTo("broken");
    assertThat(outer.getStartTimeUnixNano()).isLessThanOrEqualTo(inner.getStartTimeUnixNano());
    assertThat(outer.getEndTimeUnixNano()).isGreaterThanOrEqualTo(inner.getEndTimeUnixNano());
    assertThat(Collector.text(outer, "text")).isEqualTo("a");
    assertThat(outer.getAttributesList().toString())
        .contains("int_value: 7", "bool_value: true", "double_value: 0.5", "\"x\"", "\"y\"");
    assertThat(outer.getEvents(0).getName()).isEqualTo("something");
    assertThat(outer.getEvents(0).getTimeUnixNano()).isEqualTo(1_000_000_000L);
  }

  private static String fail() {
    throw new IllegalStateException("broken");
  }

  private static void child(Tracing tracing, Context of, String name) {
    tracing.tracer().spanBuilder(name).setParent(of).startSpan().end();
  }

  @Test
  void withoutARateOnlyWhatACallerSampledIsSampled() throws Exception {
    Tracing tracing = sampling(OptionalInt.empty());
    child(tracing, Context.root(), "own");
    child(tracing, caller(false), "unsampled");
    child(tracing, caller(true), "sampled");
    send(tracing);
    assertThat(collector.spans()).extracting(Span::getName).containsExactly("sampled");
    Span span = collector.spans().getFirst();
    assertThat(hex(span.getTraceId())).isEqualTo(TRACE);
    assertThat(hex(span.getParentSpanId())).isEqualTo(PARENT);
    assertThat(span.getTraceState()).isEqualTo("vendor=a,other=b");
  }

  @Test
  void theTraceIsHandedOnWhereNothingIsTraced() {
    Map<String, String> told = new HashMap<>();
    Tracing.inject(caller(true), told::put);
    assertThat(told).containsEntry("traceparent", "00-" + TRACE + "-" + PARENT + "-01");
    told.clear();
    Tracing.inject(Tracing.extract(_ -> null), told::put);
    assertThat(told).isEmpty();
  }

  @Test
  void whoCannotTakeThemNowIsAskedAgain() throws Exception {
    collector.refuse(GrpcStatus.UNAVAILABLE);
    Tracing tracing = sampling(OptionalInt.of(1_000_000));
    child(tracing, Context.root(), "one");
    send(tracing);
    assertThat(collector.calls()).hasSize(2);
    assertThat(collector.calls().get(1)).isEqualTo(collector.calls().get(0));
  }

  @Test
  void whoDoesNotWantThemIsNotAskedAgain() throws Exception {
    collector.refuse(GrpcStatus.INVALID_ARGUMENT);
    Tracing tracing = sampling(OptionalInt.of(1_000_000));
    child(tracing, Context.root(), "one");
    send(tracing);
    assertThat(collector.calls()).hasSize(1);
  }
}
