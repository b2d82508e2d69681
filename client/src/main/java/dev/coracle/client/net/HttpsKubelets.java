package dev.coracle.client.net;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.net.UrlHost;
import dev.coracle.api.tls.PemKeyManager;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.SocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/**
 * Kubelets over HTTPS, at the Node's internal address and the port its status names or through its
 * tunnel, with a client certificate. Safe on any thread.
 */
public final class HttpsKubelets implements KubeletDocuments, AutoCloseable {

  private final HttpClientAgent http;
  private final Function<String, Optional<SocketAddress>> tunnels;

  /**
   * @param tunnels where the kubelet of a node is reached instead of at its address, by the node's
   *     name
   */
  public HttpsKubelets(
      Vertx vertx, KubeletAccess access, Function<String, Optional<SocketAddress>> tunnels) {
    this.tunnels = tunnels;
    http =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setSsl(true)
                .setIdleTimeout(60)
                .setTrustOptions(new PemTrustOptions().addCertPath(access.ca().toString()))
                .setKeyCertOptions(
                    KeyCertOptions.wrap(
                        PemKeyManager.of(access.clientCertificate(), access.clientKey()))));
  }

  @Override
  public Uni<String> read(KubeObject node, String uri, int mostBytes, Duration patience) {
    String host = "";
    for (JsonNode address : node.at("status", "addresses")) {
      if (address.path("type").asText().equals("InternalIP")) {
        host = address.path("address").asText();
        break;
      }
    }
    if (host.isEmpty()) {
      return Uni.createFrom()
          .failure(StatusException.unavailable("node " + node.name() + " has no address"));
    }
    int port = KubeletDocuments.port(node);
    if (port == 0) {
      return Uni.createFrom()
          .failure(StatusException.unavailable("node " + node.name() + " has no kubelet API"));
    }
    RequestOptions request =
        new RequestOptions()
            .setMethod(HttpMethod.GET)
            .setHost(UrlHost.of(host))
            .setPort(port)
            .setURI(uri)
            .setTimeout(patience.toMillis());
    tunnels.apply(node.name()).ifPresent(request::setServer);
    return Uni.createFrom().completionStage(() -> get(request, mostBytes).toCompletionStage());
  }

  private Future<String> get(RequestOptions options, int mostBytes) {
    return http.request(options)
        .compose(request ->
            request
                .send()
                .compose(response ->
                    response.statusCode() == 200
                        ? BoundedBody.whole(response, mostBytes).map(Buffer::toString)
                        : Future.failedFuture(new KubeletAnswerException(response.statusCode()))));
  }

  @Override
  public void close() {
    http.close();
  }
}
