package dev.coracle.cridocker.internal.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.cri.v1.LinuxContainerSecurityContext;
import dev.coracle.cri.v1.SELinuxOption;
import dev.coracle.cri.v1.SecurityProfile;
import dev.coracle.cri.v1.SupplementalGroupsPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** CRI's security contexts in Docker's words. */
final class SecurityOptions {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int LARGEST_PROFILE = 1 << 20;

  private SecurityOptions() {}

  /**
   * Writes what a container may do.
   *
   * @param apparmor whether the daemon has AppArmor
   */
  static void write(
      LinuxContainerSecurityContext security,
      boolean apparmor,
      ObjectNode container,
      ObjectNode host)
      throws IOException {
    user(security, container, host);
    host.put("Privileged", security.getPrivileged());
    host.put("ReadonlyRootfs", security.getReadonlyRootfs());
    security.getCapabilities().getAddCapabilitiesList().forEach(host.putArray("CapAdd")::add);
    security.getCapabilities().getDropCapabilitiesList().forEach(host.putArray("CapDrop")::add);
    security.getMaskedPathsList().forEach(host.putArray("MaskedPaths")::add);
    security.getReadonlyPathsList().forEach(host.putArray("ReadonlyPaths")::add);
    ArrayNode options = host.putArray("SecurityOpt");
    if (security.getNoNewPrivs()) {
      options.add("no-new-privileges");
    }
    if (!security.getPrivileged()) {
      seccomp(security.getSeccomp(), security.hasSeccomp(), options);
    }
    if (apparmor && security.hasApparmor()) {
      apparmor(security.getApparmor(), options);
    }
    selinux(security.getSelinuxOptions(), options);
  }

  private static void user(
      LinuxContainerSecurityContext security, ObjectNode container, ObjectNode host) {
    String user =
        security.hasRunAsUser()
            ? Long.toString(security.getRunAsUser().getValue())
            : security.getRunAsUsername();
    if (security.hasRunAsGroup()) {
      if (user.isEmpty()) {
        throw new IllegalArgumentException("user group is specified without user");
      }
      user += ":" + security.getRunAsGroup().getValue();
    } else if (security.getSupplementalGroupsPolicy() == SupplementalGroupsPolicy.Strict
        && !user.isEmpty()) {
      throw new IllegalArgumentException(
          "Docker adds the groups of the image's /etc/group; supplementalGroupsPolicy Strict needs"
              + " runAsGroup");
    }
    if (!user.isEmpty()) {
      container.put("User", user);
    }
    ArrayNode groups = host.putArray("GroupAdd");
    security.getSupplementalGroupsList().forEach(g -> groups.add(Long.toString(g)));
  }

  static void seccomp(SecurityProfile profile, boolean asked, ArrayNode options)
      throws IOException {
    if (!asked) {
      options.add("seccomp=unconfined");
      return;
    }
    switch (profile.getProfileType()) {
      case RuntimeDefault -> {
        // Docker's own profile is what it takes when nothing is said.
      }
      case Unconfined, UNRECOGNIZED -> options.add("seccomp=unconfined");
      case Localhost -> {
        Path file = Path.of(profile.getLocalhostRef());
        if (Files.size(file) > LARGEST_PROFILE) {
          throw new IOException("the seccomp profile " + file + " is larger than 1 MiB");
        }
        JsonNode rules = JSON.readTree(Files.readAllBytes(file));
        options.add("seccomp=" + rules);
      }
    }
  }

  private static void apparmor(SecurityProfile profile, ArrayNode options) {
    switch (profile.getProfileType()) {
      case RuntimeDefault -> {
        // As above.
      }
      case Unconfined, UNRECOGNIZED -> options.add("apparmor=unconfined");
      case Localhost -> options.add("apparmor=" + profile.getLocalhostRef());
    }
  }

  static void selinux(SELinuxOption selinux, ArrayNode options) {
    if (!selinux.getUser().isEmpty()) {
      options.add("label=user:" + selinux.getUser());
    }
    if (!selinux.getRole().isEmpty()) {
      options.add("label=role:" + selinux.getRole());
    }
    if (!selinux.getType().isEmpty()) {
      options.add("label=type:" + selinux.getType());
    }
    if (!selinux.getLevel().isEmpty()) {
      options.add("label=level:" + selinux.getLevel());
    }
  }
}
