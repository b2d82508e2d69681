package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * {@code featureGates}. What upstream has behind a gate is here either done or not, whatever a gate
 * says: so a gate may say what is so. One can be chosen, {@code CustomCPUCFSQuotaPeriod}.
 *
 * @param said what was said, by the gates' names
 */
public record FeatureGates(Map<String, Boolean> said) {
  public static final FeatureGates NONE = new FeatureGates(Map.of());

  private static final Set<String> CHOOSABLE = Set.of("CustomCPUCFSQuotaPeriod");

  /** General availability: upstream lets nobody turn them off either. */
  private static final Set<String> LOCKED_ON =
      Set.of(
          "AnyVolumeDataSource",
          "AuthorizeNodeWithSelectors",
          "CPUManagerPolicyOptions",
          "DisableAllocatorDualWrite",
          "DynamicResourceAllocation",
          "ExecProbeTimeout",
          "HonorPVReclaimPolicy",
          "ImageMaximumGCAge",
          "InPlacePodVerticalScaling",
          "JobBackoffLimitPerIndex",
          "JobManagedBy",
          "JobPodReplacementPolicy",
          "JobSuccessPolicy",
          "KubeletCgroupDriverFromCRI",
          "LogarithmicScaleDown",
          "MatchLabelKeysInPodAffinity",
          "MemoryManager",
          "MultiCIDRServiceAllocator",
          "NFTablesProxyMode",
          "NodeInclusionPolicyInPodTopologySpread",
          "NodeSwap",
          "OrderedNamespaceDeletion",
          "PodLifecycleSleepAction",
          "PodLifecycleSleepActionAllowZero",
          "PodObservedGenerationTracking",
          "PodSchedulingReadiness",
          "PreferSameTrafficDistribution",
          "RecoverVolumeExpansionFailure",
          "RecursiveReadOnlyMounts",
          "RelaxedDNSSearchValidation",
          "RelaxedEnvironmentVariableValidation",
          "SchedulerQueueingHints",
          "SeparateTaintEvictionController",
          "ServiceAccountTokenJTI",
          "ServiceAccountTokenNodeBinding",
          "ServiceAccountTokenNodeBindingValidation",
          "ServiceAccountTokenPodNodeInfo",
          "ServiceTrafficDistribution",
          "SidecarContainers",
          "SizeMemoryBackedVolumes",
          "SupplementalGroupsPolicy",
          "TopologyManagerPolicyOptions",
          "UserNamespacesSupport",
          "VolumeAttributesClass");

  /** What else is done here. */
  private static final Set<String> ON =
      Set.of(
          "AllBeta",
          "CPUManagerPolicyBetaOptions",
          "ClusterTrustBundle",
          "ClusterTrustBundleProjection",
          "ContainerCheckpoint",
          "ContainerRestartRules",
          "ContainerStopSignals",
          "DRAAdminAccess",
          "DRAConsumableCapacity",
          "DRAPrioritizedList",
          "DRAResourceClaimDeviceStatus",
          "EnvFiles",
          "EventedPLEG",
          "GracefulNodeShutdown",
          "GracefulNodeShutdownBasedOnPodPriority",
          "HostnameOverride",
          "ImageVolume",
          "InPlacePodLevelResourcesVerticalScaling",
          "KubeletCrashLoopBackOffMax",
          "KubeletEnsureSecretPulledImages",
          "KubeletFineGrainedAuthz",
          "KubeletPodResourcesDynamicResources",
          "KubeletPodResourcesGet",
          "KubeletPodResourcesListUseActivePods",
          "KubeletSeparateDiskGC",
          "PodAndContainerStatsFromCRI",
          "PodCertificateRequest",
          "PodLevelResources",
          "PodReadyToStartContainersCondition",
          "PortForwardWebsockets",
          "PreventStaticPodAPIReferences",
          "ProcMountType",
          "ReloadKubeletServerCertificateFile",
          "ResourceHealthStatus",
          "RestartAllContainersOnContainerExits",
          "RotateKubeletServerCertificate",
          "TopologyManagerPolicyBetaOptions",
          "TranslateStreamCloseWebsocketRequests");

  /** What upstream has, and is not done here. */
  private static final Set<String> OFF =
      Set.of(
          "AllAlpha",
          "AllowOverwriteTerminationGracePeriodSeconds",
          "CPUManagerPolicyAlphaOptions",
          "CSIVolumeHealth",
          "ChangeContainerStatusOnKubeletRestart",
          "CrossNamespaceVolumeDataSource",
          "DisableCPUQuotaWithExclusiveCPUs",
          "GitRepoVolumeDriver",
          "ImageVolumeWithDigest",
          "InPlacePodVerticalScalingAllocatedStatus",
          "InPlacePodVerticalScalingExclusiveCPUs",
          "InPlacePodVerticalScalingExclusiveMemory",
          "KubeletInUserNamespace",
          "KubeletPSI",
          "KubeletRegistrationGetOnExistsOnly",
          "KubeletServiceAccountTokenForCredentialProviders",
          "KubeletTracing",
          "LocalStorageCapacityIsolationFSQuotaMonitoring",
          "MemoryQoS",
          "MutableCSINodeAllocatableCount",
          "NodeDeclaredFeatures",
          "NodeLogQuery",
          "PodLogsQuerySplitStreams",
          "QOSReserved",
          "ReduceDefaultCrashLoopBackOffDecay",
          "RuntimeClassInImageCriAPI",
          "SELinuxMount",
          "SELinuxMountReadWriteOncePod",
          "SystemdWatchdog",
          "TopologyManagerPolicyAlphaOptions",
          "WindowsGracefulNodeShutdown");

  public FeatureGates {
    said = Map.copyOf(said);
  }

  boolean isOn(String gate) {
    return said.getOrDefault(gate, false);
  }

  /**
   * @throws IllegalArgumentException of the first that says what is not so
   */
  static FeatureGates parse(JsonNode document) {
    JsonNode gates = document.path("featureGates");
    if (!gates.isMissingNode() && !gates.isObject()) {
      throw new IllegalArgumentException("featureGates must be an object");
    }
    Map<String, Boolean> said = new TreeMap<>();
    for (Map.Entry<String, JsonNode> e : gates.properties()) {
      said.put(e.getKey(), check(e.getKey(), e.getValue()));
    }
    return new FeatureGates(said);
  }

  private static boolean check(String gate, JsonNode value) {
    if (!value.isBoolean()) {
      throw ConfigFields.invalid("featureGates: " + gate + " must be true or false");
    }
    boolean on = value.booleanValue();
    if (LOCKED_ON.contains(gate) && !on) {
      throw ConfigFields.invalid(
          "cannot set feature gate " + gate + " to false, feature is locked to true");
    }
    if (ON.contains(gate) && !on) {
      throw ConfigFields.invalid(
          "featureGates: what " + gate + " stands for is always done here; leave it out");
    }
    if (OFF.contains(gate) && on) {
      throw ConfigFields.invalid(
          "featureGates: what " + gate + " stands for is not done here; leave it out");
    }
    if (!known().contains(gate)) {
      throw ConfigFields.invalid("unrecognized feature gate: " + gate);
    }
    return on;
  }

  /** Of all lists together. */
  static int count() {
    return LOCKED_ON.size() + ON.size() + OFF.size() + CHOOSABLE.size();
  }

  static Set<String> known() {
    Set<String> all = new TreeSet<>(LOCKED_ON);
    all.addAll(ON);
    all.addAll(OFF);
    all.addAll(CHOOSABLE);
    return all;
  }
}
