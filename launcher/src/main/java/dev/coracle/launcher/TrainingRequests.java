package dev.coracle.launcher;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.PemTrustOptions;
import java.util.concurrent.TimeUnit;

/** The requests of a first {@code kubectl}: discovery, OpenAPI, lists as tables, an apply. */
final class TrainingRequests {

  private static final String CONFIG_MAP =
      "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"training\"},\"data\":{\"a\":\"b\"}}";
  private static final String TABLE =
      "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

  private final Coracle cluster;

  TrainingRequests(Coracle cluster) {
    this.cluster = cluster;
  }

  void send() {
    Vertx vertx = Vertx.vertx();
    HttpClient client =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setSsl(true)
                .setUseAlpn(true)
                .setTrustOptions(
                    new PemTrustOptions().addCertPath(cluster.caCertificate().toString())));
    try {
      String discovery =
          "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
      call(client, HttpMethod.GET, "/api", discovery, "");
      call(client, HttpMethod.GET, "/apis", discovery, "");
      call(client, HttpMethod.GET, "/openapi/v3", "application/json", "");
      call(client, HttpMethod.GET, "/api/v1/nodes", TABLE, "");
      call(client, HttpMethod.GET, "/api/v1/pods", TABLE, "");
      call(client, HttpMethod.GET, "/apis/apps/v1/deployments", TABLE, "");
      call(
          client,
          HttpMethod.POST,
          "/api/v1/namespaces/default/configmaps",
          "application/json",
          CONFIG_MAP);
      call(
          client,
          HttpMethod.GET,
          "/api/v1/namespaces/default/configmaps/training",
          "application/json",
          "");
      call(
          client,
          HttpMethod.DELETE,
          "/api/v1/namespaces/default/configmaps/training",
          "application/json",
          "");
      call(client, HttpMethod.GET, "/dashboard/", "text/html", "");
      call(client, HttpMethod.GET, "/metrics", "text/plain", "");
    } finally {
      join(client.close());
      join(vertx.close());
    }
  }

  private void call(HttpClient client, HttpMethod method, String path, String accept, String body) {
    join(
        client
            .request(new RequestOptions().setAbsoluteURI(cluster.apiUrl() + path).setMethod(method))
            .compose(request -> {
              // Asked for first: the body could pass before this thread waits for it.
              Future<Buffer> answer = request.response().compose(HttpClientResponse::body);
              request
                  .putHeader("Authorization", "Bearer " + cluster.dashboardToken())
                  .putHeader("Accept", accept)
                  .putHeader("Accept-Encoding", "gzip")
                  .putHeader("Content-Type", "application/json")
                  .end(Buffer.buffer(body));
              return answer;
            }));
  }

  private static <T> T join(Future<T> future) {
    return future.toCompletionStage().toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
  }
}
