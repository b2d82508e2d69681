package dev.coracle.apiserver;

import dev.coracle.api.GroupResource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What the launcher hangs into the API server.
 *
 * @param routes parts of the URL space served by somebody else
 * @param checks further named checks of health, shown after the server's own
 * @param providers resources whose objects are computed, such as {@code pods.metrics.k8s.io}; their
 *     kinds must be known to the scheme
 */
public record ApiServerHooks(
    List<ExtraRoute> routes,
    List<HealthCheck> checks,
    Map<GroupResource, ObjectProvider> providers) {

  public static final ApiServerHooks NONE = new ApiServerHooks(List.of(), List.of(), Map.of());

  public ApiServerHooks {
    routes = List.copyOf(routes);
    checks = List.copyOf(checks);
    providers = Map.copyOf(providers);
  }

  /** The same, with these checks after those that it has. */
  public ApiServerHooks withChecks(List<HealthCheck> further) {
    List<HealthCheck> all = new ArrayList<>(checks);
    all.addAll(further);
    return new ApiServerHooks(routes, all, providers);
  }
}
