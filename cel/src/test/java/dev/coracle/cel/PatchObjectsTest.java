package dev.coracle.cel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code Object{…}} and {@code JSONPatch{…}}: their types, and what they make. */
class PatchObjectsTest {

  private static final CelEnvironment ENVIRONMENT = CelEnvironment.withPatches(Map.of(), Map.of());

  private static JsonNode made(Expression expression) {
    JsonNode made = CelValues.toJson(expression.eval(Map.of(), new Budget()));
    PatchObjects.settle(made);
    return made;
  }

  @Test
  void objectsOfAnyFields() {
    assertThat(
            made(ENVIRONMENT.compileObject(
                    "Object{spec: Object.spec{n: 1, s: 'x', l: [Object.spec.l{a: true}]}}"))
                .toString())
        .isEqualTo("{\"spec\":{\"n\":1,\"s\":\"x\",\"l\":[{\"a\":true}]}}");
  }

  @Test
  void typesFollowThePathOfFields() {
    Expression wrong = ENVIRONMENT.compileObject("Object{spec: Object.other{n: 1}}");
    assertThatThrownBy(() -> made(wrong))
        .hasMessageContaining(
            "type mismatch: unexpected type name \"Object.other\", expected \"Object.spec\", which"
                + " matches field name path from root Object type");
  }

  @Test
  void patchesAreLists() {
    assertThat(
            made(ENVIRONMENT.compilePatch(
                    "[JSONPatch{op: 'add', path: '/a', value: Object.a{b: 1}}]"
                        + " + (true ? [JSONPatch{op: 'remove', path: '/b'}] : [])"))
                .toString())
        .contains("\"op\":\"add\"", "\"op\":\"remove\"");
    assertThatThrownBy(() -> ENVIRONMENT.compilePatch("[{'op': 'add'}]"))
        .hasMessageContaining("must evaluate to list(JSONPatch) but got list(map(string, string))");
    assertThatThrownBy(() -> ENVIRONMENT.compilePatch("[JSONPatch{op: 1}]"))
        .hasMessageContaining("expected type of field 'op' is 'string' but provided type is 'int'");
  }

  @Test
  void otherLiteralsAreOfOneType() {
    assertThatThrownBy(() -> ENVIRONMENT.compileObject("Object{spec: {'a': 1, 'b': 'x'}}"))
        .hasMessageContaining("expected type 'int' but found 'string'");
  }
}
