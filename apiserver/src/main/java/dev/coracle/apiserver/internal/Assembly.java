package dev.coracle.apiserver.internal;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Resources;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.schema.Scheme;
import dev.coracle.api.tls.PemKeyManager;
import dev.coracle.apiserver.ApiCalls;
import dev.coracle.apiserver.ApiServerHooks;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.config.ApiServerOptions;
import dev.coracle.apiserver.internal.admission.AdmissionChain;
import dev.coracle.apiserver.internal.admission.AdmissionConfig;
import dev.coracle.apiserver.internal.admission.AdmissionMeters;
import dev.coracle.apiserver.internal.admission.AdmissionPlugins;
import dev.coracle.apiserver.internal.admission.ClusterState;
import dev.coracle.apiserver.internal.aggregation.AggregatedPaths;
import dev.coracle.apiserver.internal.aggregation.ApiServices;
import dev.coracle.apiserver.internal.audit.Audit;
import dev.coracle.apiserver.internal.authn.Authentication;
import dev.coracle.apiserver.internal.authn.AuthenticationMeters;
import dev.coracle.apiserver.internal.authn.Authenticator;
import dev.coracle.apiserver.internal.authn.BootstrapTokens;
import dev.coracle.apiserver.internal.authn.ClientCertificates;
import dev.coracle.apiserver.internal.authn.ClientTrust;
import dev.coracle.apiserver.internal.authn.ExternalSigner;
import dev.coracle.apiserver.internal.authn.ServiceAccountTokens;
import dev.coracle.apiserver.internal.authn.StaticTokens;
import dev.coracle.apiserver.internal.authn.TokenKey;
import dev.coracle.apiserver.internal.authn.TokenSigner;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.authz.NodeAuthorizer;
import dev.coracle.apiserver.internal.authz.PolicyRule;
import dev.coracle.apiserver.internal.authz.RbacAuthorizer;
import dev.coracle.apiserver.internal.bootstrap.Bootstrap;
import dev.coracle.apiserver.internal.bootstrap.DefaultRoles;
import dev.coracle.apiserver.internal.bootstrap.ExtensionTrust;
import dev.coracle.apiserver.internal.bootstrap.KubernetesServiceReconciler;
import dev.coracle.apiserver.internal.crd.Converters;
import dev.coracle.apiserver.internal.crd.CustomResourceRegistrar;
import dev.coracle.apiserver.internal.crd.RuleMeters;
import dev.coracle.apiserver.internal.discovery.KeyDocuments;
import dev.coracle.apiserver.internal.discovery.StartHooks;
import dev.coracle.apiserver.internal.filter.Filters;
import dev.coracle.apiserver.internal.flowcontrol.FlowControl;
import dev.coracle.apiserver.internal.http.Bodies;
import dev.coracle.apiserver.internal.http.GracefulTermination;
import dev.coracle.apiserver.internal.http.HttpFront;
import dev.coracle.apiserver.internal.http.Presenter;
import dev.coracle.apiserver.internal.http.ResourceHandler;
import dev.coracle.apiserver.internal.identity.ExpiredServers;
import dev.coracle.apiserver.internal.identity.ServerAddresses;
import dev.coracle.apiserver.internal.identity.ServerId;
import dev.coracle.apiserver.internal.identity.ServerLease;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.Conversions;
import dev.coracle.apiserver.internal.registry.KindStrategy;
import dev.coracle.apiserver.internal.registry.LateConversion;
import dev.coracle.apiserver.internal.registry.Registry;
import dev.coracle.apiserver.internal.registry.ResourceType;
import dev.coracle.apiserver.internal.registry.SchemaRules;
import dev.coracle.apiserver.internal.registry.Strategies;
import dev.coracle.apiserver.internal.registry.kinds.PodCertificateStrategy;
import dev.coracle.apiserver.internal.registry.kinds.RbacStrategy;
import dev.coracle.apiserver.internal.registry.kinds.ServiceStrategy;
import dev.coracle.apiserver.internal.service.AllocationMeters;
import dev.coracle.apiserver.internal.service.ServicePools;
import dev.coracle.apiserver.internal.service.SharedAllocation;
import dev.coracle.apiserver.internal.stream.Connects;
import dev.coracle.apiserver.internal.stream.Destinations;
import dev.coracle.apiserver.internal.stream.Forwarder;
import dev.coracle.apiserver.internal.stream.PodLogMeters;
import dev.coracle.apiserver.internal.stream.Tunnels;
import dev.coracle.apiserver.internal.structured.AdmissionFile;
import dev.coracle.apiserver.internal.structured.TracingFile;
import dev.coracle.apiserver.internal.subresource.BindingSubresource;
import dev.coracle.apiserver.internal.subresource.EvictionSubresource;
import dev.coracle.apiserver.internal.subresource.Reviews;
import dev.coracle.apiserver.internal.subresource.ScaleSubresource;
import dev.coracle.apiserver.internal.subresource.TokenSubresource;
import dev.coracle.apiserver.internal.table.Tables;
import dev.coracle.apiserver.internal.verb.DeleteVerb;
import dev.coracle.apiserver.internal.verb.Engine;
import dev.coracle.apiserver.internal.verb.Providers;
import dev.coracle.apiserver.internal.verb.Review;
import dev.coracle.apiserver.internal.verb.ReviewVerb;
import dev.coracle.apiserver.internal.verb.Verbs;
import dev.coracle.apiserver.internal.webhook.ServiceResolver;
import dev.coracle.tracing.Tracing;
import dev.coracle.watchhub.ResourceStore;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.KeyCertOptions;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The parts list of one API server, in the order in which a request meets them from behind. */
public final class Assembly {

