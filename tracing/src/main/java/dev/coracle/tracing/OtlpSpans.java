package dev.coracle.tracing;

import com.google.protobuf.ByteString;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** The SDK's spans as OTLP's messages. */
final class OtlpSpans {

  private OtlpSpans() {}

  /** Of one component, so of one resource; its spans are all of this room's scope. */
  static ExportTraceServiceRequest request(Collection<SpanData> spans) {
    ExportTraceServiceRequest.Builder out = ExportTraceServiceRequest.newBuilder();
    if (spans.isEmpty()) {
      return out.build();
    }
    SpanData first = spans.iterator().next();
    ScopeSpans.Builder scope =
        ScopeSpans.newBuilder()
            .setScope(
                InstrumentationScope.newBuilder()
                    .setName(first.getInstrumentationScopeInfo().getName()));
    spans.forEach(span -> scope.addSpans(span(span)));
    return out.addResourceSpans(
            ResourceSpans.newBuilder()
                .setResource(
                    Resource.newBuilder()
                        .addAllAttributes(attributes(first.getResource().getAttributes())))
                .addScopeSpans(scope))
        .build();
  }

  private static Span span(SpanData data) {
    SpanContext context = data.getSpanContext();
    Span.Builder out =
        Span.newBuilder()
            .setTraceId(ByteString.copyFrom(context.getTraceIdBytes()))
            .setSpanId(ByteString.copyFrom(context.getSpanIdBytes()))
            .setTraceState(state(context))
            .setFlags(context.getTraceFlags().asByte() & 0xff)
            .setName(data.getName())
            .setKind(kind(data))
            .setStartTimeUnixNano(data.getStartEpochNanos())
            .setEndTimeUnixNano(data.getEndEpochNanos())
            .addAllAttributes(attributes(data.getAttributes()))
            .setDroppedAttributesCount(data.getTotalAttributeCount() - data.getAttributes().size())
            .setDroppedEventsCount(data.getTotalRecordedEvents() - data.getEvents().size())
            .setDroppedLinksCount(data.getTotalRecordedLinks() - data.getLinks().size())
            .setStatus(status(data));
    if (data.getParentSpanContext().isValid()) {
      out.setParentSpanId(ByteString.copyFrom(data.getParentSpanContext().getSpanIdBytes()));
    }
    data.getEvents().forEach(event -> out.addEvents(event(event)));
    data.getLinks().forEach(link -> out.addLinks(link(link)));
    return out.build();
  }

  private static Span.SpanKind kind(SpanData data) {
    return switch (data.getKind()) {
      case INTERNAL -> Span.SpanKind.SPAN_KIND_INTERNAL;
      case SERVER -> Span.SpanKind.SPAN_KIND_SERVER;
      case CLIENT -> Span.SpanKind.SPAN_KIND_CLIENT;
      case PRODUCER -> Span.SpanKind.SPAN_KIND_PRODUCER;
      case CONSUMER -> Span.SpanKind.SPAN_KIND_CONSUMER;
    };
  }

  private static Status status(SpanData data) {
    StatusCode code = data.getStatus().getStatusCode();
    return Status.newBuilder()
        .setMessage(data.getStatus().getDescription())
        .setCode(
            switch (code) {
              case UNSET -> Status.StatusCode.STATUS_CODE_UNSET;
              case OK -> Status.StatusCode.STATUS_CODE_OK;
              case ERROR -> Status.StatusCode.STATUS_CODE_ERROR;
            })
        .build();
  }

  private static Span.Event event(EventData event) {
    return Span.Event.newBuilder()
        .setName(event.getName())
        .setTimeUnixNano(event.getEpochNanos())
        .addAllAttributes(attributes(event.getAttributes()))
        .setDroppedAttributesCount(event.getDroppedAttributesCount())
        .build();
  }

  private static Span.Link link(LinkData link) {
    return Span.Link.newBuilder()
        .setTraceId(ByteString.copyFrom(link.getSpanContext().getTraceIdBytes()))
        .setSpanId(ByteString.copyFrom(link.getSpanContext().getSpanIdBytes()))
        .setTraceState(state(link.getSpanContext()))
        .addAllAttributes(attributes(link.getAttributes()))
        .build();
  }

  /** As the {@code tracestate} header has it (W3C Trace Context). */
  private static String state(SpanContext context) {
    List<String> members = new ArrayList<>();
    context.getTraceState().forEach((key, value) -> members.add(key + "=" + value));
    return String.join(",", members);
  }

  private static List<KeyValue> attributes(Attributes attributes) {
    List<KeyValue> out = new ArrayList<>(attributes.size());
    attributes.forEach((key, value) ->
        out.add(KeyValue.newBuilder().setKey(key.getKey()).setValue(value(value)).build()));
    return out;
  }

  private static AnyValue value(Object value) {
    AnyValue.Builder out = AnyValue.newBuilder();
    return switch (value) {
      case Boolean b -> out.setBoolValue(b).build();
      case Long l -> out.setIntValue(l).build();
      case Double d -> out.setDoubleValue(d).build();
      case List<?> list -> {
        ArrayValue.Builder values = ArrayValue.newBuilder();
        list.forEach(element -> values.addValues(value(element)));
        yield out.setArrayValue(values).build();
      }
      default -> out.setStringValue(value.toString()).build();
    };
  }
}
