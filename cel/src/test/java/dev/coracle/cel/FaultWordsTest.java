package dev.coracle.cel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What evaluation says when it fails, and when it costs too much. */
class FaultWordsTest {

  private static final CelEnvironment ENVIRONMENT =
      new CelEnvironment(
          Map.of(
              "s", SimpleType.STRING,
              "e", SimpleType.STRING,
              "n", SimpleType.INT,
              "l", ListType.create(SimpleType.STRING),
              "d", SimpleType.DYN),
          Map.of());
  private static final Map<String, Object> VALUES =
      Map.of("s", "x", "e", "", "n", 1L, "l", List.of("p", "q"), "d", "text");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "int(s) > 1|type conversion error from 'string' to 'int'",
        "double(s) > 1.0|type conversion error from 'string' to 'double'",
        "double(e + '1e999') > 1.0|type conversion error from 'string' to 'double'",
        "double(e + ' 1') > 1.0|type conversion error from 'string' to 'double'",
        "double(e + '1d') > 0.0|type conversion error from 'string' to 'double'",
        "double(e + '1__0') > 0.0|type conversion error from 'string' to 'double'",
        "bool(s)|type conversion error from 'string' to 'bool'",
        "duration(s) > duration('1s')|type conversion error from 'string' to"
            + " 'google.protobuf.Duration'",
        "l.map(x, int(x)).size() == 1|type conversion error from 'string' to 'int'",
        "uint(-n) > 1u|unsigned integer overflow",
        "n + 9223372036854775807 > 1|integer overflow",
        "n / (n - n) == 1|division by zero",
        "n % (n - n) == 1|modulus by zero",
        "l[5] == 'a'|index out of bounds: 5",
        "{'a': 1}[s] == 1|no such key: x",
        "d + 1 == 2|no such overload",
        "d.foo == 1|no such key: foo",
        "dyn(l).foo == 1|unsupported index type 'string' in list",
        "has(dyn(l).foo)|unsupported index type 'string' in list",
        "dyn(l).?foo.hasValue()|unsupported index type 'string' in list",
        "has(d.foo.bar)|no such key: foo",
        "s.charAt(50) == 'a'|index out of range: 50",
        "s.substring(5) == 'a'|index out of range: 5",
        "s.substring(2, 1) == 'a'|invalid substring range. start: 2, end: 1",
        "s.find(s + '[') == ''|Illegal regex: error parsing regexp: missing closing ]: `[`",
        "optional.none().value() == 1|optional.none() dereference",
        "l.slice(0, 9).size() == 1|cannot slice(0, 9), list is length 2",
        "lists.range(-n).size() == 1|lists.range: size must be non-negative, got -1",
        "'%d'.format([d]) == ''|error during formatting: decimal clause can only be used on"
            + " integers, was given string",
      })
  void faultsAreInUpstreamsWords(String expression, String words) {
    Expression compiled = ENVIRONMENT.compileBool(expression);
    assertThatThrownBy(() -> compiled.test(VALUES, new Budget())).hasMessage(words);
  }

  /** A search that began behind the end was an error here, and %x of a text too. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "s.indexOf('x', 50) == -1 && s.lastIndexOf('x', 50) == -1 && s.lastIndexOf('x') == 0",
        "'%x'.format([s]) == '78' && sign(quantity('-1')) == -1",
        "!has(d.foo) && !has(dyn(null).foo) && !has(dyn(1).foo) && has(dyn({'foo': null}).foo)",
        "!d.?foo.hasValue() && dyn(null).?foo.?bar.orValue(1) == 1 && !d[?'foo'].hasValue()",
        "dyn({'a': {'b': 2}}).?a.?b.value() == 2 && dyn({'a': 3})[?'a'].value() == 3",
        "l.exists(x, !has(dyn(x).foo)) && !dyn({'a': null}).?a.?b.hasValue()",
      })
  void isNoFault(String expression) {
    assertThat(ENVIRONMENT.compileBool(expression).test(VALUES, new Budget())).isTrue();
  }

  /** Every node counted as one: this loop was too dear, and long patterns cost next to nothing. */
  @Test
  void costsAreThoseOfUpstream() {
    Expression loop = ENVIRONMENT.compileBool("lists.range(n).all(x, x >= 0)");
    assertThat(loop.test(Map.of("n", 150_000L), new Budget())).isTrue();
    assertThatThrownBy(() -> loop.test(Map.of("n", 300_000L), new Budget()))
        .hasMessage("operation cancelled: actual cost limit exceeded");
    Expression search = ENVIRONMENT.compileBool("lists.range(n).all(x, s.matches('^(a|b)+$'))");
    String text = "a".repeat(10_000);
    assertThat(search.test(Map.of("n", 10L, "s", text), new Budget())).isTrue();
    assertThatThrownBy(() -> search.test(Map.of("n", 600L, "s", text), new Budget()))
        .isInstanceOfSatisfying(CelFailure.class, f -> assertThat(f.overBudget()).isTrue());
  }
}
