package dev.coracle.apiserver.internal.registry;

import dev.coracle.api.GroupResource;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.registry.kinds.AutoscalerStrategy;
import dev.coracle.apiserver.internal.registry.kinds.BatchStrategies;
import dev.coracle.apiserver.internal.registry.kinds.CertificateStrategy;
import dev.coracle.apiserver.internal.registry.kinds.CoreStrategies;
import dev.coracle.apiserver.internal.registry.kinds.CsiDriverStrategy;
import dev.coracle.apiserver.internal.registry.kinds.CustomDefinitionStrategy;
import dev.coracle.apiserver.internal.registry.kinds.DaemonSetStrategy;
import dev.coracle.apiserver.internal.registry.kinds.DeviceTaintStrategy;
import dev.coracle.apiserver.internal.registry.kinds.EndpointSliceStrategy;
import dev.coracle.apiserver.internal.registry.kinds.PodCertificateStrategy;
import dev.coracle.apiserver.internal.registry.kinds.PodStrategy;
import dev.coracle.apiserver.internal.registry.kinds.PolicyParamStrategy;
import dev.coracle.apiserver.internal.registry.kinds.RbacStrategy;
import dev.coracle.apiserver.internal.registry.kinds.ResourceClaimStrategy;
import dev.coracle.apiserver.internal.registry.kinds.ResourceClaimTemplateStrategy;
import dev.coracle.apiserver.internal.registry.kinds.ServiceStrategy;
import dev.coracle.apiserver.internal.registry.kinds.SimpleStrategy;
import dev.coracle.apiserver.internal.registry.kinds.VolumeStrategy;
import dev.coracle.apiserver.internal.registry.kinds.WorkloadStrategy;
import dev.coracle.watchhub.ResourceStore;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Which strategy belongs to which kind; whoever is not named here is plain. */
public final class Strategies {

  private final Map<String, KindStrategy> byResource = new HashMap<>();

  /**
   * @param registry which resource a kind is
   * @param store where strategies look things up
   * @param authorizer decides what parts of an object may be changed
   * @param services gives Services their addresses
   * @param rbac checks that nobody gives away more than they have
   * @param podCertificates checks that only signers sign
   */
  public Strategies(
      Supplier<Registry> registry,
      ResourceStore store,
      Authorizer authorizer,
      ServiceStrategy services,
      RbacStrategy rbac,
      PodCertificateStrategy podCertificates) {
    byResource.put("pods", new PodStrategy());
    byResource.put("services", services);
    byResource.put("resourceclaims.resource.k8s.io", new ResourceClaimStrategy(store, authorizer));
    byResource.put(
        "resourceclaimtemplates.resource.k8s.io", new ResourceClaimTemplateStrategy(store));
    byResource.put("resourceslices.resource.k8s.io", new DeviceTaintStrategy());
    byResource.put("devicetaintrules.resource.k8s.io", new DeviceTaintStrategy());
    byResource.put("namespaces", CoreStrategies.NAMESPACE);
    byResource.put("secrets", CoreStrategies.SECRET);
    byResource.put("persistentvolumes", new VolumeStrategy());
    byResource.put("persistentvolumeclaims", CoreStrategies.CLAIM);
    byResource.put("volumeattachments.storage.k8s.io", CoreStrategies.ATTACHMENT);
    byResource.put("deployments.apps", WorkloadStrategy.DEPLOYMENT);
    byResource.put("replicasets.apps", WorkloadStrategy.PLAIN);
    byResource.put("statefulsets.apps", WorkloadStrategy.PLAIN);
    byResource.put("daemonsets.apps", new DaemonSetStrategy());
    byResource.put("endpointslices.discovery.k8s.io", new EndpointSliceStrategy());
    byResource.put("csidrivers.storage.k8s.io", new CsiDriverStrategy());
    byResource.put("replicationcontrollers", WorkloadStrategy.CONTROLLER);
    byResource.put("horizontalpodautoscalers.autoscaling", new AutoscalerStrategy());
    byResource.put("jobs.batch", BatchStrategies.JOB);
    byResource.put("cronjobs.batch", BatchStrategies.CRON_JOB);
    byResource.put("certificatesigningrequests.certificates.k8s.io", new CertificateStrategy());
    byResource.put("podcertificaterequests.certificates.k8s.io", podCertificates);
    byResource.put(
        "customresourcedefinitions.apiextensions.k8s.io", new CustomDefinitionStrategy());
    byResource.put("roles.rbac.authorization.k8s.io", rbac);
    byResource.put("clusterroles.rbac.authorization.k8s.io", rbac);
    byResource.put("rolebindings.rbac.authorization.k8s.io", rbac);
    byResource.put("clusterrolebindings.rbac.authorization.k8s.io", rbac);
    byResource.put(
        "validatingadmissionpolicies.admissionregistration.k8s.io",
        new PolicyParamStrategy(authorizer, registry, store, true));
    for (String others :
        List.of(
            "validatingadmissionpolicybindings",
            "mutatingadmissionpolicies",
            "mutatingadmissionpolicybindings")) {
      byResource.put(
          others + ".admissionregistration.k8s.io",
          new PolicyParamStrategy(authorizer, registry, store, false));
    }
    byResource.putAll(SimpleStrategy.ALL);
  }

  /** That of a resource that definitions brought, or of a built-in one. */
  public KindStrategy of(ResourceDefinition resource) {
    return resource.builtIn() ? of(resource.gvr().groupResource()) : SimpleStrategy.CUSTOM;
  }

  private KindStrategy of(GroupResource resource) {
    return byResource.getOrDefault(resource.toString(), KindStrategy.PLAIN);
  }
}
