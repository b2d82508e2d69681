package dev.coracle.kubelet.server.internal.http;

import dev.coracle.kubelet.server.KubeletAuth;
import dev.coracle.kubelet.server.NodeAttributes;
import dev.coracle.kubelet.server.UserInfo;
import dev.coracle.kubelet.server.config.KubeletServerOptions;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * First handler of every route: authenticates by client certificate, then bearer token, then (if
 * allowed) as anonymous; authorises on {@code nodes/SUBRESOURCE}. Runs on the connection's event
 * loop.
 *
 * @see <a
 *     href="https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/">Kubelet
 *     authentication/authorization</a>
 */
public final class AuthFilter implements Handler<RoutingContext> {
  private static final Logger log = LoggerFactory.getLogger(AuthFilter.class);
  private static final String MASTERS = "system:masters";

  private final Vertx vertx;
  private final KubeletAuth auth;
  private final KubeletServerOptions options;

  public AuthFilter(Vertx vertx, KubeletAuth auth, KubeletServerOptions options) {
    this.vertx = vertx;
    this.auth = auth;
    this.options = options;
  }

  @Override
  public void handle(RoutingContext rc) {
    // The body of an upgraded or long request must wait until somebody reads it.
    rc.request().pause();
    Future<Optional<UserInfo>> who;
    try {
      who = authenticate(rc);
    } catch (RuntimeException e) {
      who = Future.failedFuture(e);
    }
    who.onComplete(result -> {
      if (result.failed()) {
        log.atError()
            .setCause(result.cause())
            .log("Unable to authenticate the request due to an error");
      }
      UserInfo user = result.succeeded() ? result.result().orElse(null) : null;
      if (user == null) {
        Replies.text(rc, 401, "Unauthorized");
      } else {
        authorize(rc, user);
      }
    });
  }

  private Future<Optional<UserInfo>> authenticate(RoutingContext rc) {
    Optional<UserInfo> byCertificate = ClientCertificates.user(rc.request().connection());
    if (byCertificate.isPresent()) {
      return Future.succeededFuture(byCertificate);
    }
    String header = rc.request().getHeader("Authorization");
    if (header != null && header.regionMatches(true, 0, "Bearer ", 0, 7)) {
      String token = header.substring(7).strip();
      return token.isEmpty()
          ? Future.succeededFuture(Optional.empty())
          : Adapters.future(vertx, auth.authenticate(token));
    }
    boolean anonymous = options.anonymousAuth() && header == null;
    return Future.succeededFuture(anonymous ? Optional.of(UserInfo.ANONYMOUS) : Optional.empty());
  }

  private void authorize(RoutingContext rc, UserInfo user) {
    if (user.groups().contains(MASTERS) || options.trustedUsers().contains(user.name())) {
      rc.next();
      return;
    }
    String verb = NodeSubresources.verb(rc.request().method());
    List<String> subresources = NodeSubresources.of(rc.normalizedPath());
    String asked =
        "(user="
            + user.name()
            + ", verb="
            + verb
            + ", resource=nodes, subresource(s)="
            + brackets(subresources)
            + ")";
    any(user, verb, rc.normalizedPath(), subresources, 0)
        .onSuccess(allowed -> {
          if (allowed) {
            rc.next();
          } else {
            Replies.text(rc, 403, "Forbidden " + asked);
          }
        })
        .onFailure(e -> {
          log.atError()
              .setCause(e)
              .addKeyValue("user", user.name())
              .log("Authorization failed with an error");
          Replies.text(rc, 500, "Authorization error " + asked);
        });
  }

  private Future<Boolean> any(
      UserInfo user, String verb, String path, List<String> subresources, int index) {
    if (index == subresources.size()) {
      return Future.succeededFuture(false);
    }
    NodeAttributes attributes =
        new NodeAttributes(verb, subresources.get(index), options.nodeName(), path);
    Future<Boolean> answer;
    try {
      answer = Adapters.future(vertx, auth.authorize(user, attributes));
    } catch (RuntimeException e) {
      answer = Future.failedFuture(e);
    }
    return answer.compose(
        ok -> ok ? Future.succeededFuture(true) : any(user, verb, path, subresources, index + 1));
  }

  private static String brackets(List<String> words) {
    return "[" + String.join(" ", words) + "]";
  }
}
