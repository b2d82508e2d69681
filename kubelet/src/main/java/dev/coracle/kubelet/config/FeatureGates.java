package dev.coracle.kubelet.config;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import java.util.TreeMap;

/**
 * {@code featureGates}. What upstream has behind a gate is here either done or not, whatever a gate
 * says: so a gate may say what is so. Two can be chosen, {@code CustomCPUCFSQuotaPeriod} and {@code
 * ReduceDefaultCrashLoopBackOffDecay}.
 *
 * @param said what was said, by the gates' names
 */
public record FeatureGates(Map<String, Boolean> said) {
  public static final FeatureGates NONE = new FeatureGates(Map.of());

  private enum Standing {
    /** Upstream lets nobody turn it off either. */
    LOCKED_ON,
    /** Done here, whether upstream has it on by default or not. */
    ON,
    /** Not done here. */
    OFF,
    CHOOSABLE
  }

  private static final Map<String, Standing> ALL = new TreeMap<>();

  static {
    all(Standing.CHOOSABLE, "CustomCPUCFSQuotaPeriod", "ReduceDefaultCrashLoopBackOffDecay");
    all(
        Standing.LOCKED_ON,
        "AnyVolumeDataSource",
        "AuthorizeNodeWithSelectors",
        "CPUManagerPolicyOptions",
        "CSIServiceAccountTokenSecrets",
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
        "KubeletPSI",
        "KubeletTracing",
        "LogarithmicScaleDown",
        "MatchLabelKeysInPodAffinity",
        "MemoryManager",
        "MultiCIDRServiceAllocator",
        "MutableCSINodeAllocatableCount",
        "NFTablesProxyMode",
        "NodeInclusionPolicyInPodTopologySpread",
        "NodeLogQuery",
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
    all(
        Standing.ON,
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
        "DisableCPUQuotaWithExclusiveCPUs",
        "EnvFiles",
        "EventedPLEG",
        "ExtendWebSocketsToKubelet",
        "GracefulNodeShutdown",
        "GracefulNodeShutdownBasedOnPodPriority",
        "HostnameOverride",
        "ImageVolume",
        "InPlacePodLevelResourcesVerticalScaling",
        "InPlacePodVerticalScalingInitContainers",
        "KubeletCrashLoopBackOffMax",
        "KubeletEnsureSecretPulledImages",
        "KubeletFineGrainedAuthz",
        "KubeletPodResourcesDynamicResources",
        "KubeletPodResourcesGet",
        "KubeletPodResourcesListUseActivePods",
        "KubeletSeparateDiskGC",
        "KubeletServiceAccountTokenForCredentialProviders",
        "NodeDeclaredFeatures",
        "PodAndContainerStatsFromCRI",
        "PodCertificateRequest",
        "PodLevelResources",
        "PodReadyToStartContainersCondition",
        "PortForwardWebsockets",
        "PreventStaticPodAPIReferences",
        "ProcMountType",
        "ReloadKubeletClientCAFile",
        "ReloadKubeletServerCertificateFile",
        "ResourceHealthStatus",
        "RestartAllContainersOnContainerExits",
        "RotateKubeletServerCertificate",
        "SystemdWatchdog",
        "TopologyManagerPolicyBetaOptions",
        "TranslateStreamCloseWebsocketRequests");
    all(
        Standing.OFF,
        "AllAlpha",
        "AllowOverwriteTerminationGracePeriodSeconds",
        "CPUManagerPolicyAlphaOptions",
        "CSIVolumeHealth",
        "ChangeContainerStatusOnKubeletRestart",
        "CrossNamespaceVolumeDataSource",
        "GitRepoVolumeDriver",
        "ImageVolumeWithDigest",
        "InPlacePodVerticalScalingAllocatedStatus",
        "InPlacePodVerticalScalingExclusiveCPUs",
        "InPlacePodVerticalScalingExclusiveMemory",
        "KubeletInUserNamespace",
        "KubeletRegistrationGetOnExistsOnly",
        "LocalStorageCapacityIsolationFSQuotaMonitoring",
        "MemoryQoS",
        "PodLogsQuerySplitStreams",
        "QOSReserved",
        "RuntimeClassInImageCriAPI",
        "SELinuxMount",
        "SELinuxMountReadWriteOncePod",
        "TopologyManagerPolicyAlphaOptions",
        "WindowsGracefulNodeShutdown");
  }

  private static void all(Standing standing, String... gates) {
    for (String gate : gates) {
      if (ALL.put(gate, standing) != null) {
        throw new IllegalStateException(gate + " stands in two lists");
      }
    }
  }

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
    Standing standing = ALL.get(gate);
    if (standing == null) {
      throw ConfigFields.invalid("unrecognized feature gate: " + gate);
    }
    boolean on = value.booleanValue();
    String problem =
        switch (standing) {
          case LOCKED_ON ->
              on ? "" : "cannot set feature gate " + gate + " to false, feature is locked to true";
          case ON ->
              on
                  ? ""
                  : "featureGates: what " + gate + " stands for is always done here; leave it out";
          case OFF ->
              on ? "featureGates: what " + gate + " stands for is not done here; leave it out" : "";
          case CHOOSABLE -> "";
        };
    if (!problem.isEmpty()) {
      throw ConfigFields.invalid(problem);
    }
    return on;
  }
}
