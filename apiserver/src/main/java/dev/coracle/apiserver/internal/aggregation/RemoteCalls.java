package dev.coracle.apiserver.internal.aggregation;

import dev.coracle.api.StatusException;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.stream.Destination.Peer;
import dev.coracle.apiserver.internal.webhook.ServiceResolver;
import dev.coracle.client.RestClient;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import org.jspecify.annotations.Nullable;

/**
 * Calls to an aggregated API from within this process, as a request over HTTP would be handed on.
 */
final class RemoteCalls extends RestClient {

  /** What a client says of a 503 that says nothing; why is told by the APIService's condition. */
  private static final String UNABLE = "the server is currently unable to handle the request";

  private final ServiceResolver services;
  private final RemoteClient client;
  private final RemoteApi api;
  private final UserInfo user;

  RemoteCalls(ServiceResolver services, RemoteClient client, RemoteApi api, UserInfo user) {
    super(RemoteClient.MOST_BYTES);
    this.services = services;
    this.client = client;
    this.api = api;
    this.user = user;
  }

  @Override
  protected Future<HttpClientResponse> send(
      HttpMethod method,
      String path,
      String contentType,
      byte @Nullable [] body,
      long timeoutMillis) {
    if (!api.available()) {
      return Future.failedFuture(StatusException.unavailable(UNABLE));
    }
    MultiMap headers = Peer.identify(user).add("Accept", "application/json");
    if (!contentType.isEmpty()) {
      headers.add("Content-Type", contentType);
    }
    return Future.fromCompletionStage(services.resolve(api.service()).subscribeAsCompletionStage())
        .compose(address -> client.send(api, address, method, path, headers, body, timeoutMillis))
        .recover(
            f -> Future.failedFuture(StatusException.unavailable(UNABLE + ": " + f.getMessage())));
  }
}
