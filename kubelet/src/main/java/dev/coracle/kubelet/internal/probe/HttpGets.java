package dev.coracle.kubelet.internal.probe;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.client.net.BoundedBody;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The requests of {@code httpGet} actions, of probes and of lifecycle hooks. A redirect is followed
 * when it stays on the host, ten times at most. Blocks, on virtual threads.
 */
final class HttpGets implements AutoCloseable {
  /**
   * What came back.
   *
   * @param body the beginning of it
   */
  record Reply(int status, String location, Buffer body) {}

  /** Nothing came back, and why. */
  static final class NoReply extends Exception {
    private static final long serialVersionUID = 1L;

    private final boolean plain;

    NoReply(String url, String why) {
      super("Get \"" + url + "\": " + why, null, false, false);
      this.plain = why.equals(NetworkWords.PLAIN);
    }

    /** Whether a request by HTTPS was answered by HTTP. */
    boolean isPlain() {
      return plain;
    }
  }

  private static final int BODY_LIMIT = 10 << 10;
  private static final int REDIRECTS = 10;

  private final HttpClient client;

  HttpGets(Vertx vertx) {
    this.client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setKeepAlive(false)
                .setTrustAll(true)
                .setVerifyHost(false)
                .setDecompressionSupported(false));
  }

  /**
   * @param headers the action's
   * @param limit the longest that each request may take
   */
  Reply send(String url, JsonNode headers, String userAgent, Duration limit) throws NoReply {
    return send(url, headers, userAgent, limit, 0);
  }

  private Reply send(String url, JsonNode headers, String userAgent, Duration limit, int redirects)
      throws NoReply {
    Reply reply = once(url, headers, userAgent, limit);
    if (reply.status >= 300 && reply.status < 400 && !reply.location.isEmpty()) {
      URI next = resolve(url, reply.location);
      if (String.valueOf(next.getHost()).equals(URI.create(url).getHost())) {
        if (redirects == REDIRECTS) {
          throw new NoReply(next.toString(), "stopped after 10 redirects");
        }
        return send(next.toString(), headers, userAgent, limit, redirects + 1);
      }
    }
    return reply;
  }

  private static URI resolve(String url, String location) throws NoReply {
    try {
      return URI.create(url).resolve(location);
    } catch (IllegalArgumentException e) {
      throw new NoReply(url, String.valueOf(e.getMessage()));
    }
  }

  private Reply once(String url, JsonNode headers, String userAgent, Duration limit)
      throws NoReply {
    CompletableFuture<HttpClientRequest> sent = new CompletableFuture<>();
    try {
      RequestOptions options =
          new RequestOptions()
              .setMethod(HttpMethod.GET)
              .setAbsoluteURI(url)
              .setConnectTimeout(limit.toMillis())
              .putHeader("User-Agent", userAgent)
              .putHeader("Accept", "*/*")
              .putHeader("Connection", "close");
      for (JsonNode header : headers) {
        options.putHeader(header.path("name").asText(), header.path("value").asText());
      }
      Future<Reply> answer =
          client
              .request(options)
              // On the event loop, so that the body cannot pass before somebody reads it.
              .compose(request -> {
                sent.complete(request);
                return request
                    .send()
                    .compose(r ->
                        BoundedBody.beginning(r, BODY_LIMIT)
                            .map(b ->
                                new Reply(
                                    r.statusCode(),
                                    Objects.requireNonNullElse(r.getHeader("Location"), ""),
                                    b)));
              });
      return answer
          .toCompletionStage()
          .toCompletableFuture()
          .get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new NoReply(url, NetworkWords.request(e, URI.create(url)));
    } catch (TimeoutException e) {
      // Its connection would be one of the few to this port for as long as nobody answers.
      sent.thenAccept(HttpClientRequest::reset);
      throw new NoReply(url, NetworkWords.LATE);
    } catch (InterruptedException e) {
      sent.thenAccept(HttpClientRequest::reset);
      Thread.currentThread().interrupt();
      throw new NoReply(url, "context canceled");
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new NoReply(url, String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void close() {
    client.close().onFailure(e -> {});
  }
}
