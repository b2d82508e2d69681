package dev.coracle.cel;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.cel.common.types.SimpleType;
import dev.coracle.api.Json;
import dev.coracle.api.fuzz.Fuzzer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Expressions that somebody puts into a policy: they have a value or fail as CEL does. */
class CelFuzz {

  private static final CelEnvironment UNTYPED =
      new CelEnvironment(Map.of("object", SimpleType.DYN), Map.of());
  private static final Map<String, Object> OBJECT =
      Map.of(
          "object",
          CelValues.of(
              Json.parse("{\"spec\":{\"replicas\":3,\"names\":[\"a\",\"b\"],\"m\":{\"k\":1.5}}}")));

  @FuzzTest(maxDuration = "120s")
  void expressions(byte[] input) {
    evaluate(input);
  }

  @Test
  void policies() throws InterruptedException {
    new Fuzzer()
        .seeds(
            "object.spec.replicas > 2 && object.spec.names.all(n, n.size() == 1)",
            "has(object.spec.x) ? object.?spec.x.orValue(1) : [1, 2].map(i, i * 2)",
            "quantity('1Gi').isGreaterThan(quantity('1G')) || ip('::1').family() == 6",
            "cidr('10.0.0.0/8').containsIP('10.1.2.3') && url('https://a/b?c=d').getHost() == 'a'",
            "'%s %d %.3f'.format(['x', 3, 1.5]) + 'a,b'.split(',')[0].replace('a', 'b')",
            "timestamp('2026-01-02T03:04:05Z') + duration('1h') < timestamp('2030-01-01T00:00:00Z')",
            "'aaaa'.matches('(a+)+$') && 'x1'.find('[0-9]+') == '1' && b'\\xff'.size() == 1",
            "sets.contains([1], [1]) && [3, 1].sum() == 4 && 9223372036854775807 + 1 > 0")
        .words(
            "(", ")", "[", "]", "{", "}", "?", ":", ".", "&&", "||", "!", "-", "+", "*", "/", "%")
        .words(".map(x, x)", ".all(i, ", ".exists(", "object", "'", "\"", "r'", "b'", "1u", "0x")
        .words("[[", "((", "!!", "- -", "{'a':", "object.spec", ".matches('", "(((((((((", "dyn(")
        .percent(30)
        .run(CelFuzz::evaluate);
  }

  @Test
  void deepExpressionsAreRefusedBeforeTheStackEnds() throws InterruptedException {
    new Fuzzer()
        .seeds("(".repeat(20_000), "[".repeat(61) + "]".repeat(61), "1?".repeat(5000))
        .seeds("object" + ".x".repeat(20_000), "!(".repeat(3000) + "true")
        .percent(0)
        .run(input ->
            assertThatThrownBy(() -> UNTYPED.compileBool(new String(input, StandardCharsets.UTF_8)))
                .isInstanceOf(CelFailure.class));
  }

  private static void evaluate(byte[] input) {
    try {
      UNTYPED
          .compile(new String(input, StandardCharsets.UTF_8), Set.of(), "")
          .eval(OBJECT, new Budget());
    } catch (CelFailure e) {
      e.words();
    }
  }
}
