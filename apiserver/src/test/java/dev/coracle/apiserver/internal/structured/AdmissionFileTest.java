package dev.coracle.apiserver.internal.structured;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.coracle.api.GroupResource;
import dev.coracle.apiserver.internal.admission.AdmissionConfig;
import dev.coracle.apiserver.internal.admission.EventRateLimit.Limit;
import dev.coracle.apiserver.internal.admission.EventRateLimit.Type;
import dev.coracle.apiserver.internal.admission.ImagePolicyWebhook;
import dev.coracle.apiserver.internal.admission.LimitedResource;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdmissionFileTest {

  static final String ALL =
      """
      apiVersion: apiserver.config.k8s.io/v1
      kind: AdmissionConfiguration
      plugins:
      - name: PodSecurity
        configuration:
          apiVersion: pod-security.admission.config.k8s.io/v1
          kind: PodSecurityConfiguration
          defaults: {enforce: baseline, enforce-version: v1.30, warn: restricted}
          exemptions: {usernames: [robot], namespaces: [kube-system], runtimeClasses: [sealed]}
      - name: ResourceQuota
        configuration:
          apiVersion: apiserver.config.k8s.io/v1
          kind: ResourceQuotaConfiguration
          limitedResources:
          - resource: pods
            matchContains: [cpu]
            matchScopes: [{scopeName: PriorityClass, operator: In, values: [high]}]
      - name: EventRateLimit
        path: events.yaml
      - name: PodNodeSelector
        configuration:
          podNodeSelectorPluginConfig: {clusterDefaultNodeSelector: "disk=ssd", shop: "zone=a,tier=b"}
      - name: PodTolerationRestriction
        configuration:
          apiVersion: podtolerationrestriction.admission.k8s.io/v1alpha1
          kind: Configuration
          default: [{key: k, operator: Exists}]
          whitelist: [{key: k, operator: Exists}, {key: l, operator: Exists}]
      - name: ImagePolicyWebhook
        configuration:
          imagePolicy: {kubeConfigFile: policy.kubeconfig, allowTTL: 50, denyTTL: -1, defaultAllow: true}
      """;
  private static final String EVENTS =
      """
      apiVersion: eventratelimit.admission.k8s.io/v1alpha1
      kind: Configuration
      limits: [{type: Namespace, qps: 50, burst: 100, cacheSize: 20}, {type: Server, qps: 1, burst: 2}]
      """;

  @TempDir Path dir;

  private AdmissionConfig parse(String text) {
    return AdmissionFile.parse(text.getBytes(StandardCharsets.UTF_8), dir.resolve("admission"));
  }

  @Test
  void everyPluginsPartIsRead() throws Exception {
    Files.writeString(dir.resolve("events.yaml"), EVENTS);
    AdmissionConfig config = parse(ALL);
    assertThat(config.podSecurity().enforce()).hasToString("baseline:v1.30");
    assertThat(config.podSecurity().audit()).hasToString("privileged:latest");
    assertThat(config.podSecurity().warn()).hasToString("restricted:latest");
    assertThat(config.podSecurity().exemptUsers()).containsExactly("robot");
    assertThat(config.podSecurity().exemptNamespaces()).containsExactly("kube-system");
    assertThat(config.podSecurity().exemptRuntimeClasses()).containsExactly("sealed");
    assertThat(config.limitedResources())
        .singleElement()
        .satisfies(limited -> {
          assertThat(limited.resource()).isEqualTo(new GroupResource("", "pods"));
          assertThat(limited.matchContains()).containsExactly("cpu");
          assertThat(limited.matchScopes()).hasSize(1);
        })
        .isInstanceOf(LimitedResource.class);
    assertThat(config.eventLimits())
        .containsExactly(new Limit(Type.NAMESPACE, 50, 100, 20), new Limit(Type.SERVER, 1, 2, 0));
    assertThat(config.nodeSelectors().unsaid()).isEqualTo(Map.of("disk", "ssd"));
    assertThat(config.nodeSelectors().namespaces())
        .isEqualTo(Map.of("shop", Map.of("zone", "a", "tier", "b")));
    assertThat(config.tolerations().defaults()).hasSize(1);
    assertThat(config.tolerations().allowed()).hasSize(2);
    assertThat(config.imagePolicy())
        .isEqualTo(
            new ImagePolicyWebhook.Config(
                dir.resolve("policy.kubeconfig"),
                Duration.ofSeconds(50),
                Duration.ZERO,
                Duration.ofMillis(500),
                true));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{name: PodSecurty, configuration: {}} | plugins[0].name: Unsupported value: \"PodSecurty\"",
        "{path: x} | plugins[0].name: Required value",
        "{name: PodSecurity, path: nowhere} | plugins[0].path: Invalid value: \"nowhere\"",
        "{name: PodSecurity, configuration: {kind: PodSecurityConfiguration}}"
            + " | plugins[0].configuration.apiVersion: Invalid value: \"\": must be"
            + " \"pod-security.admission.config.k8s.io/v1\"",
        "{name: PodNodeSelector, configuration: {podNodeSelectorPluginConfig: {a: 'x'}}}"
            + " | podNodeSelectorPluginConfig.a: invalid selector: x",
        "{name: MutatingAdmissionWebhook, configuration: {apiVersion: apiserver.config.k8s.io/v1,"
            + " kind: WebhookAdmissionConfiguration, kubeConfigFile: x}}"
            + " | kubeConfigFile: Invalid value: \"x\": must be an absolute file path",
        "{name: ValidatingAdmissionWebhook, configuration: {kind: WebhookAdmission}}"
            + " | configuration.apiVersion: Invalid value: \"\": must be"
            + " \"apiserver.config.k8s.io/v1alpha1\"",
        "{name: ImagePolicyWebhook, configuration: {imagePolicy: {}}}"
            + " | imagePolicy.kubeConfigFile: Required value",
        "{name: ImagePolicyWebhook, configuration: {imagePolicy: {kubeConfigFile: x, denyTTL: 1801}}}"
            + " | denyTTL: Invalid value: 1801: must be -1, 0 or at most 1800",
      })
  void whatIsWrongIsSaid(String plugin, String words) {
    String text =
        "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins: ["
            + plugin
            + "]\n";
    assertThatIllegalArgumentException().isThrownBy(() -> parse(text)).withMessageContaining(words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "limits: [] | limits: Invalid value: []: must not be empty",
        "limits: [{type: Pod, qps: 1, burst: 1}] | limits[0].type: Unsupported value: \"Pod\"",
        "limits: [{type: User, qps: 0, burst: 1}] | limits[0].qps: Invalid value: 0: must be positive",
        "limits: [{type: User, qps: 1}] | limits[0].burst: Invalid value: 0: must be positive",
        "limits: [{type: User, qps: 1, burst: 1, cacheSize: -1}]"
            + " | limits[0].cacheSize: Invalid value: -1: must not be negative",
      })
  void limitsThatCannotBeAreRefused(String limits, String words) throws Exception {
    Files.writeString(
        dir.resolve("events.yaml"),
        "apiVersion: eventratelimit.admission.k8s.io/v1alpha1\nkind: Configuration\n" + limits);
    assertThatIllegalArgumentException().isThrownBy(() -> parse(ALL)).withMessageContaining(words);
  }

  @Test
  void aMissingFileIsNamed() {
    assertThatIllegalStateException()
        .isThrownBy(() -> AdmissionFile.read(Path.of("nowhere.yaml")))
        .withMessage("admission-control-config-file nowhere.yaml does not exist");
  }
}
