package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** As whom and with what rights containers run. */
@Conformance
class SecurityContextIT {

  @Test
  @DisplayName(
      "[sig-node] Security Context When creating a container with runAsUser should run the"
          + " container with uid 65534 [LinuxOnly] [Conformance] [NodeConformance]")
  void uid(Space space) {
    TestPod pod =
        new TestPod("main").container("{securityContext: {runAsUser: 65534}}").script("id -u");
    assertThat(space.run(pod)).isEqualTo("65534\n");
  }

  @Test
  @DisplayName(
      "[sig-node] Security Context should support container.SecurityContext.RunAsUser And"
          + " container.SecurityContext.RunAsGroup [LinuxOnly] [Conformance]")
  void containerGroup(Space space) {
    TestPod pod =
        new TestPod("main")
            .container("{securityContext: {runAsUser: 1001, runAsGroup: 2002}}")
            .script("echo $(id -u) $(id -g)");
    assertThat(space.run(pod)).isEqualTo("1001 2002\n");
  }

  @Test
  @DisplayName(
      "[sig-node] Security Context should support pod.Spec.SecurityContext.RunAsUser And"
          + " pod.Spec.SecurityContext.RunAsGroup [LinuxOnly] [Conformance]")
  void podGroup(Space space) {
    TestPod pod =
        new TestPod("main")
            .spec("{securityContext: {runAsUser: 1001, runAsGroup: 2002}}")
            .script("echo $(id -u) $(id -g)");
    assertThat(space.run(pod)).isEqualTo("1001 2002\n");
  }

  @Test
  @DisplayName(
      "[sig-node] Security Context When creating a pod with privileged should run the container as"
          + " unprivileged when false [LinuxOnly] [Conformance] [NodeConformance]")
  void unprivileged(Space space) {
    TestPod pod =
        new TestPod("main")
            .container("{securityContext: {privileged: false}}")
            .script("ip link add dummy9 type dummy || true");
    assertThat(space.run(pod)).contains("Operation not permitted");
  }

  @Test
  @DisplayName(
      "[sig-node] Security Context When creating a pod with readOnlyRootFilesystem should run the"
          + " container with writable rootfs when readOnlyRootFilesystem=false [Conformance]"
          + " [NodeConformance]")
  void writable(Space space) {
    TestPod pod =
        new TestPod("main")
            .container("{securityContext: {readOnlyRootFilesystem: false}}")
            .script("echo x >/checkfile && cat /checkfile");
    assertThat(space.run(pod)).isEqualTo("x\n");
  }

  @Test
  @DisplayName(
      "[sig-node] Security Context when creating containers with AllowPrivilegeEscalation should"
          + " not allow privilege escalation when false [LinuxOnly] [Conformance]"
          + " [NodeConformance]")
  void noEscalation(Space space) {
    TestPod pod =
        new TestPod("main")
            .container("{securityContext: {runAsUser: 1000, allowPrivilegeEscalation: false}}")
            .script("grep NoNewPrivs /proc/self/status | tr -d '[:space:]'");
    assertThat(space.run(pod)).isEqualTo("NoNewPrivs:1\n");
    // A program of root's with the setuid bit makes its user root, unless that is forbidden.
    assertThat(
            effectiveUser(space, "forbidden", "{runAsUser: 1000, allowPrivilegeEscalation: false}"))
        .isEqualTo(1000 & 0xff);
    assertThat(effectiveUser(space, "allowed", "{runAsUser: 1000, allowPrivilegeEscalation: true}"))
        .isZero();
  }

  private static int effectiveUser(Space space, String name, String securityContext) {
    TestPod pod =
        new TestPod(name)
            .container(
                "{command: [effective-user], securityContext: %s}".formatted(securityContext));
    return space
        .runToEnd(pod)
        .at("/status/containerStatuses/0/state/terminated/exitCode")
        .asInt(-1);
  }

  @Test
  @DisplayName(
      "[sig-node] Sysctls [LinuxOnly] should support sysctls [Environment:NotInUserNS]"
          + " [Conformance] [NodeConformance]")
  void sysctls(Space space) {
    TestPod pod =
        new TestPod("main")
            .spec("{securityContext: {sysctls: [{name: kernel.shm_rmid_forced, value: '1'}]}}")
            .container("{command: [sysctl, kernel.shm_rmid_forced]}");
    assertThat(space.run(pod)).isEqualTo("kernel.shm_rmid_forced = 1\n");
  }

  @Test
  @DisplayName(
      "[sig-node] Sysctls [LinuxOnly] should reject invalid sysctls [Conformance]"
          + " [NodeConformance]")
  void badSysctls(Space space) {
    JsonNode refused =
        space
            .tryCreate(
                new TestPod("main")
                    .spec(
                        "{securityContext: {sysctls: [{name: foo-, value: bar}, {name:"
                            + " kernel.shmmax, value: '1'}, {name: safe-and-unsafe, value: x},"
                            + " {name: bar.., value: y}]}}")
                    .json())
            .refused(422);
    assertThat(text(refused, "/message"))
        .contains("Invalid value: \"foo-\"", "Invalid value: \"bar..\"")
        .doesNotContain("kernel.shmmax", "\"safe-and-unsafe\"");
  }
}
