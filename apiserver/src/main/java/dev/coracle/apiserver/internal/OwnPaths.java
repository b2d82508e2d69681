package dev.coracle.apiserver.internal;

import dev.coracle.api.VersionInfo;
import dev.coracle.api.schema.Scheme;
import dev.coracle.api.zpages.FlagPage;
import dev.coracle.api.zpages.StatusPage;
import dev.coracle.apiserver.ApiServerHooks;
import dev.coracle.apiserver.ExtraRoute;
import dev.coracle.apiserver.HealthCheck;
import dev.coracle.apiserver.config.ApiServerOptions;
import dev.coracle.apiserver.internal.aggregation.ApiServices;
import dev.coracle.apiserver.internal.discovery.Discovery;
import dev.coracle.apiserver.internal.discovery.Health;
import dev.coracle.apiserver.internal.discovery.KeyDocuments;
import dev.coracle.apiserver.internal.discovery.OpenApiRoutes;
import dev.coracle.apiserver.internal.discovery.RootPaths;
import dev.coracle.apiserver.internal.discovery.ServedPage;
import dev.coracle.apiserver.internal.discovery.StartHooks;
import dev.coracle.apiserver.internal.discovery.VersionPage;
import dev.coracle.apiserver.internal.flowcontrol.FlowControl;
import dev.coracle.apiserver.internal.http.FlowDumps;
import dev.coracle.apiserver.internal.http.PathHandler;
import dev.coracle.apiserver.internal.registry.Registry;
import dev.coracle.apiserver.internal.registry.ResourceType;
import dev.coracle.apiserver.internal.stream.Tunnels;
import dev.coracle.apiserver.openapi.OpenApiDocuments;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.stream.Stream;

/** What is served besides the resources of the API, in the order in which it is asked. */
final class OwnPaths {

  /** What {@code /statusz} lists. */
  private static final List<String> PAGES =
      List.of(
          "/flagz",
          "/healthz",
          "/livez",
          "/metrics",
          "/metrics/slis",
          "/readyz",
          "/statusz",
          "/version");

  /** What {@code /} lists besides checks of health, groups and the launcher's routes. */
  private static final List<String> PATHS =
      List.of(
          "/.well-known/openid-configuration",
          "/api",
          "/api/v1",
          "/apis",
          "/apis/",
          "/flagz",
          "/openapi/v2",
          "/openapi/v3",
          "/openapi/v3/",
          "/openid/v1/jwks",
          "/statusz",
          "/version");

  /** As its pages and traces name it. */
  static final String COMPONENT = "apiserver";

  /**
   * What they are made of.
   *
   * @param port of the server, once it listens
   */
  record Parts(
      Vertx vertx,
      ApiServerOptions options,
      ApiServerHooks hooks,
      StartHooks start,
      Scheme scheme,
      Registry registry,
      ApiServices apiServices,
      FlowControl flows,
      KeyDocuments keys,
      Tunnels tunnels,
      IntSupplier port) {}

  private OwnPaths() {}

  static List<PathHandler> inOrder(Parts parts) {
    ApiServices apiServices = parts.apiServices;
    Registry registry = parts.registry;
    List<HealthCheck> checks = new ArrayList<>(parts.hooks.checks());
    checks.addAll(parts.start.checks(apiServices::unregistered));
    Health health = new Health(checks);
    Discovery discovery =
        new Discovery(
            parts.scheme,
            apiServices,
            r -> registry.find(r.gvr()).map(ResourceType::storedKind),
            registry::hasBuiltIn,
            () -> parts.options.listen().advertiseAddress() + ":" + parts.port.getAsInt());
    PathHandler extra =
        exchange -> {
          for (var route : parts.hooks.routes()) {
            if (route.serves(exchange.info().path())) {
              route.handler().handle(exchange.request());
              return true;
            }
          }
          return false;
        };
    OpenApiRoutes openApi =
        new OpenApiRoutes(
            parts.vertx,
            new OpenApiDocuments(
                parts.scheme,
                VersionInfo.GIT_VERSION,
                apiServices.documents(),
                resource ->
                    registry
                        .find(resource.gvr())
                        .filter(t -> t.strategy().returnsDeletedObject())
                        .isPresent()));
    RootPaths roots =
        new RootPaths(
            Stream.of(
                    health.paths(),
                    PATHS.stream(),
                    parts.hooks.routes().stream().map(ExtraRoute::prefix))
                .flatMap(paths -> paths)
                .toList(),
            discovery::groups);
    return List.of(
        health::handle,
        roots::handle,
        new ServedPage(new StatusPage(COMPONENT, PAGES, Clock.systemUTC()))::handle,
        new ServedPage(new FlagPage(COMPONENT, parts.options.flags()))::handle,
        VersionPage::handle,
        new FlowDumps(parts.flows),
        parts.keys::handle,
        openApi::handle,
        extra,
        parts.tunnels,
        discovery::handle);
  }
}
