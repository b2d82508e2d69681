package dev.coracle.apiserver.internal.admission;

import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.registry.Registry;
import dev.coracle.watchhub.ResourceStore;
import java.util.List;
import java.util.function.Supplier;

/** The admission plugins in the order in which they run. */
public final class AdmissionPlugins {

  private AdmissionPlugins() {}

  /** The plugins that ask what users have registered. */
  public record Extensions(
      AdmissionPlugin expressionsFirst,
      AdmissionPlugin mutatingPolicies,
      AdmissionPlugin mutatingWebhooks,
      AdmissionPlugin validatingPolicies,
      AdmissionPlugin validatingWebhooks) {}

  public static List<AdmissionPlugin> inOrder(
      ClusterState state,
      ResourceStore store,
      Authorizer authorizer,
      Supplier<Registry> registry,
      Extensions extensions) {
    return List.of(
        extensions.expressionsFirst(),
        new NamespaceLifecycle(state.namespaces()),
        new TaintNodesByCondition(),
        new LimitRanger(state.limitRanges()),
        new ServiceAccountAdmission(state.serviceAccounts()),
        new NodeRestriction(store, authorizer),
        new PriorityAdmission(state.priorityClasses()),
        new DefaultTolerationSeconds(),
        new RuntimeClassAdmission(state.runtimeClasses()),
        new DefaultStorageClass(state.storageClasses()),
        new StorageObjectInUseProtection(),
        new VolumeClaimResize(state.storageClasses()),
        new DefaultIngressClass(state.ingressClasses()),
        new PodTopologyLabels(state.nodes()),
        new NodeDeclaredFeatureValidator(state.nodes()),
        new OwnerReferences(authorizer, registry),
        new CertificateSigning(authorizer),
        new PodSecurity(state.namespaces(), store),
        extensions.mutatingPolicies(),
        extensions.mutatingWebhooks(),
        extensions.validatingPolicies(),
        extensions.validatingWebhooks(),
        new ResourceQuotaAdmission(state.quotas(), store));
  }
}
