package dev.coracle.metrics;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.tls.PemKeyManager;
import dev.coracle.metrics.config.KubeletAccess;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.PemTrustOptions;

/**
 * Kubelets over HTTPS, at the Node's internal address and the port its status names, with a client
 * certificate. Safe on any thread.
 */
public final class HttpsKubeletSource implements KubeletSource, AutoCloseable {

  private static final int DEFAULT_PORT = 10250;
  private static final int MOST_BYTES = 64 << 20;
  private static final int CONNECT_MILLIS = 5_000;

  private final HttpClientAgent http;

  public HttpsKubeletSource(Vertx vertx, KubeletAccess access) {
    http =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setSsl(true)
                .setConnectTimeout(CONNECT_MILLIS)
                .setIdleTimeout(60)
                .setTrustOptions(new PemTrustOptions().addCertPath(access.ca().toString()))
                .setKeyCertOptions(
                    KeyCertOptions.wrap(
                        PemKeyManager.of(access.clientCertificate(), access.clientKey()))));
  }

  @Override
  public Uni<String> read(KubeObject node) {
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
    int port = node.at("status", "daemonEndpoints", "kubeletEndpoint", "Port").asInt(DEFAULT_PORT);
    String address = host;
    return Uni.createFrom().completionStage(() -> get(address, port).toCompletionStage());
  }

  private Future<String> get(String host, int port) {
    return http.request(HttpMethod.GET, port, host, "/metrics/resource")
        .compose(request -> request.send())
        .compose(response ->
            response.statusCode() == 200
                ? body(response)
                : Future.failedFuture("the kubelet answered " + response.statusCode()));
  }

  private static Future<String> body(HttpClientResponse response) {
    Promise<String> promise = Promise.promise();
    Buffer all = Buffer.buffer();
    response
        .handler(part -> {
          if (all.length() + part.length() > MOST_BYTES) {
            promise.tryFail("the kubelet's answer is too long");
            response.request().reset();
          } else {
            all.appendBuffer(part);
          }
        })
        .exceptionHandler(promise::tryFail)
        .endHandler(_ -> promise.tryComplete(all.toString()));
    return promise.future();
  }

  @Override
  public void close() {
    http.close();
  }
}
