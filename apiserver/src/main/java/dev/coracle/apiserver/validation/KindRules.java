package dev.coracle.apiserver.validation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.validation.FieldErrors;
import java.util.List;
import java.util.Map;

/** The rules of one kind, and the list of all of them. */
interface KindRules {

  /** What must hold of an object, new or changed. */
  void check(ObjectNode object, FieldErrors errors);

  /** What only a new object is held to. Called after {@link #check}. */
  default void checkCreate(ObjectNode object, FieldErrors errors) {}

  /** What may not change. Called after {@link #check}. */
  default void checkUpdate(ObjectNode now, JsonNode before, FieldErrors errors) {}

  /** What must hold of a changed object. */
  default void checkChanged(ObjectNode now, JsonNode before, FieldErrors errors) {
    check(now, errors);
    checkUpdate(now, before, errors);
  }

  /** What a write of a subresource must keep; nothing by default. */
  default void checkSubresource(
      String subresource, ObjectNode now, JsonNode before, FieldErrors errors) {}

  /** Which names the kind allows; an empty answer means the name is good. */
  default List<String> name(String name) {
    return dev.coracle.api.validation.NameRules.dnsSubdomain(name);
  }

  /** By {@code group/Kind}; a kind that is missing here has the rules of its metadata alone. */
  Map<String, KindRules> ALL =
      Map.ofEntries(
          Map.entry("/Pod", new PodRules()),
          Map.entry("/PodTemplate", new PodTemplateRules()),
          Map.entry("/ReplicationController", new WorkloadRules.ReplicationController()),
          Map.entry("/Service", new ServiceRules()),
          Map.entry("/Endpoints", new EndpointRules.Endpoints()),
          Map.entry("/ConfigMap", new ConfigRules.ConfigMap()),
          Map.entry("/Secret", new ConfigRules.Secret()),
          Map.entry("/Namespace", new NamespaceRules()),
          Map.entry("/Node", new NodeRules()),
          Map.entry("/PersistentVolume", new PersistentVolumeRules()),
          Map.entry("/PersistentVolumeClaim", new ClaimRules()),
          Map.entry("/ResourceQuota", new ResourceQuotaRules()),
          Map.entry("/LimitRange", new LimitRangeRules()),
          Map.entry("/Event", new EventRules(false)),
          Map.entry("events.k8s.io/Event", new EventRules(true)),
          Map.entry("apps/Deployment", new WorkloadRules.Deployment()),
          Map.entry("apps/ReplicaSet", new WorkloadRules.ReplicaSet()),
          Map.entry("apps/StatefulSet", new StatefulSetRules()),
          Map.entry("apps/DaemonSet", new WorkloadRules.DaemonSet()),
          Map.entry("apps/ControllerRevision", new WorkloadRules.ControllerRevision()),
          Map.entry("batch/Job", new JobRules()),
          Map.entry("batch/CronJob", new CronJobRules()),
          Map.entry("autoscaling/HorizontalPodAutoscaler", new AutoscalingRules()),
          Map.entry("autoscaling/Scale", new AutoscalingRules.Scale()),
          Map.entry("policy/PodDisruptionBudget", new DisruptionRules()),
          Map.entry("networking.k8s.io/Ingress", new IngressRules()),
          Map.entry("networking.k8s.io/IngressClass", new IngressRules.IngressClass()),
          Map.entry("networking.k8s.io/NetworkPolicy", new NetworkPolicyRules()),
          Map.entry("discovery.k8s.io/EndpointSlice", new EndpointRules.Slice()),
          Map.entry("rbac.authorization.k8s.io/Role", new RbacRules.Role(true)),
          Map.entry("rbac.authorization.k8s.io/ClusterRole", new RbacRules.Role(false)),
          Map.entry("rbac.authorization.k8s.io/RoleBinding", new RbacRules.Binding(true)),
          Map.entry("rbac.authorization.k8s.io/ClusterRoleBinding", new RbacRules.Binding(false)),
          Map.entry("storage.k8s.io/StorageClass", new StorageClassRules.StorageClass()),
          Map.entry("storage.k8s.io/CSIDriver", new CsiRules.Driver()),
          Map.entry("storage.k8s.io/CSINode", new CsiRules.Node()),
          Map.entry("storage.k8s.io/CSIStorageCapacity", new CsiRules.Capacity()),
          Map.entry("storage.k8s.io/VolumeAttachment", new CsiRules.Attachment()),
          Map.entry(
              "storage.k8s.io/VolumeAttributesClass", new StorageClassRules.AttributesClass()),
          Map.entry("flowcontrol.apiserver.k8s.io/FlowSchema", new FlowSchemaRules()),
          Map.entry(
              "flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration", new PriorityLevelRules()),
          Map.entry("storagemigration.k8s.io/StorageVersionMigration", new StorageMigrationRules()),
          Map.entry("authorization.k8s.io/SubjectAccessReview", AccessReviewRules.SUBJECT),
          Map.entry("authorization.k8s.io/LocalSubjectAccessReview", AccessReviewRules.LOCAL),
          Map.entry("authorization.k8s.io/SelfSubjectAccessReview", AccessReviewRules.SELF),
          Map.entry("scheduling.k8s.io/PriorityClass", new MiscRules.PriorityClass()),
          Map.entry("networking.k8s.io/IPAddress", new MiscRules.IpAddress()),
          Map.entry("networking.k8s.io/ServiceCIDR", new MiscRules.ServiceCidr()),
          Map.entry("certificates.k8s.io/ClusterTrustBundle", new TrustBundleRules()),
          Map.entry("certificates.k8s.io/PodCertificateRequest", new PodCertificateRules()),
          Map.entry("resource.k8s.io/ResourceClaim", new ResourceClaimRules.Claim()),
          Map.entry("resource.k8s.io/ResourceClaimTemplate", new ResourceClaimRules.Template()),
          Map.entry("resource.k8s.io/DeviceClass", new ResourceClaimRules.DeviceClass()),
          Map.entry("resource.k8s.io/ResourceSlice", new ResourceSliceRules()),
          Map.entry("resource.k8s.io/DeviceTaintRule", new DeviceTaintRules()),
          Map.entry("node.k8s.io/RuntimeClass", new MiscRules.RuntimeClass()),
          Map.entry("coordination.k8s.io/Lease", new LeaseRules.Lease()),
          Map.entry("coordination.k8s.io/LeaseCandidate", new LeaseRules.Candidate()),
          Map.entry("certificates.k8s.io/CertificateSigningRequest", new SigningRequestRules()),
          Map.entry("apiregistration.k8s.io/APIService", new ApiServiceRules()),
          Map.entry(
              "admissionregistration.k8s.io/ValidatingWebhookConfiguration", new WebhookRules()),
          Map.entry(
              "admissionregistration.k8s.io/MutatingWebhookConfiguration", new WebhookRules()),
          Map.entry(
              "admissionregistration.k8s.io/ValidatingAdmissionPolicy",
              new ValidatingPolicyRules()),
          Map.entry(
              "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding",
              new PolicyBindingRules(false)),
          Map.entry(
              "admissionregistration.k8s.io/MutatingAdmissionPolicy", new MutatingPolicyRules()),
          Map.entry(
              "admissionregistration.k8s.io/MutatingAdmissionPolicyBinding",
              new PolicyBindingRules(true)),
          Map.entry("apiextensions.k8s.io/CustomResourceDefinition", new CrdRules()));
}