  private final Vertx vertx;
  private final Scheme scheme;
  private final RbacAuthorizer rbac;
  private final NodeAuthorizer nodes;
  private final Authorizer authorizer;
  private final ServicePools pools;
  private final SharedAllocation allocation;
  private final ClusterState state;
  private final Registry registry;
  private final Engine engine;
  private final HttpFront front;
  private final ClientTrust trust;
  private final GracefulTermination termination;
  private final Duration longestRequest;
  private final FlowControl flows;
  private final Remotes remotes;
  private final AdmissionPlugins admission;
  private final Bootstrap bootstrap;
  private final KubernetesServiceReconciler kubernetesService;
  private final String advertiseAddress;
  private final ServerLease lease;
  private final ExpiredServers expiredServers;
  private final Forwarder forwarder;
  private final Tunnels tunnels;
  private final KeyDocuments keys;
  private final TokenSigner signer;
  private final CustomResourceRegistrar customResources;
  private final Extensions extensions;
  private final @Nullable Audit audit;
  private final ApiServices apiServices;
  private final Tracing tracing;

  public Assembly(
      Vertx vertx,
      ResourceStore store,
      ApiServerOptions options,
      MeterRegistry meters,
      ApiServerHooks hooks,
      StartHooks start) {
    this.vertx = vertx;
    longestRequest = options.limits().requestTimeout();
    Clock clock = Clock.systemUTC();
    ApiServerMetrics metrics = new ApiServerMetrics(meters);
    tracing = tracing(options.security().tracingConfig());
    scheme = Scheme.builtIn();
    rbac = new RbacAuthorizer(vertx, store);
    nodes = new NodeAuthorizer(vertx, store, PolicyRule.all(DefaultRoles.rulesOf("system:node")));
    remotes =
        new Remotes(
            vertx, options.security(), options.identity().issuer(), nodes, rbac, clock, meters);
    authorizer = remotes.authorizer();
    pools = new ServicePools(options.services(), new SecureRandom());
    allocation =
        new SharedAllocation(
            vertx,
            store,
            pools,
            new AllocationMeters(meters, pools),
            () -> calls(UserInfo.APISERVER),
            clock);
    Strategies strategies =
        new Strategies(
            this::registry,
            store,
            authorizer,
            new ServiceStrategy(allocation.allocation()),
            new RbacStrategy(rbac, authorizer),
            new PodCertificateStrategy(authorizer, clock));
    state = ClusterState.of(vertx, store);
    store.timeToLive(Resources.EVENTS.groupResource(), options.limits().eventTtl());
    AdmissionConfig told = AdmissionFile.read(options.security().admission().config());
    extensions =
        new Extensions(
            vertx, store, state.namespaces(), this::registry, authorizer, told, metrics, tracing);
    RuleMeters ruleMeters = RuleMeters.of(meters);
    registry =
        new Registry(
            scheme,
            store,
            definition -> type(definition, strategies, extensions.converters(), ruleMeters));
    admission =
        new AdmissionPlugins(
            new AdmissionPlugins.Parts(
                vertx,
                state,
                store,
                authorizer,
                this::registry,
                () -> innerCalls(UserInfo.APISERVER),
                extensions.plugins(),
                meters,
                clock),
            options.security().admission(),
            told);
    Backstage backstage =
        new Backstage(
            store, new AdmissionChain(admission.inOrder(), new AdmissionMeters(meters)), clock);
    Path signing = options.security().signingEndpoint();
    signer =
        signing == null
            ? TokenKey.read(options.identity().serviceAccountKey())
            : new ExternalSigner(vertx, signing, clock, meters);
    ServiceAccountTokens accountTokens =
        new ServiceAccountTokens(signer, options.identity().issuer(), store, clock, meters);
    List<Authenticator> tokens = new ArrayList<>();
    tokens.add(accountTokens);
    tokens.add(new BootstrapTokens(store, clock));
    tokens.add(new StaticTokens(options.identity().staticTokens()));
    tokens.addAll(remotes.authenticators());
    trust = new ClientTrust(clientAuthorities(options));
    Authentication authentication =
        new Authentication(
            new ClientCertificates(trust),
            tokens,
            options.identity().audiences(),
            remotes.anonymousAt(),
            new AuthenticationMeters(meters),
            clock);
    Verbs verbs = Verbs.of(backstage, authorizer);
    BindingSubresource binding = new BindingSubresource(store, clock);
    Map<String, Review> reviews =
        new HashMap<>(new Reviews(authentication, authorizer, rbac, clock).all());
    reviews.put("bindings", (call, body) -> binding.create(podOf(call, body), body));
    engine =
        new Engine(
            verbs,
            backstage.admission(),
            Map.of(
                "*/scale", new ScaleSubresource(backstage, verbs.updates()),
                "pods/binding", binding,
                "pods/eviction",
                    new EvictionSubresource(store, new DeleteVerb(backstage.unasked()), clock),
                "serviceaccounts/token",
                    new TokenSubresource(store, accountTokens, options.identity().audiences())),
            new ReviewVerb(backstage.admission(), clock, reviews),
            new Providers(hooks.providers()));
    customResources =
        new CustomResourceRegistrar(vertx, store, registry, engine, extensions.converters(), clock);
    PodLogMeters logs = new PodLogMeters(meters);
    forwarder = new Forwarder(vertx, options.kubelets(), logs);
    tunnels = new Tunnels(vertx, new SecureRandom());
    apiServices =
        new ApiServices(
            vertx,
            store,
            scheme,
            KeyCertOptions.wrap(
                PemKeyManager.of(
                    options.kubelets().clientCertificate(), options.kubelets().clientKey())),
            meters,
            clock);
    customResources.whenServed(apiServices::ownChanged);
    keys = new KeyDocuments(signer, options.identity().issuer());
    ResourceHandler resources =
        new ResourceHandler(
            vertx,
            registry,
            engine,
            new Bodies(vertx, options.limits().maxBodyBytes(), options.limits().readTimeout()),
            new Presenter(new Tables(clock)),
            new Connects(
                new Destinations(store, tunnels, logs),
                forwarder,
                backstage.admission(),
                authorizer),
            metrics,
            tracing,
            options.limits().minWatchTimeout().toMillis());
    flows =
        new FlowControl(
            vertx,
            store,
            options.limits().maxReads() + options.limits().maxWrites(),
            options.limits().requestTimeout().dividedBy(4),
            meters,
            clock,
            System::nanoTime);
    audit = Audit.of(vertx, options.security().audit(), clock, meters);
    termination = new GracefulTermination(vertx, options.shutdown());
    front =
        new HttpFront(
            vertx,
            options,
            Filters.inOrder(
                vertx,
                metrics,
                authentication,
                authorizer,
                hooks.routes(),
                audit,
                tracing,
                flows,
                options.limits(),
                termination),
            new AggregatedPaths(apiServices, new ServiceResolver(store), forwarder)::handle,
            OwnPaths.inOrder(
                new OwnPaths.Parts(
                    vertx,
                    options,
                    hooks,
                    start,
                    scheme,
                    registry,
                    apiServices,
                    flows,
                    keys,
                    tunnels,
                    () -> front().port())),
            resources,
            trust,
            metrics);
    bootstrap =
        new Bootstrap(vertx, calls(UserInfo.APISERVER), () -> ExtensionTrust.of(options), clock);
    trust.whenChanged(bootstrap::trustChanged);
    kubernetesService = new KubernetesServiceReconciler(vertx, store, calls(UserInfo.APISERVER));
    advertiseAddress = options.listen().advertiseAddress();
    lease =
        new ServerLease(
            vertx, calls(UserInfo.APISERVER), ServerId.here(), clock, ServerLease.RENEWAL);
    expiredServers =
        new ExpiredServers(vertx, calls(UserInfo.APISERVER), clock, ExpiredServers.PERIOD);
  }

