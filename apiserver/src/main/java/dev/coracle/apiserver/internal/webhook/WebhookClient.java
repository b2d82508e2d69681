package dev.coracle.apiserver.internal.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.client.net.BoundedBody;
import dev.coracle.tracing.Tracing;
import io.opentelemetry.context.Context;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Posts a review to a webhook over HTTPS and reads its answer, in the time it is given. Connections
 * are kept; the client is made for the first call.
 */
public final class WebhookClient {

  private static final int CONNECT_MILLIS = 10_000;
  private static final int MOST_CONNECTIONS = 64;
  private static final int MOST_WAITING = 1024;
  private static final int MOST_BYTES = 10 << 20;
  private static final int MOST_TRIES = 10;
  private static final CallFailed CUT =
      new CallFailed(
          "unexpected error when reading response body. Please retry. Original error: unexpected"
              + " EOF");

  /** The call did not give an answer; the message says why, in the words of upstream's client. */
  public static final class CallFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final int UNAVAILABLE = 503;

    private final int code;

    CallFailed(String message) {
      this(message, UNAVAILABLE);
    }

    CallFailed(String message, int code) {
      super(message, null, false, false);
      this.code = code;
    }

    /** The same, with what was being done. */
    CallFailed when(String doing) {
      return new CallFailed(doing + getMessage(), code);
    }

