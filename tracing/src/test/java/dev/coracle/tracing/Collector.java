package dev.coracle.tracing;

import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import io.vertx.grpc.server.GrpcServer;
import io.vertx.grpc.server.GrpcServerRequest;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

/** An OTLP collector that keeps what it is sent. */
public final class Collector implements AutoCloseable {

  private static final ServiceMethod<ExportTraceServiceRequest, ExportTraceServiceResponse> EXPORT =
      ServiceMethod.server(
          ServiceName.create("opentelemetry.proto.collector.trace.v1.TraceService"),
          "Export",
          GrpcMessageEncoder.encoder(),
          GrpcMessageDecoder.decoder(ExportTraceServiceRequest.newBuilder()));

  private final HttpServer server;
  private final List<ExportTraceServiceRequest> received = new CopyOnWriteArrayList<>();
  private final Queue<GrpcStatus> refusals = new ConcurrentLinkedQueue<>();

  public Collector(Vertx vertx) throws Exception {
    GrpcServer grpc = GrpcServer.server(vertx);
    grpc.callHandler(EXPORT, this::export);
    server =
        vertx
            .createHttpServer(new HttpServerOptions().setHost("127.0.0.1").setPort(0))
            .requestHandler(grpc);
    server.listen().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private void export(
      GrpcServerRequest<ExportTraceServiceRequest, ExportTraceServiceResponse> call) {
    call.handler(request -> {
      received.add(request);
      GrpcStatus refusal = refusals.poll();
      if (refusal == null) {
        call.response().end(ExportTraceServiceResponse.getDefaultInstance());
      } else {
        call.response().status(refusal).statusMessage("not now").end();
      }
    });
  }

  /** As a configuration has it. */
  public String endpoint() {
    return "127.0.0.1:" + server.actualPort();
  }

  /** The next call is answered with this. */
  void refuse(GrpcStatus status) {
    refusals.add(status);
  }

  /** All calls, refused ones too. */
  List<ExportTraceServiceRequest> calls() {
    return received;
  }

  public List<Span> spans() {
    return received.stream()
        .flatMap(r -> r.getResourceSpansList().stream())
        .flatMap(r -> r.getScopeSpansList().stream())
        .flatMap(s -> s.getSpansList().stream())
        .toList();
  }

  public List<Span> spans(String name) {
    return spans().stream().filter(s -> s.getName().equals(name)).toList();
  }

  /** A text attribute of a span; empty where there is none. */
  public static String text(Span span, String attribute) {
    return text(span.getAttributesList(), attribute);
  }

  static String text(List<KeyValue> attributes, String name) {
    return attributes.stream()
        .filter(a -> a.getKey().equals(name))
        .map(a -> a.getValue().getStringValue())
        .findFirst()
        .orElse("");
  }

  @Override
  public void close() throws Exception {
    server.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }
}
