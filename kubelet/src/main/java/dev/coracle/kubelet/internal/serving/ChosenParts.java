package dev.coracle.kubelet.internal.serving;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Quantity;
import dev.coracle.kubelet.config.CgroupOptions;
import dev.coracle.kubelet.config.ContainerLogOptions;
import dev.coracle.kubelet.config.ImageOptions;
import dev.coracle.kubelet.config.KubeletConfiguration;
import dev.coracle.kubelet.config.KubeletOptions;
import dev.coracle.kubelet.config.NodeObjectOptions;
import dev.coracle.kubelet.config.PodOptions;
import dev.coracle.kubelet.internal.pod.GoText;

/**
 * What {@link Configz} tells of pods, their cgroups, images, logs, the Node, its process and its
 * API.
 */
final class ChosenParts {
  private ChosenParts() {}

  static void pods(KubeletOptions options, ObjectNode config) {
    PodOptions chosen = options.configuration().pods();
    config
        .put("maxPods", options.maxPods())
        .put("podsPerCore", chosen.perCore())
        .put("syncFrequency", GoText.duration(chosen.resync()))
        .put("seccompDefault", chosen.seccompDefault());
    config.putObject("userNamespaces").put("idsPerPod", chosen.ids());
    config
        .putObject("crashLoopBackOff")
        .put("maxContainerRestartPeriod", GoText.duration(chosen.longestRestart()));
    ArrayNode sysctls = config.putArray("allowedUnsafeSysctls");
    chosen.sysctls().unsafe().forEach(sysctls::add);
  }

  static void cgroups(KubeletOptions options, ObjectNode config) {
    CgroupOptions chosen = options.configuration().cgroups();
    if (!options.cgroupRoot().isEmpty()) {
      config.put("cgroupRoot", "/" + options.cgroupRoot());
    }
    config
        .put("podPidsLimit", chosen.podPids() == 0 ? -1 : chosen.podPids())
        .put("cpuCFSQuota", chosen.cpuQuota())
        .put("cpuCFSQuotaPeriod", GoText.duration(chosen.cpuPeriod()))
        .put("failSwapOn", false);
    chosen.singleProcessOomKill().ifPresent(single -> config.put("singleProcessOOMKill", single));
    config.putObject("memorySwap").put("swapBehavior", chosen.swap().text());
  }

  static void node(NodeObjectOptions chosen, ObjectNode config) {
    config
        .put("nodeStatusUpdateFrequency", GoText.duration(chosen.check()))
        .put("nodeStatusReportFrequency", GoText.duration(chosen.report()))
        .put("nodeLeaseDurationSeconds", chosen.leaseSeconds())
        .put("nodeStatusMaxImages", chosen.maxImages())
        .put("registerNode", chosen.register());
    if (!chosen.taints().isEmpty()) {
      config.set("registerWithTaints", chosen.taintNodes());
    }
    if (!chosen.providerId().isEmpty()) {
      config.put("providerID", chosen.providerId());
    }
  }

  static void images(ImageOptions chosen, ObjectNode config) {
    config.put("serializeImagePulls", chosen.parallelPulls() == 1);
    if (chosen.parallelPulls() < Integer.MAX_VALUE) {
      config.put("maxParallelImagePulls", chosen.parallelPulls());
    }
    config
        .put("imageGCHighThresholdPercent", chosen.highPercent())
        .put("imageGCLowThresholdPercent", chosen.lowPercent())
        .put("imageMinimumGCAge", GoText.duration(chosen.minimumAge()))
        .put("imageMaximumGCAge", GoText.duration(chosen.maximumAge()))
        .put("imagePullCredentialsVerificationPolicy", chosen.verification().policy().text());
    if (!chosen.verification().allowlist().isEmpty()) {
      ArrayNode names = config.putArray("preloadedImagesVerificationAllowlist");
      chosen.verification().allowlist().forEach(n -> names.add(n.endsWith("/") ? n + "*" : n));
    }
  }

  static void logs(ContainerLogOptions chosen, ObjectNode config) {
    config
        .put("containerLogMaxSize", Quantity.ofBytes(chosen.maxSize()).toString())
        .put("containerLogMaxFiles", chosen.maxFiles())
        .put("containerLogMonitorInterval", GoText.duration(chosen.monitorInterval()));
  }

  static void serving(KubeletConfiguration chosen, ObjectNode config) {
    config
        .put("eventRecordQPS", chosen.events().perSecond())
        .put("eventBurst", chosen.events().burst())
        .put("readOnlyPort", 0)
        .put("tlsMinVersion", chosen.serving().tls().minVersion());
    if (chosen.requests().perSecond() > 0) {
      config
          .put("kubeAPIQPS", chosen.requests().perSecond())
          .put("kubeAPIBurst", chosen.requests().burst());
    }
    chosen.process().oomScoreAdj().ifPresent(score -> config.put("oomScoreAdj", score));
    chosen.process().maxOpenFiles().ifPresent(most -> config.put("maxOpenFiles", most));
    if (!chosen.serving().tls().cipherSuites().isEmpty()) {
      ArrayNode suites = config.putArray("tlsCipherSuites");
      chosen.serving().tls().cipherSuites().forEach(suites::add);
    }
    chosen
        .serving()
        .healthz()
        .ifPresentOrElse(
            h -> config.put("healthzPort", h.port()).put("healthzBindAddress", h.address()),
            () -> config.put("healthzPort", 0));
    if (!chosen.gates().said().isEmpty()) {
      ObjectNode gates = config.putObject("featureGates");
      chosen.gates().said().forEach(gates::put);
    }
  }
}
