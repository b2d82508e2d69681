package dev.coracle.kubelet.internal.cri;

import java.util.Map;

/** The CRI's methods for upstream's operation types. */
final class CriMethods {

  private static final String RUNTIME = "runtime.v1.RuntimeService/";
  private static final String IMAGE = "runtime.v1.ImageService/";

  private static final Map<String, String> ALL =
      Map.ofEntries(
          Map.entry("version", RUNTIME + "Version"),
          Map.entry("status", RUNTIME + "Status"),
          Map.entry("update_runtime_config", RUNTIME + "UpdateRuntimeConfig"),
          Map.entry("run_podsandbox", RUNTIME + "RunPodSandbox"),
          Map.entry("stop_podsandbox", RUNTIME + "StopPodSandbox"),
          Map.entry("remove_podsandbox", RUNTIME + "RemovePodSandbox"),
          Map.entry("podsandbox_status", RUNTIME + "PodSandboxStatus"),
          Map.entry("list_podsandbox", RUNTIME + "ListPodSandbox"),
          Map.entry("create_container", RUNTIME + "CreateContainer"),
          Map.entry("start_container", RUNTIME + "StartContainer"),
          Map.entry("stop_container", RUNTIME + "StopContainer"),
          Map.entry("remove_container", RUNTIME + "RemoveContainer"),
          Map.entry("container_status", RUNTIME + "ContainerStatus"),
          Map.entry("list_containers", RUNTIME + "ListContainers"),
          Map.entry("update_container", RUNTIME + "UpdateContainerResources"),
          Map.entry("reopen_container_log", RUNTIME + "ReopenContainerLog"),
          Map.entry("checkpoint_container", RUNTIME + "CheckpointContainer"),
          Map.entry("exec_sync", RUNTIME + "ExecSync"),
          Map.entry("exec", RUNTIME + "Exec"),
          Map.entry("attach", RUNTIME + "Attach"),
          Map.entry("port_forward", RUNTIME + "PortForward"),
          Map.entry("list_container_stats", RUNTIME + "ListContainerStats"),
          Map.entry("list_podsandbox_stats", RUNTIME + "ListPodSandboxStats"),
          Map.entry("list_images", IMAGE + "ListImages"),
          Map.entry("image_status", IMAGE + "ImageStatus"),
          Map.entry("pull_image", IMAGE + "PullImage"),
          Map.entry("remove_image", IMAGE + "RemoveImage"),
          Map.entry("image_fs_info", IMAGE + "ImageFsInfo"));

  private CriMethods() {}

  /** As spans of gRPC calls are named: service and method. */
  static String of(String operationType) {
    return ALL.getOrDefault(operationType, RUNTIME + operationType);
  }
}
