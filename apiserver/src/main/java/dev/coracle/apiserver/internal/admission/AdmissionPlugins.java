package dev.coracle.apiserver.internal.admission;

import dev.coracle.apiserver.ApiCalls;
import dev.coracle.apiserver.config.AdmissionOptions;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.http.RemoteJson;
import dev.coracle.apiserver.internal.podsecurity.PodSecurityMeters;
import dev.coracle.apiserver.internal.registry.Registry;
import dev.coracle.watchhub.ResourceStore;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;

/** The admission plugins in the order in which they run, which is upstream's. */
public final class AdmissionPlugins implements AutoCloseable {

  /** The plugins that ask what users have registered. */
  public record Extensions(
      AdmissionPlugin expressionsFirst,
      AdmissionPlugin mutatingPolicies,
      AdmissionPlugin mutatingWebhooks,
      AdmissionPlugin validatingPolicies,
      AdmissionPlugin validatingWebhooks) {}

  /**
   * What plugins work with.
   *
   * @param calls in the server's own name
   */
  public record Parts(
      Vertx vertx,
      ClusterState state,
      ResourceStore store,
      Authorizer authorizer,
      Supplier<Registry> registry,
      Supplier<ApiCalls> calls,
      Extensions extensions,
      MeterRegistry meters,
      Clock clock) {}

  private record Entry(String name, boolean on, Supplier<AdmissionPlugin> plugin) {}

  private final List<RemoteJson> remotes = new ArrayList<>();
  private final List<AdmissionPlugin> inOrder = new ArrayList<>();

  /**
   * @throws IllegalStateException with words for the user
   */
  public AdmissionPlugins(Parts parts, AdmissionOptions options, AdmissionConfig config) {
    List<Entry> all = all(parts, options, config);
    Set<String> names = new LinkedHashSet<>();
    all.forEach(e -> names.add(e.name));
    check("enable", options.enabled(), names);
    check("disable", options.disabled(), names);
    Set<String> both = new TreeSet<>(options.enabled());
    both.retainAll(options.disabled());
    if (!both.isEmpty()) {
      throw new IllegalStateException(
          both + " in enable-admission-plugins and disable-admission-plugins overlapped");
    }
    inOrder.add(parts.extensions.expressionsFirst());
    for (Entry entry : all) {
      if (!options.disabled().contains(entry.name)
          && (entry.on || options.enabled().contains(entry.name))) {
        inOrder.add(entry.plugin.get());
      }
    }
  }

  private static void check(String what, Set<String> given, Set<String> known) {
    for (String name : given) {
      if (!known.contains(name)) {
        throw new IllegalStateException(
            what
                + "-admission-plugins plugin \""
                + name
                + "\" is unknown; known are "
                + String.join(", ", known));
      }
    }
  }

  private static Entry on(String name, Supplier<AdmissionPlugin> plugin) {
    return new Entry(name, true, plugin);
  }

  private static Entry off(String name, Supplier<AdmissionPlugin> plugin) {
    return new Entry(name, false, plugin);
  }