  private static List<Path> clientAuthorities(ApiServerOptions options) {
    Path further = options.security().authentication().clientCa();
    Path own = options.listen().clientCa();
    return further == null ? List.of(own) : List.of(own, further);
  }

  private Registry registry() {
    return registry;
  }

  private Tracing tracing(@Nullable Path file) {
    return file == null
        ? Tracing.NONE
        : Tracing.of(vertx, TracingFile.read(file), OwnPaths.COMPONENT, ServerId.here().name());
  }

  private Call podOf(Call call, ObjectNode binding) {
    return call.on(
        registry.require(Resources.PODS),
        binding.path("metadata").path("name").asText(""),
        "binding");
  }

  private static ResourceType type(
      ResourceDefinition definition,
      Strategies strategies,
      Converters converters,
      RuleMeters meters) {
    LateConversion late = converters.of(definition.gvr().groupResource()).orElse(null);
    ResourceType.Conversion conversion =
        definition.builtIn()
            ? Conversions.of(definition.gvr().groupResource())
            : late == null ? ResourceType.Conversion.RENAME : ResourceType.Conversion.BY_WEBHOOK;
    KindStrategy strategy = strategies.of(definition);
    return new ResourceType(
        definition,
        conversion,
        new SchemaRules(definition, strategy, meters),
        strategy,
        late,
        definition.builtIn() ? Map.of() : converters.schemas(definition.gvr().groupResource()));
  }

