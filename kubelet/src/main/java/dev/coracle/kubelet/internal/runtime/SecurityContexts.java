package dev.coracle.kubelet.internal.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.coracle.cri.v1.Capability;
import dev.coracle.cri.v1.ContainerConfig;
import dev.coracle.cri.v1.Image;
import dev.coracle.cri.v1.Int64Value;
import dev.coracle.cri.v1.LinuxContainerSecurityContext;
import dev.coracle.cri.v1.LinuxSandboxSecurityContext;
import dev.coracle.cri.v1.Mount;
import dev.coracle.cri.v1.NamespaceMode;
import dev.coracle.cri.v1.NamespaceOption;
import dev.coracle.cri.v1.SELinuxOption;
import dev.coracle.cri.v1.SecurityProfile;
import dev.coracle.cri.v1.SupplementalGroupsPolicy;
import dev.coracle.cri.v1.UserNamespace;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Security contexts in CRI's terms; a container's own fields win over the pod's (Kubernetes docs,
 * "Configure a Security Context").
 */
public final class SecurityContexts {
  private static final List<String> MASKED =
      List.of(
          "/proc/asound",
          "/proc/acpi",
          "/proc/interrupts",
          "/proc/kcore",
          "/proc/keys",
          "/proc/latency_stats",
          "/proc/timer_list",
          "/proc/timer_stats",
          "/proc/sched_debug",
          "/proc/scsi",
          "/sys/firmware",
          "/sys/devices/virtual/powercap");
  private static final List<String> READ_ONLY =
      List.of("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger");

  private SecurityContexts() {}

  /**
   * @param seccompDefault whether who names no profile has the runtime's
   * @throws ConfigException when the container must not run as root and would
   */
  public static LinuxContainerSecurityContext of(
      Pod pod,
      ContainerSpec container,
      Optional<Image> image,
      String targetId,
      Path seccompRoot,
      boolean seccompDefault) {
    JsonNode own = container.securityContext();
    JsonNode shared = pod.securityContext();
    LinuxContainerSecurityContext.Builder out = LinuxContainerSecurityContext.newBuilder();
    boolean privileged = own.path("privileged").asBoolean(false);
    out.setPrivileged(privileged);
    NamespaceOption.Builder namespaces = namespaces(pod).toBuilder();
    if (!targetId.isEmpty()) {
      namespaces.setPid(NamespaceMode.TARGET).setTargetId(targetId);
    }
    out.setNamespaceOptions(namespaces);
    out.setReadonlyRootfs(own.path("readOnlyRootFilesystem").asBoolean(false));
    out.setNoNewPrivs(
        own.path("allowPrivilegeEscalation").isBoolean()
            && !own.path("allowPrivilegeEscalation").asBoolean());
    JsonNode capabilities = own.path("capabilities");
    if (!capabilities.isMissingNode()) {
      Capability.Builder c = Capability.newBuilder();
      capabilities.path("add").forEach(n -> c.addAddCapabilities(n.asText()));
      capabilities.path("drop").forEach(n -> c.addDropCapabilities(n.asText()));
      out.setCapabilities(c);
    }
    JsonNode user = first(own, shared, "runAsUser");
    JsonNode group = first(own, shared, "runAsGroup");
    verifyNonRoot(pod, container, first(own, shared, "runAsNonRoot"), user, image);
    if (user.isNumber()) {
      out.setRunAsUser(Int64Value.newBuilder().setValue(user.asLong()));
    } else if (image.isPresent() && image.get().hasUid()) {
      out.setRunAsUser(image.get().getUid());
    } else if (image.isPresent() && !image.get().getUsername().isEmpty()) {
      out.setRunAsUsername(image.get().getUsername());
    }
    if (group.isNumber() && (out.hasRunAsUser() || !out.getRunAsUsername().isEmpty())) {
      out.setRunAsGroup(Int64Value.newBuilder().setValue(group.asLong()));
    } else if (group.isNumber()) {
      out.setRunAsUser(Int64Value.newBuilder().setValue(0));
      out.setRunAsGroup(Int64Value.newBuilder().setValue(group.asLong()));
    }
    out.addAllSupplementalGroups(groups(shared));
    out.setSupplementalGroupsPolicy(policy(shared));
    boolean unmasked = own.path("procMount").asText("").equals("Unmasked");
    if (!privileged && !unmasked) {
      out.addAllMaskedPaths(MASKED).addAllReadonlyPaths(READ_ONLY);
    }
    if (!privileged) {
      out.setSeccomp(
          seccomp(
              first(own, shared, "seccompProfile"),
              seccompRoot,
              seccompDefault ? "RuntimeDefault" : "Unconfined"));
      JsonNode apparmor = first(own, shared, "appArmorProfile");
      if (!apparmor.isMissingNode()) {
        out.setApparmor(profile(apparmor, "Unconfined"));
      }
    }
    selinux(first(own, shared, "seLinuxOptions")).ifPresent(out::setSelinuxOptions);
    return out.build();
  }

  public static LinuxSandboxSecurityContext ofSandbox(Pod pod, UserNamespace users) {
    JsonNode shared = pod.securityContext();
    LinuxSandboxSecurityContext.Builder out =
        LinuxSandboxSecurityContext.newBuilder()
            .setNamespaceOptions(namespaces(pod).toBuilder().setUsernsOptions(users))
            .setPrivileged(
                pod.allContainers().stream()
                    .anyMatch(c -> c.securityContext().path("privileged").asBoolean(false)))
            .setSeccomp(
                SecurityProfile.newBuilder()
                    .setProfileType(SecurityProfile.ProfileType.RuntimeDefault))
            .addAllSupplementalGroups(groups(shared))
            .setSupplementalGroupsPolicy(policy(shared));
    if (shared.path("runAsUser").isNumber()) {
      out.setRunAsUser(Int64Value.newBuilder().setValue(shared.path("runAsUser").asLong()));
      if (shared.path("runAsGroup").isNumber()) {
        out.setRunAsGroup(Int64Value.newBuilder().setValue(shared.path("runAsGroup").asLong()));
      }
    }
    selinux(shared.path("seLinuxOptions")).ifPresent(out::setSelinuxOptions);
    return out.build();
  }

