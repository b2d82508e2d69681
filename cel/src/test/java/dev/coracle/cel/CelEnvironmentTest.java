package dev.coracle.cel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cel.common.types.CelType;
import dev.cel.common.types.SimpleType;
import dev.coracle.api.Json;
import java.util.AbstractMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Expressions over JSON trees, with Kubernetes' functions. */
class CelEnvironmentTest {

  private static final CelEnvironment UNTYPED =
      new CelEnvironment(Map.of("object", SimpleType.DYN), Map.of());
  private static final Map<String, Object> OBJECT =
      Map.of(
          "object",
          CelValues.of(
              Json.parse(
                  "{\"spec\":{\"replicas\":3,\"ratio\":0.5,\"gone\":null,\"names\":[\"a\",\"b\"]},"
                      + "\"metadata\":{\"labels\":{\"a.b/c\":\"x\"}}}")));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "object.spec.replicas == 3 && object.spec.replicas < 3.5",
        "object.spec.names.all(n, n.size() == 1)",
        "object.spec.gone == null",
        "string(1.0) == '1' && string(0.5) == '0.5' && string(1e21) == '1e+21'",
        "string(1000000.0) == '1e+06' && string(-0.00001) == '-1e-05'",
        "string(double('inf')) == '+Inf' && string(double('nan')) == 'NaN'",
        "double('-Infinity') < 0.0 && double('1_0.5') == 10.5 && double('0x1p4') == 16.0",
        "double('1.') == 1.0 && double('.5') == 0.5 && double('+1E2') == 100.0",
        "double('1e-400') == 0.0",
        "!has(object.spec.missing) && object.?spec.missing.orValue(7) == 7",
        "has(object.spec.gone) && object.spec.?gone.hasValue() && 'gone' in object.spec",
        "object.metadata.labels['a.b/c'] == 'x'",
        "[1, 2, 3].isSorted() && [1, 2, 3].sum() == 6 && [4, 2].min() == 2 && [4, 2].max() == 4",
        "['a', 'b', 'a'].indexOf('a') == 0 && ['a', 'b', 'a'].lastIndexOf('a') == 2",
        "'abc 123'.find('[0-9]+') == '123' && '1 2 3'.findAll('[0-9]', 2) == ['1', '2']",
        "'abc'.matches('b+') && !'abc'.matches('^b') && matches('abc', 'c$')",
        "quantity('1Gi').isGreaterThan(quantity('1G')) && quantity('1k') == quantity('1000')",
        "isQuantity('10m') && !isQuantity('x') && quantity('2').add(3).asInteger() == 5",
        "url('https://a.b:80/c?d=e').getHost() == 'a.b:80' && isURL('/x') && !isURL('x')",
        "url('https://[::1]:80/c?d=e').getHostname() == '::1'",
        "url('/a b#c').getEscapedPath() == '/a%20b%23c' && url('HTTP://a').getScheme() == 'http'",
        "url('http://a:').getPort() == '' && isURL('a:b c') && !isURL('http://a:1:2')",
        "format.uri().validate('a b:c').value() == ['parse \"a b:c\": invalid URI for request']",
        "format.uri().validate('http://a:b').value() =="
            + " ['parse \"http://a:b\": invalid port \":b\" after host']",
        "!format.uri().validate('/a b').hasValue() && !format.uri().validate('x:{}').hasValue()",
        "ip('127.0.0.1').isLoopback() && isIP('::1') && !isIP('1.2.3') && ip('::1').family() == 6",
        "cidr('10.0.0.0/8').containsIP('10.1.2.3') &&"
            + " !cidr('10.0.0.0/8').containsIP(ip('11.0.0.1'))",
        "cidr('10.0.0.0/8').containsCIDR('10.2.0.0/16') && cidr('10.1.2.3/8').masked() =="
            + " cidr('10.0.0.0/8') && string(ip('2001:db8:0:0::1')) == '2001:db8::1'",
        "ip.isCanonical('::1') && !ip.isCanonical('0:0::1')",
        "sets.contains([1, 2], [1]) && 'a,b'.split(',') == ['a', 'b'] && 'x'.lowerAscii() == 'x'",
        "duration('1h') > duration('1m') && timestamp('2024-01-01T00:00:00Z').getFullYear() =="
            + " 2024",
        "'%s has %d'.format(['x', 3]) == 'x has 3'",
        "semver('1.2.3').major() == 1 && semver('1.2.3').minor() == 2 && semver('1.2.3').patch() =="
            + " 3",
        "semver('1.2.3').isLessThan(semver('1.10.0')) && semver('2.0.0').isGreaterThan("
            + "semver('2.0.0-rc.1')) && semver('1.0.0+a').compareTo(semver('1.0.0+b')) == 0",
        "semver('1.0.0-alpha.2').compareTo(semver('1.0.0-alpha.10')) == -1 &&"
            + " semver('1.0.0-1').compareTo(semver('1.0.0-a')) == -1",
        "isSemver('1.0.0') && !isSemver('v1.0') && !isSemver('01.0.0') && isSemver('v1.0', true)",
        "semver('v01.1', true) == semver('1.1.0') && !isSemver('200K', true)",
        "'%s %d'.format(['a', 1]) == 'a 1' && [1, 2].reverse() == [2, 1] && lists.range(2) == [0, 1]",
        "[2, 1].sort() == [1, 2] && [1, 1].distinct() == [1] && [[1], [2]].flatten() == [1, 2] &&"
            + " [1, 2, 3].slice(0, 2) == [1, 2] && ['b', 'a'].sortBy(x, x) == ['a', 'b']",
        "!format.dns1123Label().validate('my-name').hasValue()",
        "format.dns1123Label().validate('My_Name').value()[0].startsWith('a lowercase RFC 1123')",
        "format.named('dns1035Label').value().validate('1a').hasValue()",
        "!format.named('nothing').hasValue() && !format.uuid().validate("
            + "'123e4567-e89b-12d3-a456-426614174000').hasValue()",
        "!format.dns1123LabelPrefix().validate('a-').hasValue() &&"
            + " format.date().validate('2021-13-01').value() == ['invalid date']",
        "format.byte().validate('%').hasValue() && !format.datetime().validate("
            + "'2021-01-01T00:00:00Z').hasValue() && !format.uri().validate('http://a.b').hasValue()",
      })
  void holds(String expression) {
    assertThat(UNTYPED.compileBool(expression).test(OBJECT, new Budget())).isTrue();
  }

  /** Written out, this would have no room in any memory. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "'a'.matches(R + '') || true == false",
        "matches('a', R) || true == false",
        "'a'.find(R) == 'a'",
        "'a'.findAll(R) == ['a']",
        "'a'.findAll(R, 1) == ['a']",
      })
  void expressionsThatRepeatWithoutMeasureAreRefused(String expression) {
    String nested = "'((a{1000}){1000}){1000}'";
    assertThatThrownBy(
            () -> UNTYPED.compileBool(expression.replace("R", nested)).test(OBJECT, new Budget()))
        .hasMessageContaining("invalid repeat count");
  }

  @Test
  void errorsAreInKubernetesWords() {
    assertThatThrownBy(() -> UNTYPED.compileBool("object.spec.replicas +"))
        .isInstanceOf(CelFailure.class)
        .hasMessageStartingWith(
            "compilation failed: ERROR: <input>:1:23: Syntax error: mismatched input '<EOF>'");
    assertThatThrownBy(() -> UNTYPED.compileBool("'a' + 1 == 1"))
        .hasMessageStartingWith(
            "compilation failed: ERROR: <input>:1:5: found no matching overload for '_+_' applied to"
                + " '(string, int)'\n");
    assertThatThrownBy(() -> UNTYPED.compileBool("nobody.x"))
        .hasMessageContaining("undeclared reference to 'nobody'");
    assertThatThrownBy(() -> UNTYPED.compileBool("1 + 1"))
        .hasMessage("must evaluate to bool but got int");
    // What it is shows only when it runs.
    assertThatThrownBy(() -> UNTYPED.compileBool("object.spec.paused"))
        .hasMessage("must evaluate to bool but got dyn");
    assertThatThrownBy(() -> UNTYPED.compileAs("[1]", SimpleType.STRING, SimpleType.NULL_TYPE))
        .hasMessage("must evaluate to one of [string null_type] but got list(int)");

    assertThatThrownBy(
            () -> UNTYPED.compileBool("object.spec.missing == 1").test(OBJECT, new Budget()))
        .hasMessage("no such key: missing");
    for (String ofNull : new String[] {"object.spec.gone.x == 1", "has(object.spec.gone.x.y)"}) {
      assertThatThrownBy(() -> UNTYPED.compileBool(ofNull).test(OBJECT, new Budget()))
          .as(ofNull)
          .hasMessage("no such key: x");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'a'.matches('[')|1:13: invalid matches argument",
        "duration('x') > duration('1s')|1:10: invalid duration argument",
        "timestamp('2020') == timestamp('2020-01-01T00:00:00Z')|1:11: invalid timestamp argument",
        "timestamp(99999999999999) == timestamp('2020-01-01T00:00:00Z')|1:11: invalid timestamp"
            + " argument",
        "[1, 'a'].size() == 2|1:5: expected type 'int' but found 'string'",
        "{'a': 1, 'b': 'c'}.size() == 2|1:15: expected type 'int' but found 'string'",
        "'%d %s'.format([1]) == ''|1:15: index 1 out of range",
        "'%d'.format(['a']) == ''|1:14: error during formatting: decimal clause can only be used on"
            + " integers, was given string",
        "'%s'.format([1, 2]) == ''|1:12: too many arguments supplied to string.format (expected 1,"
            + " got 2)",
        "'a'.reverse() == 'a'|1:12: found no matching overload for 'reverse' applied to"
            + " 'string.()'",
        "jsonpatch.escapeKey('a') == 'a'|1:1: undeclared reference to 'jsonpatch'",
      })
  void whatIsWrongWhateverTheVariablesAre(String expression, String words) {
    assertThatThrownBy(() -> UNTYPED.compileBool(expression))
        .hasMessageStartingWith("compilation failed: ERROR: <input>:" + words);
  }

  /** As upstream's server refuses them; some would never be reached. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "matches(object.s, '(a')|error parsing regexp: missing closing ): `(a`",
        "object.s.find('[') == ''|error parsing regexp: missing closing ]: `[`",
        "object.s.findAll('(') == []|error parsing regexp: missing closing ): `(`",
        "int('x') == object.n|type conversion error from 'string' to 'int'",
        "double('x') == 1.0|type conversion error from 'string' to 'double'",
        "uint('-1') == uint(object.n)|type conversion error from 'string' to 'uint'",
        "uint(-1) == uint(object.n)|unsigned integer overflow",
        "bool('x')|type conversion error from 'string' to 'bool'",
        "true ? true : bool('x')|type conversion error from 'string' to 'bool'",
      })
  void whatHasNoValueWhateverTheVariablesAre(String expression, String words) {
    assertThatThrownBy(() -> UNTYPED.compileBool(expression))
        .hasMessage("program instantiation failed: " + words);
  }

  @Test
  void typedFieldsAreChecked() {
    CelTypes types = new CelTypes();
    CelType self = types.struct("Self", Map.of("size", SimpleType.INT, "name", SimpleType.STRING));
    CelEnvironment typed = new CelEnvironment(Map.of("self", self), types.structs());
    Expression e = typed.compileBool("self.size > 2 && has(self.name)");
    assertThat(e.uses("self")).isTrue();
    assertThat(e.uses("oldSelf")).isFalse();
    assertThat(e.test(Map.of("self", Map.of("size", 3L, "name", "x")), new Budget())).isTrue();
    assertThat(e.test(Map.of("self", Map.of("size", 3L)), new Budget())).isFalse();
    assertThatThrownBy(() -> typed.compileBool("self.sice > 2"))
        .hasMessageContaining("undefined field 'sice'");
    assertThatThrownBy(() -> typed.compileBool("self.size == 'x'"))
        .hasMessageContaining("found no matching overload for '_==_'");
  }

  @Test
  void endlessWorkIsStopped() {
    String many = "[1,2,3,4,5,6,7,8,9,10]";
    String deep = "1 == 1";
    for (int i = 0; i < 7; i++) {
      deep = many + ".all(x" + i + ", " + deep + ")";
    }
    Expression e = UNTYPED.compileBool(deep);
    assertThatThrownBy(() -> e.test(OBJECT, new Budget()))
        .isInstanceOfSatisfying(CelFailure.class, f -> assertThat(f.overBudget()).isTrue());
  }

  @Test
  void variablesAreComputedWhenTheyAreAskedFor() {
    Map<String, Object> made = new HashMap<>();
    Map<String, Object> lazy =
        new AbstractMap<>() {
          @Override
          public boolean containsKey(Object key) {
            return key.equals("foo") || key.equals("bar");
          }

          @Override
          public Object get(Object key) {
            return made.computeIfAbsent((String) key, k -> k + "!");
          }

          @Override
          public Set<Entry<String, Object>> entrySet() {
            throw new AssertionError("all of them are asked for");
          }
        };
    CelTypes types = new CelTypes();
    CelType variables =
        types.struct("Variables", Map.of("foo", SimpleType.STRING, "bar", SimpleType.STRING));
    CelEnvironment env = new CelEnvironment(Map.of("variables", variables), types.structs());
    assertThat(
            env.compileBool("variables.foo == 'foo!'")
                .test(Map.of("variables", lazy), new Budget()))
        .isTrue();
    assertThat(made).containsOnlyKeys("foo");
  }
}