  public Uni<Void> startCaches() {
    return rbac.start()
        .chain(nodes::start)
        .chain(state::start)
        .chain(extensions::start)
        .chain(customResources::start)
        .chain(flows::start)
        .chain(apiServices::start)
        .chain(signer::start);
  }

  public void stopCaches() {
    rbac.stop();
    nodes.stop();
    state.stop();
    flows.stop();
    remotes.close();
    trust.close();
    admission.close();
    signer.stop();
    customResources.stop();
    extensions.stop();
    apiServices.stop();
    allocation.stop();
    forwarder.close();
    tunnels.close();
  }

  /** Writes and sends what the audit still holds. May wait for seconds: not on an event loop. */
  public void closeAudit() {
    Audit kept = audit;
    if (kept != null) {
      kept.close();
    }
  }

  /** Sends the spans that wait, for at most ten seconds. */
  public Future<Void> closeTracing() {
    return tracing.close();
  }

  public Scheme scheme() {
    return scheme;
  }

  public SharedAllocation allocation() {
    return allocation;
  }

  public ServicePools pools() {
    return pools;
  }

  public ResourceType services() {
    return registry.require(Resources.SERVICES);
  }

  public HttpFront front() {
    return front;
  }

  public Tunnels tunnels() {
    return tunnels;
  }

  public Bootstrap bootstrap() {
    return bootstrap;
  }

  /** What every cluster has, where this server may be one of the store's. */
  public Uni<Void> prepare() {
    return bootstrap.belongs(kubernetesService.others(advertiseAddress)).chain(bootstrap::run);
  }

  /** This server is one of its cluster's; to be called when it serves. */
  public Uni<Void> appear() {
    return kubernetesService
        .start(pools.first(), new ServerAddresses.Address(advertiseAddress, front().port()))
        .invoke(() -> {
          state.namespaces().listen(bootstrap::namespaceChanged);
          flows.listen(bootstrap::flowChanged);
          lease.start();
          expiredServers.start();
        });
  }

  /** It is none of them any more. */
  public Uni<Void> disappear() {
    bootstrap.stop();
    expiredServers.stop();
    return Uni.join()
        .all(kubernetesService.stop(), lease.stop())
        .andCollectFailures()
        .replaceWithVoid();
  }

  /** Goes on for as long as load balancers need to see the end, then answers what was let in. */
  public Future<Void> drain() {
    return termination.delay().compose(_ -> termination.drain(longestRequest));
  }

  public ApiCalls calls(UserInfo user) {
    return new DirectCalls(
        registry, apiServices, engine, authorizer, audit, new FairCalls(vertx, flows, user), user);
  }

  /** For what answers other requests. */
  public ApiCalls innerCalls(UserInfo user) {
    return new DirectCalls(registry, apiServices, engine, authorizer, audit, null, user);
  }
}
