package dev.coracle.kubelet.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.Json;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A gate may say what is so, and nothing else. */
class FeatureGatesTest {
  private static FeatureGates parse(String gates) {
    return FeatureGates.parse(Json.parse("{\"featureGates\":{" + gates + "}}"));
  }

  @ParameterizedTest
  @CsvSource({
    "SidecarContainers, true",
    "ImageVolume, true",
    "MemoryQoS, false",
    "AllAlpha, false",
    "AllBeta, true",
    "CustomCPUCFSQuotaPeriod, true",
    "CustomCPUCFSQuotaPeriod, false",
    "ReduceDefaultCrashLoopBackOffDecay, true",
  })
  void whatIsSoMayBeSaid(String gate, boolean on) {
    FeatureGates said = parse("\"%s\":%s".formatted(gate, on));
    assertThat(said.isOn(gate)).isEqualTo(on);
  }

  @ParameterizedTest
  @CsvSource({
    "SidecarContainers, false, 'cannot set feature gate SidecarContainers to false, feature is locked"
        + " to true'",
    "ImageVolume, false, featureGates: what ImageVolume stands for is always done here; leave it out",
    "MemoryQoS, true, featureGates: what MemoryQoS stands for is not done here; leave it out",
    "Sidecars, true, unrecognized feature gate: Sidecars",
    "ImageVolume, '\"yes\"', featureGates: ImageVolume must be true or false",
  })
  void whatIsNotSoIsRefused(String gate, String value, String why) {
    assertThatThrownBy(() -> parse("\"%s\":%s".formatted(gate, value)))
        .hasMessage("invalid configuration: " + why);
  }
}
