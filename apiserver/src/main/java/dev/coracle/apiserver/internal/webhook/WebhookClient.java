package dev.coracle.apiserver.internal.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.client.net.BoundedBody;
import dev.coracle.tracing.Tracing;
import io.opentelemetry.context.Context;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
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

  /** The call did not give an answer; the message says why, in the words of upstream's client. */
  public static final class CallFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    CallFailed(String message) {
      super(message, null, false, false);
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

  /** The answer's JSON, or {@link CallFailed}. */
  public Uni<JsonNode> post(ClientConfig to, ObjectNode review, int seconds) {
    return post(to, review, seconds, Context.root());
  }

  /**
   * @param trace the span of the call, which the webhook is told
   */
  Uni<JsonNode> post(ClientConfig to, ObjectNode review, int seconds, Context trace) {
    Buffer body = Buffer.buffer(Json.bytes(review));
    Uni<SocketAddress> where =
        to.service() == null
            ? Uni.createFrom().item(SocketAddress.inetSocketAddress(to.port(), to.url().getHost()))
            : services.resolve(to.service());
    return where
        .chain(address ->
            Uni.createFrom()
                .completionStage(() -> send(to, address, body, seconds, trace).toCompletionStage()))
        .onFailure(f -> !(f instanceof CallFailed))
        .transform(f -> new CallFailed("Post \"" + to.display(seconds) + "\": " + words(to, f)));
  }

  private Future<JsonNode> send(
      ClientConfig to, SocketAddress address, Buffer body, int seconds, Context trace) {
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
    Tracing.inject(trace, options::putHeader);
    HttpClientRequest[] sent = new HttpClientRequest[1];
    return client()
        .request(options)
        .compose(request -> {
          sent[0] = request;
          return request.send(body).compose(WebhookClient::read);
        })
        .timeout(seconds, TimeUnit.SECONDS)
        .onFailure(_ -> {
          if (sent[0] != null) {
            sent[0].reset();
          }
        });
  }

  private static Future<JsonNode> read(HttpClientResponse response) {
    return BoundedBody.whole(response, MOST_BYTES)
        .map(all -> {
          if (response.statusCode() < 200 || response.statusCode() > 299) {
            throw refused(response.statusCode(), all.toString());
          }
          try {
            return Json.parse(all.getBytes());
          } catch (StatusException e) {
            throw new CallFailed(
                "couldn't get version/kind; json parse error: " + e.status().message());
          }
        });
  }

  private static CallFailed refused(int code, String text) {
    String shown = text.strip();
    return new CallFailed(
        switch (code) {
          case 404 -> "the server could not find the requested resource";
          case 403 -> "forbidden";
          case 401 -> "the server has asked for the client to provide credentials";
          default ->
              code >= 500
                  ? "an error on the server (\""
                      + (shown.isEmpty() ? "unknown" : cut(shown))
                      + "\") has prevented the request from succeeding"
                  : "the server rejected our request for an unknown reason";
        });
  }

  private static String cut(String text) {
    return text.length() > 2048 ? text.substring(0, 2048) : text;
  }

  private static String words(ClientConfig to, Throwable failure) {
    for (Throwable f = failure; f != null; f = f.getCause()) {
      if (f instanceof TimeoutException) {
        return "context deadline exceeded";
      }
      if (f instanceof java.security.cert.CertificateException
          || f instanceof java.security.cert.CertPathValidatorException
          || f instanceof java.security.cert.CertPathBuilderException) {
        return "tls: failed to verify certificate: x509: " + f.getMessage();
      }
      if (f instanceof java.net.UnknownHostException) {
        return "dial tcp: lookup " + to.url().getHost() + ": no such host";
      }
      if (f instanceof java.net.ConnectException) {
        return "dial tcp " + to.url().getHost() + ":" + to.port() + ": connect: connection refused";
      }
    }
    String message = failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : message;
  }
}
