package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GoTextTest {

  @ParameterizedTest
  @CsvSource({
    "2.5, 2.5, 2.5",
    "1e6, 1e+06, 1000000",
    "123456.5, 123456.5, 123456.5",
    "1234567.5, 1.2345675e+06, 1234567.5",
    "1e21, 1e+21, 1e+21",
    "1.5e-7, 1.5e-07, 1.5e-7",
    "0.00001, 1e-05, 0.00001",
    "-0.25, -0.25, -0.25"
  })
  void writesNumbers(double value, String text, String json) {
    assertThat(GoText.of(value)).isEqualTo(text);
    assertThat(GoText.json(Json.NODES.numberNode(value))).isEqualTo(json);
  }

  @Test
  void ordersFieldsAndEscapesWhatHtmlReads() {
    assertThat(GoText.json(Json.parse("{\"z\":[],\"a\":\"x<y>&\",\"m\":{},\"l\":[1,null,true]}")))
        .isEqualTo("{\"a\":\"x\\u003cy\\u003e\\u0026\",\"l\":[1,null,true],\"m\":{},\"z\":[]}");
  }
}
