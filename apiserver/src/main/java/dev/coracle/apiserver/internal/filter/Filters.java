package dev.coracle.apiserver.internal.filter;

import dev.coracle.apiserver.ExtraRoute;
import dev.coracle.apiserver.config.ApiServerOptions.Limits;
import dev.coracle.apiserver.internal.ApiServerMetrics;
import dev.coracle.apiserver.internal.audit.Audit;
import dev.coracle.apiserver.internal.authn.Authentication;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.flowcontrol.FlowControl;
import dev.coracle.apiserver.internal.http.GracefulTermination;
import dev.coracle.apiserver.internal.impersonation.Impersonation;
import dev.coracle.tracing.Tracing;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The filters in the order in which a request passes them; the request is read and routed after the
 * last.
 */
public final class Filters {

  private Filters() {}

  public static List<Filter> inOrder(
      Vertx vertx,
      ApiServerMetrics metrics,
      Authentication authentication,
      Authorizer authorizer,
      List<ExtraRoute> extraRoutes,
      @Nullable Audit audit,
      Tracing tracing,
      FlowControl flows,
      Limits limits,
      GracefulTermination termination) {
    return List.of(
        new GoawayFilter(limits.goawayChance(), () -> ThreadLocalRandom.current().nextDouble()),
        new TerminationFilter(termination),
        new MetricsFilter(metrics),
        new AuditIdFilter(),
        new DeadlineFilter(vertx, limits.requestTimeout(), audit, metrics),
        new AuthenticationFilter(authentication, extraRoutes, audit),
        new TracingFilter(tracing),
        new AuditFilter(audit),
        new ImpersonationFilter(new Impersonation(authorizer, metrics)),
        new FlowControlFilter(metrics, flows),
        new AuthorizationFilter(authorizer, extraRoutes, metrics.authorization()));
  }
}
