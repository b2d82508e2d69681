package dev.coracle.kubelet.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.StatusException;
import dev.coracle.api.Yaml;
import dev.coracle.api.fuzz.Fuzzer;
import org.junit.jupiter.api.Test;

/** A KubeletConfiguration: something a kubelet can go by, or refused with the cause. */
class KubeletConfigurationFuzz {
  private static final int LARGEST = 1 << 20;

  private static final String HEAD =
      "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";

  private static final String ALL =
      HEAD
          + """
          maxPods: 50
          containerLogMaxSize: 20Mi
          containerLogMaxFiles: 3
          containerLogMonitorInterval: 10s
          imageGCHighThresholdPercent: 80
          imageGCLowThresholdPercent: 70
          shutdownGracePeriod: 30s
          shutdownGracePeriodCriticalPods: 10s
          evictionHard: {memory.available: 200Mi, nodefs.available: 5%}
          evictionSoft: {memory.available: 500Mi}
          evictionSoftGracePeriod: {memory.available: 1m30s}
          evictionMaxPodGracePeriod: 30
          evictionMinimumReclaim: {nodefs.available: 1Gi}
          evictionPressureTransitionPeriod: 1m
          userNamespaces: {idsPerPod: 65536}
          staticPodPath: /etc/kubernetes/manifests
          allowedUnsafeSysctls: ["kernel.msg*", net.core.somaxconn]
          imagePullCredentialsVerificationPolicy: NeverVerifyAllowlistedImages
          preloadedImagesVerificationAllowlist: [a.b/*]
          """;

  private static final String RESERVED =
      HEAD
          + """
          kubeReserved: {cpu: 250m, memory: 512Mi, pid: "1000"}
          systemReserved: {ephemeral-storage: 1Gi}
          enforceNodeAllocatable: [pods, kube-reserved]
          kubeReservedCgroup: /kube
          shutdownGracePeriodByPodPriority: [{priority: 1, shutdownGracePeriodSeconds: 5}]
          """;

  @FuzzTest(maxDuration = "60s")
  void configurations(byte[] input) {
    read(input);
  }

  @Test
  void documents() throws InterruptedException {
    new Fuzzer()
        .seeds(ALL, RESERVED, HEAD + "reservedSystemCPUs: 0-3,7\n", HEAD + "evictionHard: {}\n")
        .words("null", "[]", "{}", "-1", "1e400", "9223372036854775808", "%", "100%", "NaN%", "-")
        .words("0-", ",", "\"\"", ": [", "none", "system-reserved", "1h1h", "\0", "/..")
        .run(KubeletConfigurationFuzz::read);
  }

  /** These were taken: a threshold that is no number, and times that overflowed. */
  @Test
  void numbersThatAreNoneAreRefused() {
    for (String field :
        new String[] {
          "evictionHard: {nodefs.available: NaN%}",
          "shutdownGracePeriod: 9999999999h",
          "shutdownGracePeriodByPodPriority: [{priority: 1, shutdownGracePeriodSeconds: -5}]",
          "shutdownGracePeriodByPodPriority: [{shutdownGracePeriodSeconds: 9223372036854775807}]",
        }) {
      assertThatThrownBy(
              () -> KubeletConfiguration.parse(Yaml.parse((HEAD + field).getBytes(UTF_8), LARGEST)))
          .as(field)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private static void read(byte[] input) {
    try {
      JsonNode document = Yaml.parse(input, LARGEST);
      KubeletConfiguration chosen = KubeletConfiguration.parse(document);
      assertThat(chosen.pods().most()).isNotNegative();
      assertThat(chosen.images().lowPercent()).isLessThan(chosen.images().highPercent());
      assertThat(chosen.reservations().of("cpu").signum()).isNotNegative();
      chosen
          .eviction()
          .thresholds()
          .forEach(t -> {
            long least = t.quantity(new EvictionThreshold.Observation(0, 1000));
            assertThat(least).as(t.signal().text()).isNotNegative();
          });
      assertThat(chosen.shutdown().total().isNegative()).isFalse();
    } catch (StatusException e) {
      assertThat(e.status().code()).isEqualTo(400);
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).isNotNull();
    }
  }
}
