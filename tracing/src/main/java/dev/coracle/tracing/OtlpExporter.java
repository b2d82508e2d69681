package dev.coracle.tracing;

import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.grpc.client.GrpcClient;
import io.vertx.grpc.client.GrpcClientOptions;
import io.vertx.grpc.common.GrpcMessageDecoder;
import io.vertx.grpc.common.GrpcMessageEncoder;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.common.ServiceMethod;
import io.vertx.grpc.common.ServiceName;
import java.util.Collection;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends spans to a collector by OTLP over gRPC, without blocking.
 *
 * <p>A collector that cannot be reached is tried again until ten seconds are over, as OTLP's
 * exporters do; then the batch is lost. That is said in the log when it begins and when it ends.
 *
 * @see <a href="https://opentelemetry.io/docs/specs/otlp/">OpenTelemetry Protocol Specification</a>
 */
final class OtlpExporter implements SpanExporter {

  private static final Logger LOG = LoggerFactory.getLogger(OtlpExporter.class);

  private static final long LIMIT_MILLIS = 10_000;
  private static final long FIRST_PAUSE_MILLIS = 1_000;

  private static final ServiceMethod<ExportTraceServiceResponse, ExportTraceServiceRequest> EXPORT =
      ServiceMethod.client(
          ServiceName.create("opentelemetry.proto.collector.trace.v1.TraceService"),
          "Export",
          GrpcMessageEncoder.encoder(),
          GrpcMessageDecoder.decoder(ExportTraceServiceResponse.newBuilder()));

  /** The collector has said that it does not want them, or not now. */
  private static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final boolean again;

    Refused(GrpcStatus status, String message) {
      super(status + (message.isEmpty() ? "" : ": " + message), null, false, false);
      this.again =
          switch (status) {
            case CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS ->
                true;
            default -> false;
          };
    }
  }

  private final Vertx vertx;
  private final CollectorAddress collector;
  private final GrpcClient client;
  private final AtomicBoolean failing = new AtomicBoolean();

  OtlpExporter(Vertx vertx, CollectorAddress collector) {
    this.vertx = vertx;
    this.collector = collector;
    this.client =
        GrpcClient.client(
            vertx,
            new GrpcClientOptions(),
            new HttpClientOptions()
                .setProtocolVersion(HttpVersion.HTTP_2)
                .setHttp2ClearTextUpgrade(false)
                .setConnectTimeout((int) LIMIT_MILLIS));
  }

  @Override
  public CompletableResultCode export(Collection<SpanData> spans) {
    CompletableResultCode code = new CompletableResultCode();
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(LIMIT_MILLIS);
    attempt(OtlpSpans.request(spans), deadline, FIRST_PAUSE_MILLIS)
        .onSuccess(answer -> {
          if (failing.getAndSet(false)) {
            LOG.info("traces reach {} again", collector.shown());
          }
          if (answer.getPartialSuccess().getRejectedSpans() > 0) {
            LOG.warn(
                "{} did not take {} spans: {}",
                collector.shown(),
                answer.getPartialSuccess().getRejectedSpans(),
                answer.getPartialSuccess().getErrorMessage());
          }
          code.succeed();
        })
        .onFailure(e -> {
          if (!failing.getAndSet(true)) {
            LOG.warn("traces do not reach {}: {}", collector.shown(), e.getMessage());
          }
          code.fail();
        });
    return code;
  }

  private Future<ExportTraceServiceResponse> attempt(
      ExportTraceServiceRequest request, long deadline, long pause) {
    long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
    return client
        .request(collector.socket(), EXPORT)
        .compose(call -> call.send(request))
        .compose(response -> response.last().transform(answer -> verdict(response, answer)))
        .timeout(Math.max(1, left), TimeUnit.MILLISECONDS)
        .recover(failure -> {
          long then = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime()) - pause;
          boolean again = !(failure instanceof Refused refused) || refused.again;
          return again && then > 0
              ? vertx.timer(pause).compose(_ -> attempt(request, deadline, pause * 2))
              : Future.failedFuture(failure);
        });
  }

  private static Future<ExportTraceServiceResponse> verdict(
      io.vertx.grpc.client.GrpcClientResponse<?, ?> response,
      io.vertx.core.AsyncResult<ExportTraceServiceResponse> answer) {
    GrpcStatus status = response.status();
    if (status != null && status != GrpcStatus.OK) {
      String message = response.statusMessage();
      return Future.failedFuture(new Refused(status, message == null ? "" : message));
    }
    return answer.succeeded()
        ? Future.succeededFuture(answer.result())
        : Future.failedFuture(answer.cause());
  }

  @Override
  public CompletableResultCode flush() {
    return CompletableResultCode.ofSuccess(); // Nothing waits here.
  }

  @Override
  public CompletableResultCode shutdown() {
    return CompletableResultCode.ofSuccess();
  }

  /** Closes the connection. */
  Future<Void> closed() {
    return client.close();
  }
}
