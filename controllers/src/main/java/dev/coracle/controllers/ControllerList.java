package dev.coracle.controllers;

import dev.coracle.controllers.internal.Controller;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.ResourceCatalog;
import dev.coracle.controllers.internal.autoscaling.HorizontalController;
import dev.coracle.controllers.internal.bootstrap.ClusterInfo;
import dev.coracle.controllers.internal.bootstrap.TokenCleaner;
import dev.coracle.controllers.internal.certificates.CertificateApproval;
import dev.coracle.controllers.internal.certificates.CertificateCleaner;
import dev.coracle.controllers.internal.certificates.CertificateSigning;
import dev.coracle.controllers.internal.certificates.PodCertificateCleaner;
import dev.coracle.controllers.internal.certificates.ServingTrustPublisher;
import dev.coracle.controllers.internal.cronjob.CronJobController;
import dev.coracle.controllers.internal.daemonset.DaemonSetController;
import dev.coracle.controllers.internal.deployment.DeploymentController;
import dev.coracle.controllers.internal.devicetaint.DeviceTaintEvictionController;
import dev.coracle.controllers.internal.disruption.DisruptionController;
import dev.coracle.controllers.internal.endpoints.EndpointSliceController;
import dev.coracle.controllers.internal.endpoints.EndpointSliceMirroring;
import dev.coracle.controllers.internal.endpoints.EndpointsController;
import dev.coracle.controllers.internal.garbagecollector.GarbageCollector;
import dev.coracle.controllers.internal.job.JobController;
import dev.coracle.controllers.internal.job.TtlController;
import dev.coracle.controllers.internal.leaderelection.CoordinatedElection;
import dev.coracle.controllers.internal.loadbalancer.ServiceLoadBalancerController;
import dev.coracle.controllers.internal.namespace.NamespaceController;
import dev.coracle.controllers.internal.nodeipam.NodeIpamController;
import dev.coracle.controllers.internal.nodelifecycle.NodeLifecycleController;
import dev.coracle.controllers.internal.nodelifecycle.NodeTtlController;
import dev.coracle.controllers.internal.nodelifecycle.TaintEvictionController;
import dev.coracle.controllers.internal.podgc.PodGarbageCollector;
import dev.coracle.controllers.internal.quota.ResourceQuotaController;
import dev.coracle.controllers.internal.rbac.ClusterRoleAggregation;
import dev.coracle.controllers.internal.replicaset.ReplicaSetController;
import dev.coracle.controllers.internal.resourceclaim.ResourceClaimController;
import dev.coracle.controllers.internal.serviceaccount.LegacyTokenCleaner;
import dev.coracle.controllers.internal.serviceaccount.RootCaPublisher;
import dev.coracle.controllers.internal.serviceaccount.ServiceAccountController;
import dev.coracle.controllers.internal.serviceaccount.TokenSecrets;
import dev.coracle.controllers.internal.statefulset.StatefulSetController;
import dev.coracle.controllers.internal.storagemigration.StorageVersionMigrator;
import dev.coracle.controllers.internal.volume.AttachDetachController;
import dev.coracle.controllers.internal.volume.AttributesClassProtection;
import dev.coracle.controllers.internal.volume.ClaimProtection;
import dev.coracle.controllers.internal.volume.EphemeralVolumeController;
import dev.coracle.controllers.internal.volume.ExpandController;
import dev.coracle.controllers.internal.volume.LocalStorageClass;
import dev.coracle.controllers.internal.volume.VolumeBinder;
import dev.coracle.controllers.internal.volume.VolumeProtection;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * All controllers, in the order in which they are made: first what a namespace and a node need,
 * then workloads from the outer to the inner, then what serves them, then what clears away.
 */
final class ControllerList {

  /**
   * @param name under which it is chosen; the controller's own
   */
  record Entry(String name, BiFunction<Environment, ResourceCatalog, Controller> maker) {}

  private ControllerList() {}

  private static Entry entry(String name, Function<Environment, Controller> maker) {
    return new Entry(name, (env, _) -> maker.apply(env));
  }

  static List<Entry> ordered() {
    return List.of(
        // Namespaces and nodes
        entry("serviceaccount-controller", ServiceAccountController::new),
        entry("root-ca-certificate-publisher-controller", RootCaPublisher::new),
        entry(
            "kube-apiserver-serving-clustertrustbundle-publisher-controller",
            ServingTrustPublisher::new),
        entry("serviceaccount-token-controller", TokenSecrets::new),
        entry("node-ipam-controller", NodeIpamController::new),
        entry("node-lifecycle-controller", NodeLifecycleController::new),
        entry("ttl-controller", NodeTtlController::new),
        entry("taint-eviction-controller", TaintEvictionController::new),
        entry("device-taint-eviction-controller", DeviceTaintEvictionController::new),
        // Machines that join
        entry("bootstrap-signer-controller", ClusterInfo::new),
        entry("token-cleaner-controller", TokenCleaner::new),
        entry("certificatesigningrequest-approving-controller", CertificateApproval::new),
        entry("certificatesigningrequest-signing-controller", CertificateSigning::new),
        entry("certificatesigningrequest-cleaner-controller", CertificateCleaner::new),
        entry("podcertificaterequest-cleaner-controller", PodCertificateCleaner::new),
        // Workloads
        entry("deployment-controller", DeploymentController::new),
        entry("replicaset-controller", ReplicaSetController::replicaSets),
        entry("replication-controller", ReplicaSetController::replicationControllers),
        entry("statefulset-controller", StatefulSetController::new),
        entry("daemonset-controller", DaemonSetController::new),
        entry("cronjob-controller", CronJobController::new),
        entry("job-controller", JobController::new),
        new Entry("disruption-controller", DisruptionController::new),
        new Entry("horizontal-pod-autoscaler-controller", HorizontalController::new),
        // Volumes
        entry("local-storage-class-controller", LocalStorageClass::new),
        entry("persistentvolume-binder-controller", VolumeBinder::new),
        entry("persistentvolume-expander-controller", ExpandController::new),
        entry("ephemeral-volume-controller", EphemeralVolumeController::new),
        entry("persistentvolume-attach-detach-controller", AttachDetachController::new),
        entry("resourceclaim-controller", ResourceClaimController::new),
        entry("persistentvolumeclaim-protection-controller", ClaimProtection::new),
        entry("persistentvolume-protection-controller", VolumeProtection::new),
        entry("volumeattributesclass-protection-controller", AttributesClassProtection::new),
        // Services
        entry("endpointslice-controller", EndpointSliceController::new),
        entry("endpoints-controller", EndpointsController::new),
        entry("endpointslice-mirroring-controller", EndpointSliceMirroring::new),
        entry("service-lb-controller", ServiceLoadBalancerController::new),
        // Rights and quotas
        entry("clusterrole-aggregation-controller", ClusterRoleAggregation::new),
        new Entry("resourcequota-controller", ResourceQuotaController::new),
        // Components that leave it to the cluster who of them leads
        entry("leader-election-controller", CoordinatedElection::new),
        // What lies in the store
        new Entry("storage-version-migrator-controller", StorageVersionMigrator::new),
        // Clearing away
        entry("ttl-after-finished-controller", TtlController::new),
        entry("legacy-serviceaccount-token-cleaner-controller", LegacyTokenCleaner::new),
        new Entry("namespace-controller", NamespaceController::new),
        new Entry("garbage-collector-controller", GarbageCollector::new),
        entry("pod-garbage-collector-controller", PodGarbageCollector::new));
  }
}
