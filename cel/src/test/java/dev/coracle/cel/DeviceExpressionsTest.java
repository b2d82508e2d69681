package dev.coracle.cel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.Json;
import dev.coracle.cel.DeviceExpressions.Device;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Expressions over one device: whatever is accepted is evaluated. */
class DeviceExpressionsTest {

  private static final Device DEVICE =
      Device.of(
          "gpu.example.com",
          Json.parse(
              """
              {"name":"d","allowMultipleAllocations":true,
               "attributes":{"model":{"string":"A"},"index":{"int":2},"ok":{"bool":true},
                "firmware":{"version":"1.10.0-rc.1"},"other.example.com/model":{"string":"B"},
                "links":{"strings":["a","b"]}},
               "capacity":{"memory":{"value":"16Gi"},"other.example.com/memory":{"value":"1k"}}}\
              """));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "device.driver == 'gpu.example.com' && device.allowMultipleAllocations",
        "device.attributes['gpu.example.com'].model == 'A'",
        "device.attributes['gpu.example.com'].index + 1 == 3",
        "device.attributes['gpu.example.com'].ok",
        "device.attributes['other.example.com'].model == 'B'",
        "device.attributes['gpu.example.com'].firmware.isLessThan(semver('1.10.0'))",
        "device.attributes['gpu.example.com'].firmware.major() == 1",
        "device.attributes['gpu.example.com'].firmware == semver('1.10.0-rc.1')",
        "device.attributes['gpu.example.com'].firmware.compareTo(semver('v1.9', true)) > 0",
        "'b' in device.attributes['gpu.example.com'].links",
        "device.capacity['gpu.example.com'].memory == quantity('16384Mi')",
        "device.capacity['gpu.example.com'].memory.compareTo(quantity('10Gi')) > 0",
        "device.capacity['gpu.example.com'].memory.sub(quantity('8Gi')).isGreaterThan(quantity('7Gi'))",
        "device.capacity['other.example.com'].memory.asInteger() == 1000",
        "!('x' in device.attributes['nobody.example.com'])",
        "device.attributes['nobody.example.com'].?x.orValue('none') == 'none'",
        "device.attributes['gpu.example.com'][?'model'].orValue('') == 'A'",
        "cel.bind(dra, device.attributes['gpu.example.com'], dra.ok && dra.model.lowerAscii() == 'a')",
        "sets.contains(['A', 'C'], [device.attributes['gpu.example.com'].model])",
        "device.attributes['gpu.example.com'].model.matches('^[A-Z]$')",
        "device.attributes['gpu.example.com'].all(name, name != 'x')",
        "device.driver.split('.').join('-') == 'gpu-example-com'",
      })
  void whatIsAcceptedIsEvaluated(String expression) {
    assertThat(DeviceExpressions.check(expression)).isPositive();
    assertThat(DeviceExpressions.compile(expression).matches(DEVICE)).isTrue();
  }

  @Test
  void anAttributeThatIsNotThereIsAnError() {
    assertThatThrownBy(() ->
            DeviceExpressions.compile("device.attributes['gpu.example.com'].size == 1")
                .matches(DEVICE))
        .isInstanceOf(CelFailure.class)
        .hasMessageContaining("no such key: size");
  }

  @Test
  void whatIsNoTruthIsAnError() {
    assertThatThrownBy(() -> DeviceExpressions.compile("device.driver"))
        .hasMessage("must evaluate to bool or the unknown type, not string");
    assertThatThrownBy(() ->
            DeviceExpressions.compile("device.attributes['gpu.example.com'].model").matches(DEVICE))
        .hasMessageContaining("could not be converted to bool");
  }

  @Test
  void anExpressionThatTakesTooLongIsStopped() {
    String more = "[0,1,2,3,4,5,6,7,8,9].all(%s, ";
    StringBuilder text = new StringBuilder();
    for (String v : "abcdefg".split("")) {
      text.append(more.formatted(v));
    }
    text.append("true").append(")".repeat(7));
    assertThatThrownBy(() -> DeviceExpressions.compile(text.toString()).matches(DEVICE))
        .hasMessageContaining("actual cost limit exceeded");
  }
}
