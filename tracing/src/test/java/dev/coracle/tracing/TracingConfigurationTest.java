package dev.coracle.tracing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.vertx.core.net.SocketAddress;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TracingConfigurationTest {

  @ParameterizedTest
  @CsvSource({
    "collector:4318, collector, 4318",
    "collector, collector, 4317",
    "127.0.0.1:1, 127.0.0.1, 1",
    "'[::1]:4317', ::1, 4317",
    "dns:///collector.example:5, collector.example, 5",
    "dns://collector.example:5, collector.example, 5"
  })
  void hostsAreNamed(String text, String host, int port) {
    assertThat(CollectorAddress.parse(text).socket())
        .isEqualTo(SocketAddress.inetSocketAddress(port, host));
  }

  @ParameterizedTest
  @ValueSource(strings = {"unix:///run/otel.sock", "unix:/run/otel.sock"})
  void socketsAreNamed(String text) {
    assertThat(CollectorAddress.parse(text).socket())
        .isEqualTo(SocketAddress.domainSocketAddress("/run/otel.sock"));
  }

  @ParameterizedTest
  @CsvSource({
    "https://collector:4317, unsupported scheme: https",
    "unix-abstract://x, unsupported scheme: unix-abstract",
    "unix://, must name a socket",
    "'a b', Illegal character",
    "':4317', 'must be a host'",
    "'host:port', 'must be a host'"
  })
  void whatIsNoAddressIsSaid(String text, String why) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> CollectorAddress.parse(text))
        .withMessageStartingWith("endpoint: Invalid value: \"" + text + "\": ")
        .withMessageContaining(why);
  }

  @ParameterizedTest
  @CsvSource({
    "-1, sampling rate must be positive",
    "1000001, sampling rate per million must be less than or equal to one million"
  })
  void ratesAreOfAMillion(int rate, String why) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TracingConfiguration(CollectorAddress.DEFAULT, OptionalInt.of(rate)))
        .withMessage("samplingRatePerMillion: Invalid value: " + rate + ": " + why);
  }

  @Test
  void thePortIsThatOfOtlp() {
    assertThat(TracingConfiguration.DEFAULT.endpoint().socket())
        .isEqualTo(SocketAddress.inetSocketAddress(4317, "localhost"));
  }
}