  /** Gives the container its pod's users, through which it sees what is mounted into it. */
  static void withUsers(ContainerConfig.Builder out, UserNamespace users) {
    if (users.equals(UserNamespace.getDefaultInstance())) {
      return;
    }
    out.getLinuxBuilder()
        .getSecurityContextBuilder()
        .getNamespaceOptionsBuilder()
        .setUsernsOptions(users);
    for (Mount.Builder mount : out.getMountsBuilderList()) {
      mount.addAllUidMappings(users.getUidsList()).addAllGidMappings(users.getGidsList());
    }
  }

  /** Gives the container the groups by which it may use its pod's volumes. */
  static void withGroups(ContainerConfig.Builder out, Collection<Mounted> volumes) {
    var context = out.getLinuxBuilder().getSecurityContextBuilder();
    for (Mounted volume : volumes) {
      volume
          .group()
          .ifPresent(group -> {
            if (!context.getSupplementalGroupsList().contains(group)) {
              context.addSupplementalGroups(group);
            }
          });
    }
  }

  private static NamespaceOption namespaces(Pod pod) {
    JsonNode spec = pod.spec();
    return NamespaceOption.newBuilder()
        .setNetwork(pod.hostNetwork() ? NamespaceMode.NODE : NamespaceMode.POD)
        .setIpc(spec.path("hostIPC").asBoolean(false) ? NamespaceMode.NODE : NamespaceMode.POD)
        .setPid(
            spec.path("hostPID").asBoolean(false)
                ? NamespaceMode.NODE
                : spec.path("shareProcessNamespace").asBoolean(false)
                    ? NamespaceMode.POD
                    : NamespaceMode.CONTAINER)
        .build();
  }

  private static void verifyNonRoot(
      Pod pod, ContainerSpec container, JsonNode nonRoot, JsonNode user, Optional<Image> image) {
    if (!nonRoot.asBoolean(false)) {
      return;
    }
    String where = " (pod: \"" + pod.describe() + "\", container: " + container.name() + ")";
    if (user.isNumber()) {
      if (user.asLong() == 0) {
        throw new ConfigException("container's runAsUser breaks non-root policy" + where);
      }
      return;
    }
    if (image.isEmpty()) {
      return;
    }
    if (image.get().hasUid()) {
      if (image.get().getUid().getValue() == 0) {
        throw new ConfigException("container has runAsNonRoot and image will run as root" + where);
      }
    } else if (!image.get().getUsername().isEmpty()) {
      throw new ConfigException(
          "container has runAsNonRoot and image has non-numeric user ("
              + image.get().getUsername()
              + "), cannot verify user is non-root"
              + where);
    } else {
      throw new ConfigException("container has runAsNonRoot and image will run as root" + where);
    }
  }

  private static List<Long> groups(JsonNode shared) {
    List<Long> out = new ArrayList<>();
    shared.path("supplementalGroups").forEach(g -> out.add(g.asLong()));
    if (shared.path("fsGroup").isNumber()) {
      out.add(shared.path("fsGroup").asLong());
    }
    return out;
  }

  private static SupplementalGroupsPolicy policy(JsonNode shared) {
    return shared.path("supplementalGroupsPolicy").asText("").equals("Strict")
        ? SupplementalGroupsPolicy.Strict
        : SupplementalGroupsPolicy.Merge;
  }

  /** A profile of the node's own is named by its path below the kubelet's directory of them. */
  private static SecurityProfile seccomp(JsonNode asked, Path root, String otherwise) {
    SecurityProfile profile = profile(asked, otherwise);
    return profile.getProfileType() == SecurityProfile.ProfileType.Localhost
        ? profile.toBuilder()
            .setLocalhostRef(root.resolve(profile.getLocalhostRef()).toString())
            .build()
        : profile;
  }

  private static SecurityProfile profile(JsonNode profile, String otherwise) {
    return switch (profile.path("type").asText(otherwise)) {
      case "RuntimeDefault" ->
          SecurityProfile.newBuilder()
              .setProfileType(SecurityProfile.ProfileType.RuntimeDefault)
              .build();
      case "Localhost" ->
          SecurityProfile.newBuilder()
              .setProfileType(SecurityProfile.ProfileType.Localhost)
              .setLocalhostRef(profile.path("localhostProfile").asText(""))
              .build();
      default ->
          SecurityProfile.newBuilder()
              .setProfileType(SecurityProfile.ProfileType.Unconfined)
              .build();
    };
  }

  private static Optional<SELinuxOption> selinux(JsonNode o) {
    return o.isMissingNode() || o.isNull()
        ? Optional.empty()
        : Optional.of(
            SELinuxOption.newBuilder()
                .setUser(o.path("user").asText(""))
                .setRole(o.path("role").asText(""))
                .setType(o.path("type").asText(""))
                .setLevel(o.path("level").asText(""))
                .build());
  }

  private static JsonNode first(JsonNode own, JsonNode shared, String field) {
    return own.hasNonNull(field)
        ? own.path(field)
        : shared.hasNonNull(field) ? shared.path(field) : MissingNode.getInstance();
  }
}
