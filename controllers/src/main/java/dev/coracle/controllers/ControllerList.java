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
import dev.coracle.controllers.internal.nodelifecycle.TaintEvictionController;
import dev.coracle.controllers.internal.podgc.PodGarbageCollector;
import dev.coracle.controllers.internal.quota.ResourceQuotaController;
import dev.coracle.controllers.internal.rbac.ClusterRoleAggregation;
import dev.coracle.controllers.internal.replicaset.ReplicaSetController;
import dev.coracle.controllers.internal.resourceclaim.ResourceClaimController;
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
import java.util.function.Function;

/**
 * All controllers, in the order in which they are made: first what a namespace and a node need,
 * then workloads from the outer to the inner, then what serves them, then what clears away.
 */
final class ControllerList {

  private ControllerList() {}

  static List<Function<Environment, Controller>> ordered(ResourceCatalog catalog) {
    return List.of(
        // Namespaces and nodes
        ServiceAccountController::new,
        RootCaPublisher::new,
        ServingTrustPublisher::new,
        TokenSecrets::new,
        NodeIpamController::new,
        NodeLifecycleController::new,
        TaintEvictionController::new,
        DeviceTaintEvictionController::new,
        // Machines that join
        ClusterInfo::new,
        TokenCleaner::new,
        CertificateApproval::new,
        CertificateSigning::new,
        CertificateCleaner::new,
        PodCertificateCleaner::new,
        // Workloads
        DeploymentController::new,
        ReplicaSetController::replicaSets,
        ReplicaSetController::replicationControllers,
        StatefulSetController::new,
        DaemonSetController::new,
        CronJobController::new,
        JobController::new,
        env -> new DisruptionController(env, catalog),
        env -> new HorizontalController(env, catalog),
        // Volumes
        LocalStorageClass::new,
        VolumeBinder::new,
        ExpandController::new,
        EphemeralVolumeController::new,
        AttachDetachController::new,
        ResourceClaimController::new,
        ClaimProtection::new,
        VolumeProtection::new,
        AttributesClassProtection::new,
        // Services
        EndpointSliceController::new,
        EndpointsController::new,
        EndpointSliceMirroring::new,
        ServiceLoadBalancerController::new,
        // Rights and quotas
        ClusterRoleAggregation::new,
        env -> new ResourceQuotaController(env, catalog),
        // Components that leave it to the cluster who of them leads
        CoordinatedElection::new,
        // What lies in the store
        env -> new StorageVersionMigrator(env, catalog),
        // Clearing away
        TtlController::new,
        env -> new NamespaceController(env, catalog),
        env -> new GarbageCollector(env, catalog),
        PodGarbageCollector::new);
  }
}
