package dev.coracle.kubelet.internal.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.cri.v1.LinuxPodSandboxConfig;
import dev.coracle.cri.v1.PodSandboxConfig;
import dev.coracle.cri.v1.PodSandboxMetadata;
import dev.coracle.cri.v1.PortMapping;
import dev.coracle.cri.v1.Protocol;
import dev.coracle.cri.v1.UserNamespace;
import dev.coracle.kubelet.config.CgroupOptions;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.HostName;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.pod.PodDns;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** A pod's sandbox in CRI's terms. */
public final class SandboxConfigs {
  private final PodPaths paths;
  private final PodDns dns;
  private final Function<Pod, String> cgroupParent;
  private final Function<Pod, UserNamespace> users;
  private final CgroupOptions limits;

  /**
   * @param cgroupParent the pod's cgroup, empty for none
   * @param users the pod's, or the node's
   */
  public SandboxConfigs(
      PodPaths paths,
      PodDns dns,
      Function<Pod, String> cgroupParent,
      Function<Pod, UserNamespace> users,
      CgroupOptions limits) {
    this.users = users;
    this.limits = limits;
    this.paths = paths;
    this.dns = dns;
    this.cgroupParent = cgroupParent;
  }

  /** Names and servers that the pod asks for beyond what a resolver reads, as messages. */
  List<String> omittedOfDns(Pod pod) {
    return dns.omitted(pod);
  }

  /** That the pod cannot have the cluster's DNS, which it is to have; as a message. */
  Optional<String> missingDns(Pod pod) {
    return dns.missing(pod);
  }

  /**
   * @throws ConfigException when the pod cannot have what it asks for on this node
   */
  public PodSandboxConfig of(Pod pod, int attempt) {
    PodSandboxConfig.Builder out =
        PodSandboxConfig.newBuilder()
            .setMetadata(
                PodSandboxMetadata.newBuilder()
                    .setName(pod.name())
                    .setNamespace(pod.namespace())
                    .setUid(pod.uid())
                    .setAttempt(attempt))
            .setLogDirectory(paths.podLogs(pod).toString())
            .setDnsConfig(dns.of(pod))
            .putAllLabels(pod.object().labels())
            .putLabels(Labels.POD_NAME, pod.name())
            .putLabels(Labels.POD_NAMESPACE, pod.namespace())
            .putLabels(Labels.POD_UID, pod.uid())
            .putAllAnnotations(pod.object().annotations());
    if (!pod.hostNetwork()) {
      out.setHostname(hostName(pod));
      for (ContainerSpec c : pod.allContainers()) {
        for (JsonNode port : c.node().path("ports")) {
          out.addPortMappings(
              PortMapping.newBuilder()
                  .setContainerPort(port.path("containerPort").asInt())
                  .setHostPort(port.path("hostPort").asInt(0))
                  .setHostIp(port.path("hostIP").asText(""))
                  .setProtocol(
                      switch (port.path("protocol").asText("TCP")) {
                        case "UDP" -> Protocol.UDP;
                        case "SCTP" -> Protocol.SCTP;
                        default -> Protocol.TCP;
                      }));
        }
      }
    }
    LinuxPodSandboxConfig.Builder linux =
        LinuxPodSandboxConfig.newBuilder()
            .setCgroupParent(cgroupParent.apply(pod))
            .setSecurityContext(SecurityContexts.ofSandbox(pod, users.apply(pod)));
    if (pod.spec().path("overhead").isObject()) {
      linux.setOverhead(LinuxResources.ofOverhead(pod, limits));
    }
    for (JsonNode sysctl : pod.securityContext().path("sysctls")) {
      linux.putSysctls(sysctl.path("name").asText(), sysctl.path("value").asText());
    }
    return out.setLinux(linux).build();
  }

  private String hostName(Pod pod) {
    try {
      return HostName.of(pod, dns.clusterDomain()).kernelName(pod);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(String.valueOf(e.getMessage()));
    }
  }
}
