package dev.coracle.apiserver.internal.structured;

import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.authz.Attributes;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.authz.CountedAuthorizer;
import dev.coracle.apiserver.internal.authz.WebhookAuthorizer;
import dev.coracle.apiserver.internal.http.RemoteJson;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;

/**
 * The authorizers that an AuthorizationConfiguration names now, in its order. Whoever is in {@code
 * system:masters} is let through before the first of them, as upstream does.
 */
public final class StructuredAuthorization implements Authorizer, AutoCloseable {

  private static final Authorizer MASTERS =
      a -> a.user().in(UserInfo.MASTERS) ? Decision.allow("") : Decision.NO_OPINION;

  private record Current(Authorizer chain, List<RemoteJson> clients) {}

  private final Reloaded<Current> file;

  /**
   * @throws IllegalStateException naming the file and what is wrong in it
   */
  public StructuredAuthorization(
      Vertx vertx,
      Path path,
      Authorizer nodes,
      Authorizer rbac,
      Clock clock,
      MeterRegistry meters) {
    file =
        new Reloaded<>(
            path,
            AuthorizationFile.KIND,
            yaml -> current(vertx, AuthorizationFile.parse(yaml), nodes, rbac, clock, meters),
            old -> old.clients.forEach(RemoteJson::retire),
            meters,
            "apiserver_authorization_config_controller",
            clock);
  }

  private static Current current(
      Vertx vertx,
      AuthorizationFile file,
      Authorizer nodes,
      Authorizer rbac,
      Clock clock,
      MeterRegistry meters) {
    List<RemoteJson> clients = new ArrayList<>();
    List<Authorizer> chain = new ArrayList<>(List.of(MASTERS));
    try {
      for (AuthorizationFile.Entry entry : file.authorizers()) {
        chain.add(
            switch (entry) {
              case AuthorizationFile.Own(String type, String name) ->
                  new CountedAuthorizer(own(type, nodes, rbac), type, name, meters);
              case AuthorizationFile.Webhook webhook -> {
                RemoteJson client = RemoteJson.ofKubeconfig(vertx, webhook.kubeconfig());
                clients.add(client);
                yield new CountedAuthorizer(
                    new WebhookAuthorizer(client, webhook.settings(), clock, meters),
                    "Webhook",
                    webhook.settings().name(),
                    meters);
              }
            });
      }
    } catch (IllegalStateException e) {
      clients.forEach(RemoteJson::close);
      throw e;
    }
    return new Current(Authorizer.chain(chain), List.copyOf(clients));
  }

  private static Authorizer own(String type, Authorizer nodes, Authorizer rbac) {
    return switch (type) {
      case "Node" -> nodes;
      case "RBAC" -> rbac;
      case "AlwaysAllow" -> _ -> Decision.allow("");
      default -> _ -> new Decision(Verdict.NO_OPINION, "Everything is forbidden.");
    };
  }

  @Override
  public Decision decide(Attributes attributes) {
    return file.now().chain.decide(attributes);
  }

  @Override
  public Uni<Decision> ask(Attributes attributes) {
    return file.now().chain.ask(attributes);
  }

  @Override
  public String unlisted(UserInfo user) {
    return file.now().chain.unlisted(user);
  }

  @Override
  public void close() {
    file.close();
  }
}