  private List<Entry> all(Parts parts, AdmissionOptions options, AdmissionConfig config) {
    ClusterState state = parts.state;
    ResourceStore store = parts.store;
    Authorizer authorizer = parts.authorizer;
    Extensions extensions = parts.extensions;
    return List.of(
        off(
            "NamespaceAutoProvision",
            () -> new NamespaceAutoProvision(state.namespaces(), parts.calls)),
        on("NamespaceLifecycle", () -> new NamespaceLifecycle(state.namespaces())),
        off("NamespaceExists", () -> new NamespaceExists(state.namespaces())),
        off("LimitPodHardAntiAffinityTopology", LimitPodHardAntiAffinityTopology::new),
        on("LimitRanger", () -> new LimitRanger(store)),
        on("ServiceAccount", () -> new ServiceAccountAdmission(state.serviceAccounts())),
        on("NodeRestriction", () -> new NodeRestriction(store, authorizer)),
        on("TaintNodesByCondition", TaintNodesByCondition::new),
        off("AlwaysPullImages", AlwaysPullImages::new),
        off("ImagePolicyWebhook", () -> imagePolicy(parts, config)),
        on(
            "PodSecurity",
            () ->
                new PodSecurity(
                    state.namespaces(),
                    store,
                    config.podSecurity(),
                    new PodSecurityMeters(parts.meters))),
        off(
            "PodNodeSelector",
            () -> new PodNodeSelector(state.namespaces(), config.nodeSelectors())),
        on("Priority", () -> new PriorityAdmission(state.priorityClasses())),
        on(
            "DefaultTolerationSeconds",
            () ->
                new DefaultTolerationSeconds(
                    options.notReadySeconds(), options.unreachableSeconds())),
        off(
            "PodTolerationRestriction",
            () -> new PodTolerationRestriction(state.namespaces(), config.tolerations())),
        off("EventRateLimit", () -> eventRateLimit(config)),
        off("ExtendedResourceToleration", ExtendedResourceToleration::new),
        on("DefaultStorageClass", () -> new DefaultStorageClass(state.storageClasses())),
        on("StorageObjectInUseProtection", StorageObjectInUseProtection::new),
        on(
            "OwnerReferencesPermissionEnforcement",
            () -> new OwnerReferences(authorizer, parts.registry)),
        on("PersistentVolumeClaimResize", () -> new VolumeClaimResize(state.storageClasses())),
        on("RuntimeClass", () -> new RuntimeClassAdmission(state.runtimeClasses())),
        on("CertificateApproval", () -> new CertificateApproval(authorizer)),
        on("CertificateSigning", () -> new CertificateSigning(authorizer)),
        on("ClusterTrustBundleAttest", () -> new ClusterTrustBundleAttest(authorizer)),
        on("CertificateSubjectRestriction", CertificateSubjectRestriction::new),
        on("DefaultIngressClass", () -> new DefaultIngressClass(state.ingressClasses())),
        off("DenyServiceExternalIPs", DenyServiceExternalIps::new),
        on("PodTopologyLabels", () -> new PodTopologyLabels(state.nodes())),
        on("NodeDeclaredFeatureValidator", () -> new NodeDeclaredFeatureValidator(state.nodes())),
        on("MutatingAdmissionPolicy", extensions::mutatingPolicies),
        on("MutatingAdmissionWebhook", extensions::mutatingWebhooks),
        on("ValidatingAdmissionPolicy", extensions::validatingPolicies),
        on("ValidatingAdmissionWebhook", extensions::validatingWebhooks),
        on("ResourceQuota", () -> new ResourceQuotaAdmission(store, config.limitedResources())));
  }

  private AdmissionPlugin imagePolicy(Parts parts, AdmissionConfig config) {
    ImagePolicyWebhook.Config policy = config.imagePolicy();
    if (policy == null) {
      throw new IllegalStateException(
          "the admission plugin ImagePolicyWebhook needs a configuration in the file of"
              + " --admission-control-config-file");
    }
    RemoteJson remote = RemoteJson.ofKubeconfig(parts.vertx, policy.kubeconfig());
    remotes.add(remote);
    return new ImagePolicyWebhook(policy, remote, parts.clock);
  }

  private static AdmissionPlugin eventRateLimit(AdmissionConfig config) {
    if (config.eventLimits().isEmpty()) {
      throw new IllegalStateException(
          "the admission plugin EventRateLimit needs limits in the file of"
              + " --admission-control-config-file");
    }
    return new EventRateLimit(config.eventLimits(), System::nanoTime);
  }

  public List<AdmissionPlugin> inOrder() {
    return inOrder;
  }

  @Override
  public void close() {
    remotes.forEach(RemoteJson::close);
    remotes.clear();
  }
}