    /** The HTTP code of the answer, where it is why. */
    int code() {
      return code;
    }
  }

  private final Vertx vertx;
  private final ServiceResolver services;
  private volatile @Nullable HttpClientAgent client;

  public WebhookClient(Vertx vertx, ServiceResolver services) {
    this.vertx = vertx;
    this.services = services;
  }

  public void close() {
    HttpClientAgent c = client;
    if (c != null) {
      c.close();
    }
  }

  private synchronized HttpClientAgent client() {
    HttpClientAgent c = client;
    if (c == null) {
      c =
          vertx.createHttpClient(
              new HttpClientOptions()
                  .setSsl(true)
                  .setProtocolVersion(HttpVersion.HTTP_1_1)
                  .setUseAlpn(false)
                  .setConnectTimeout(CONNECT_MILLIS),
              new PoolOptions()
                  .setHttp1MaxSize(MOST_CONNECTIONS)
                  .setMaxWaitQueueSize(MOST_WAITING));
      client = c;
    }
    return c;
  }

  /**
   * The review that answers, or {@link CallFailed}.
   *
   * @param answer reads it
   * @param millis how long it may take, with all that is tried again
   */
  public Uni<JsonNode> post(ClientConfig to, ObjectNode review, AnswerReader answer, long millis) {
    return post(to, review, answer, millis, Context.root());
  }

  /**
   * @param trace the span of the call, which the webhook is told
   */
  Uni<JsonNode> post(
      ClientConfig to, ObjectNode review, AnswerReader answer, long millis, Context trace) {
    Buffer body = Buffer.buffer(Json.bytes(review));
    int seconds = (int) ((millis + 999) / 1000);
    Uni<SocketAddress> where =
        to.service() == null
            ? Uni.createFrom().item(SocketAddress.inetSocketAddress(to.port(), to.url().getHost()))
            : services.resolve(to.service());
    return where
        .chain(address ->
            Uni.createFrom()
                .completionStage(() ->
                    new Posting(options(to, address, seconds, trace), body, answer)
                        .within(millis)
                        .toCompletionStage()))
        .onFailure(f -> !(f instanceof CallFailed))
        .transform(f -> new CallFailed("Post \"" + to.display(seconds) + "\": " + words(to, f)));
  }

  private static RequestOptions options(
      ClientConfig to, SocketAddress address, int seconds, Context trace) {
    RequestOptions options =
        new RequestOptions()
            .setServer(address)
            .setHost(to.url().getHost())
            .setPort(to.port())
            .setMethod(HttpMethod.POST)
            .setURI(to.uri(seconds))
            .setSsl(true)
            .setSslOptions(to.tls())
            .putHeader("Content-Type", "application/json")
            .putHeader("Accept", "application/json, */*")
            .putHeader("User-Agent", "kube-apiserver-admission");
    String authorization = to.credentials().authorization();
    if (authorization != null) {
      options.putHeader("Authorization", authorization);
    }
    Tracing.inject(trace, options::putHeader);
    return options;
  }

  /** One call, made again as often as the webhook asks for it. Belongs to one context. */
  private final class Posting {

    private final RequestOptions options;
    private final Buffer body;
    private final AnswerReader answer;
    private @Nullable HttpClientRequest sent;
    private long pause = -1;

    Posting(RequestOptions options, Buffer body, AnswerReader answer) {
      this.options = options;
      this.body = body;
      this.answer = answer;
    }

    Future<JsonNode> within(long millis) {
      return send(0)
          .timeout(millis, TimeUnit.MILLISECONDS)
          .onComplete(result -> {
            vertx.cancelTimer(pause);
            HttpClientRequest last = sent;
            if (result.failed() && last != null) {
              last.reset();
            }
          });
    }

    private Future<JsonNode> send(int tried) {
      return client()
          .request(options)
          .compose(request -> {
            sent = request;
            return request.send(body).compose(response -> read(response, tried));
          });
    }

    private Future<JsonNode> read(HttpClientResponse response, int tried) {
      int code = response.statusCode();
      int later = tried < MOST_TRIES && (code == 429 || code >= 500) ? retryAfter(response) : -1;
      String type = Objects.requireNonNullElse(response.getHeader("Content-Type"), "");
      return BoundedBody.whole(response, MOST_BYTES)
          .recover(f -> Future.failedFuture(f instanceof HttpClosedException ? CUT : f))
          .compose(all ->
              later < 0
                  ? Future.succeededFuture(answer.read(code, type, all.getBytes()))
                  : after(later).compose(_ -> send(tried + 1)));
    }

    /** Ends with the call's own time, where that is over before. */
    private Future<Void> after(int seconds) {
      Promise<Void> then = Promise.promise();
      pause = vertx.setTimer(seconds * 1000L + 1, _ -> then.complete());
      return then.future();
    }

    /** Seconds; negative where the webhook does not say. */
    private static int retryAfter(HttpClientResponse response) {
      String text = response.getHeader("Retry-After");
      return text != null && text.matches("[0-9]{1,4}") ? Integer.parseInt(text) : -1;
    }
  }

  /** In the words of Go's client. */
  private static String words(ClientConfig to, Throwable failure) {
    String host = to.url().getHost();
    for (Throwable f = failure; f != null; f = f.getCause()) {
      if (f instanceof TimeoutException) {
        return "context deadline exceeded";
      }
      if (f instanceof java.security.cert.CertificateException
          || f instanceof java.security.cert.CertPathValidatorException
          || f instanceof java.security.cert.CertPathBuilderException) {
        return "tls: failed to verify certificate: x509: " + certificate(f, host);
      }
      if (f instanceof io.netty.handler.ssl.NotSslRecordException) {
        return "tls: first record does not look like a TLS handshake";
      }
      if (f instanceof java.net.UnknownHostException) {
        return "dial tcp: lookup " + host + ": no such host";
      }
      if (f instanceof java.net.ConnectException) {
        return "dial tcp " + host + ":" + to.port() + ": connect: connection refused";
      }
      if (f instanceof HttpClosedException) {
        return "EOF";
      }
    }
    String message = failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : message;
  }

  /** Why a certificate is not trusted, as far as Java tells it. */
  private static String certificate(Throwable why, String host) {
    String message = "";
    for (Throwable f = why; f != null; f = f.getCause()) {
      if (f instanceof java.security.cert.CertificateExpiredException
          || f instanceof java.security.cert.CertificateNotYetValidException) {
        return "certificate has expired or is not yet valid";
      }
      message = String.valueOf(f.getMessage());
    }
    if (message.contains("unable to find valid certification path")) {
      return "certificate signed by unknown authority";
    }
    if (message.contains("No subject alternative names")) {
      return "cannot validate certificate for " + host + " because it doesn't contain any IP SANs";
    }
    if (message.startsWith("No subject alternative DNS name")) {
      return "certificate is not valid for " + host;
    }
    return message;
  }
}
