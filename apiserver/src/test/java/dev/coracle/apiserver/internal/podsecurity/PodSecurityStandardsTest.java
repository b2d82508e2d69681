package dev.coracle.apiserver.internal.podsecurity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Yaml;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Words and versions are upstream's (k8s.io/pod-security-admission). */
class PodSecurityStandardsTest {

  private static final String SAFE =
      "allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, runAsNonRoot: true,"
          + " seccompProfile: {type: RuntimeDefault}";

  private static JsonNode yaml(String text) {
    return Yaml.parse(text.getBytes(StandardCharsets.UTF_8), 1 << 20);
  }

  /** One container {@code a} that restricted allows, and what is added to it. */
  private static JsonNode pod(String spec, String container, String context, String annotations) {
    return yaml(
        "{metadata: {annotations: {"
            + annotations
            + "}}, spec: {"
            + spec
            + (spec.isEmpty() ? "" : ", ")
            + "containers: [{name: a, image: i"
            + (container.isEmpty() ? "" : ", " + container)
            + ", securityContext: {"
            + SAFE
            + (context.isEmpty() ? "" : ", " + context)
            + "}}]}}");
  }

  private static String check(String level, String version, JsonNode pod) {
    return Violation.details(
        PodSecurityStandards.check(
            new LevelVersion(
                Level.of(level).orElseThrow(), LevelVersion.minor(version).orElseThrow()),
            pod));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          hostNetwork: true, hostIPC: true, hostPID: true | | | | host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)
          volumes: [{name: v, hostPath: {path: /}}, {name: w, hostPath: {path: /}}] | | | | hostPath volumes (volumes "v", "w")
          | ports: [{containerPort: 1, hostPort: 80}, {containerPort: 2, hostPort: 81}] | | | hostPort (container "a" uses hostPorts 80, 81)
          | | privileged: true | | privileged (container "a" must not set securityContext.privileged=true)
          | | procMount: Unmasked | | procMount (container "a" must not set securityContext.procMount to "Unmasked")
          | | `seLinuxOptions: {type: x, user: u}` | | seLinuxOptions (container "a" set forbidden securityContext.seLinuxOptions: type "x"; user may not be set)
          `securityContext: {seLinuxOptions: {role: r}}` | | | | seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: role may not be set)
          `securityContext: {sysctls: [{name: kernel.msgmax, value: '1'}, {name: net.ipv4.tcp_rmem, value: '1'}]}` | | | | forbidden sysctls (kernel.msgmax)
          `securityContext: {windowsOptions: {hostProcess: true}}` | | `windowsOptions: {hostProcess: true}` | | hostProcess (pod and container "a" must not set securityContext.windowsOptions.hostProcess=true)
          | | `appArmorProfile: {type: Unconfined}` | | forbidden AppArmor profile (container "a" must not set AppArmor profile type to "Unconfined")
          | | | container.apparmor.security.beta.kubernetes.io/a: unconfined | `forbidden AppArmor profile (annotation must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/a="unconfined"")`
          | `livenessProbe: {httpGet: {port: 1, host: h}}, lifecycle: {preStop: {tcpSocket: {port: 1, host: g}}}` | | | probe or lifecycle host (container "a" uses probe or lifecycle hosts "g", "h")
          """)
  void whatBaselineForbidsRestrictedDoesToo(
      String spec, String container, String context, String annotations, String words) {
    JsonNode pod = pod(or(spec), or(container), or(context), or(annotations));
    assertThat(check("baseline", "latest", pod)).isEqualTo(words);
    assertThat(check("privileged", "latest", pod)).isEmpty();
    assertThat(check("restricted", "latest", pod))
        .isEqualTo(
            words.startsWith("hostPath")
                ? "restricted volume types (volumes \"v\", \"w\" use restricted volume type"
                    + " \"hostPath\")"
                : words);
  }

  private static String or(String text) {
    return text == null ? "" : text;
  }

  @Test
  void capabilitiesAndProfilesAreToldOnceAndByTheStricter() {
    JsonNode pod =
        yaml(
            "{spec: {securityContext: {seccompProfile: {type: Unconfined}}, containers: ["
                + "{name: a, securityContext: {capabilities: {add: [NET_RAW, CHOWN]}}},"
                + "{name: b, securityContext: {capabilities: {add: [SYS_ADMIN], drop: [ALL]}}}]}}");
    assertThat(check("baseline", "latest", pod))
        .isEqualTo(
            "non-default capabilities (containers \"a\", \"b\" must not include \"NET_RAW\","
                + " \"SYS_ADMIN\" in securityContext.capabilities.add), seccompProfile (pod must"
                + " not set securityContext.seccompProfile.type to \"Unconfined\")");
    assertThat(check("restricted", "latest", pod))
        .isEqualTo(
            "allowPrivilegeEscalation != false (containers \"a\", \"b\" must set"
                + " securityContext.allowPrivilegeEscalation=false), unrestricted capabilities"
                + " (container \"a\" must set securityContext.capabilities.drop=[\"ALL\"];"
                + " containers \"a\", \"b\" must not include \"CHOWN\", \"NET_RAW\","
                + " \"SYS_ADMIN\" in securityContext.capabilities.add), runAsNonRoot != true"
                + " (pod or containers \"a\", \"b\" must set securityContext.runAsNonRoot=true),"
                + " seccompProfile (pod must not set securityContext.seccompProfile.type to"
                + " \"Unconfined\")");
    assertThat(
            Violation.reasons(
                PodSecurityStandards.check(
                    new LevelVersion(Level.RESTRICTED, LevelVersion.LATEST), pod)))
        .isEqualTo(
            "allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true,"
                + " seccompProfile");
  }

  @Test
  void aPlainPodLacksWhatRestrictedWants() {
    JsonNode pod = yaml("{spec: {containers: [{name: a}], initContainers: [{name: i}]}}");
    assertThat(check("baseline", "latest", pod)).isEmpty();
    assertThat(check("restricted", "latest", pod))
        .isEqualTo(
            "allowPrivilegeEscalation != false (containers \"i\", \"a\" must set"
                + " securityContext.allowPrivilegeEscalation=false), unrestricted capabilities"
                + " (containers \"i\", \"a\" must set securityContext.capabilities.drop=[\"ALL\"]),"
                + " runAsNonRoot != true (pod or containers \"i\", \"a\" must set"
                + " securityContext.runAsNonRoot=true), seccompProfile (pod or containers \"i\","
                + " \"a\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or"
                + " \"Localhost\")");
  }

  @Test
  void whoSaysFalseOrRootIsToldSo() {
    JsonNode pod =
        yaml(
            "{spec: {securityContext: {runAsNonRoot: false, runAsUser: 0}, containers: [{name: a,"
                + " securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]},"
                + " seccompProfile: {type: Localhost}, runAsNonRoot: false, runAsUser: 0}}]}}");
    assertThat(check("restricted", "latest", pod))
        .isEqualTo(
            "runAsNonRoot != true (pod and container \"a\" must not set"
                + " securityContext.runAsNonRoot=false), runAsUser=0 (pod and container \"a\" must"
                + " not set runAsUser=0)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          baseline | v1.33 | v1.34 | `containers: [{name: a, livenessProbe: {tcpSocket: {port: 1, host: h}}}]`
          baseline | v1.27 | v1.26 | `containers: [{name: a}], securityContext: {sysctls: [{name: net.ipv4.ip_local_reserved_ports, value: '1'}]}`
          baseline | v1.31 | v1.30 | `containers: [{name: a}], securityContext: {seLinuxOptions: {type: container_engine_t}}`
          restricted | v1.7 | v1.8 | `containers: [{name: a, securityContext: {runAsNonRoot: true}}]`
          restricted | v1.22 | v1.23 | `containers: [{name: a, securityContext: {runAsNonRoot: true, runAsUser: 0, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, seccompProfile: {type: Localhost}}}]`
          """)
  void aVersionForbidsWhatItKnows(String level, String lax, String strict, String spec) {
    JsonNode pod = yaml("{spec: {" + spec + "}}");
    assertThat(check(level, lax, pod)).isEmpty();
    assertThat(check(level, strict, pod)).isNotEmpty();
    assertThat(check(level, "v1.99", pod)).isEqualTo(check(level, "latest", pod));
  }

  @Test
  void windowsAndOwnUsersAreHeldBackLess() {
    String open = "containers: [{name: a, securityContext: {runAsNonRoot: true}}]";
    JsonNode windows = yaml("{spec: {os: {name: windows}, " + open + "}}");
    assertThat(check("restricted", "latest", windows)).isEmpty();
    assertThat(check("restricted", "v1.24", windows))
        .startsWith("allowPrivilegeEscalation != false")
        .contains("unrestricted capabilities", "seccompProfile");

    JsonNode own =
        yaml(
            "{spec: {hostUsers: false, containers: [{name: a, securityContext: {"
                + "allowPrivilegeEscalation: false, capabilities: {drop: [ALL]},"
                + " seccompProfile: {type: RuntimeDefault}, runAsUser: 0,"
                + " procMount: Unmasked}}]}}");
    assertThat(check("baseline", "latest", own)).isEmpty();
    assertThat(check("baseline", "v1.34", own)).startsWith("procMount (");
    assertThat(check("restricted", "latest", own))
        .startsWith("procMount (")
        .doesNotContain("runAs");
    assertThat(check("restricted", "v1.34", own)).contains("runAsNonRoot", "runAsUser=0");
  }

  @Test
  void oldVersionsLookAtAnnotations() {
    JsonNode pod =
        yaml(
            "{metadata: {annotations: {seccomp.security.alpha.kubernetes.io/pod: unconfined}},"
                + " spec: {containers: [{name: a}]}}");
    assertThat(check("baseline", "v1.18", pod))
        .isEqualTo(
            "seccompProfile (forbidden annotation"
                + " seccomp.security.alpha.kubernetes.io/pod=\"unconfined\")");
    assertThat(check("baseline", "v1.19", pod)).isEmpty();
  }

  @Test
  void restrictedTakesTheVolumesThatHoldNothingOfTheNode() {
    String kinds =
        Stream.of("configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image")
            .map(kind -> "{name: " + kind.toLowerCase(Locale.ROOT) + ", " + kind + ": {}}")
            .reduce((a, b) -> a + ", " + b)
            .orElseThrow();
    assertThat(check("restricted", "v1.25", pod("volumes: [" + kinds + "]", "", "", ""))).isEmpty();
    assertThat(check("restricted", "latest", pod("volumes: [{name: n, nfs: {}}]", "", "", "")))
        .isEqualTo("restricted volume types (volume \"n\" uses restricted volume type \"nfs\")");
  }

  @Test
  void labelsThatSayNothingAreToldAndHoldBackMost() {
    NamespacePolicy policy =
        NamespacePolicy.of(
            Map.of(
                NamespacePolicy.PREFIX + "enforce", "strict",
                NamespacePolicy.PREFIX + "enforce-version", "1.25",
                NamespacePolicy.PREFIX + "audit", "loose",
                NamespacePolicy.PREFIX + "warn", "baseline",
                NamespacePolicy.PREFIX + "warn-version", "v1.30"),
            PodSecurityConfig.DEFAULT);
    assertThat(policy.enforce()).hasToString("restricted:latest");
    assertThat(policy.audit()).hasToString("privileged:latest");
    assertThat(policy.warn()).hasToString("baseline:v1.30");
    assertThat(policy.errors().causes().stream().map(c -> c.field() + ": " + c.message()).toList())
        .isEqualTo(
            List.of(
                "metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: \"strict\":"
                    + " must be one of privileged, baseline, restricted",
                "metadata.labels[pod-security.kubernetes.io/enforce-version]: Invalid value:"
                    + " \"1.25\": must be \"latest\" or \"v1.x\"",
                "metadata.labels[pod-security.kubernetes.io/audit]: Invalid value: \"loose\":"
                    + " must be one of privileged, baseline, restricted"));
  }
}
