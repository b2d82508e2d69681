package dev.coracle.cel;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cel.common.types.CelType;
import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Yaml;
import dev.coracle.api.schema.SchemaType;
import dev.coracle.api.schema.StructuralSchema;
import dev.coracle.cel.cost.Sizes;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The estimates are Kubernetes' own, to the unit: they decide what is accepted. */
class CostEstimateTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '`',
      value = {
        "{type: array, items: {type: number}}; self.all(x, true); 4718591",
        "{type: array, maxItems: 10, items: {type: number}}; self.all(x, true); 32",
        "{type: array, items: {type: string}}; self.all(x, true); 3145727",
        "{type: array, items: {type: boolean}}; self.all(x, true); 1887437",
        "{type: array, items: {type: array, items: {type: number}}}; self.all(x, true); 3145727",
        "{type: object, additionalProperties: {type: number}}; self.all(x, true); 1348169",
        "{type: object, maxProperties: 3, additionalProperties: {type: string}};"
            + " self.all(x, true); 11",
        "{type: object, additionalProperties: {type: boolean}}; self.all(x, true); 943718",
        "{type: string}; self.contains('test'); 314574",
        "{type: string, maxLength: 10}; self.contains('test'); 5",
        "{type: string}; self.startsWith('test'); 2",
        "{type: string}; size(self + \"hello\") > size(\"hello\"); 314578",
        "{type: string, maxLength: 4}; size(self + \"hello\") > size(\"hello\"); 7",
        "{type: array, items: {type: string}}; self[1] == self[1]; 314577",
        "{type: array, maxItems: 10, items: {type: number}}; self.all(x, self.all(y, true)); 352",
        "{type: array, maxItems: 10, items: {type: number}};"
            + " self.all(x, self.all(y, self.all(z, true))); 3552",
        "{type: string}; self.matches(\"x\"); 314574",
        "{type: string, maxLength: 50}; self.matches(\"x\"); 22",
        "{type: string}; \"\".matches(\"(((((((((())))))))))[0-9]\"); 7",
        "{type: string}; self.matches(\"\"); 1",
        "{type: string}; self == \"x\"; 2",
        "{type: string, maxLength: 0}; self == \"x\"; 1",
        "{type: array, items: {x-kubernetes-int-or-string: true}}; self.all(x, true); 4718591",
        "{type: array, items: {type: string, format: duration}}; self.all(x, true); 2359295",
        "{type: array, items: {type: string, format: duration}}; self[0].getHours() == 2; 4",
        "{type: array, items: {type: string, format: date}}; self.all(x, true); 725936",
        "{type: array, items: {type: string, format: date-time}}; self.all(x, true); 428963",
        "{type: string}; self.find('[0-9]+') == ''; 629147",
        "{type: string, maxLength: 10}; self.find('[0-9]+') == ''; 11",
        "{type: array, items: {type: string}}; self.join(' ') == 'aa bb'; 329853068905",
        "{type: array, maxItems: 10, items: {type: string, maxLength: 10}};"
            + " self.join(' ') == 'aa bb'; 43",
        "{type: array, items: {type: string}}; self.isSorted() == true; 329854432052",
        "{type: array, maxItems: 10, items: {type: string, maxLength: 10}};"
            + " self.isSorted() == true; 52",
        "{type: string}; self.lowerAscii() == 'lower!'; 314575",
        "{type: object, properties: {str: {type: string, maxLength: 4}, before: {type: string,"
            + " maxLength: 2}, after: {type: string, maxLength: 4}}};"
            + " self.str.replace(self.before, self.after) == 'does not matter'; 12",
        "{type: object, properties: {str: {type: string}, separator: {type: string}}};"
            + " self.str.split(self.separator) == []; 629160",
        "{type: object, additionalProperties: {type: integer}}; oldSelf.size() == self.size(); 5",
        "{type: object, additionalProperties: {type: string, format: date-time}};"
            + " self[\"a\"] == self[\"b\"]; 8",
      })
  void estimates(String schema, String rule, long cost) {
    ObjectNode tree = tree(schema);
    SchemaType root =
        StructuralSchema.compile(
            tree("{type: object, properties: {x: " + schema + "}}"),
            new GroupVersionKind("example.com", "v1", "X"));
    CelTypes types = new CelTypes();
    CelType self = types.of(Objects.requireNonNull(root.child("x")), "X", false);
    Expression compiled =
        new CelEnvironment(Map.of("self", self, "oldSelf", self), types.structs())
            .compileBool(rule);
    assertThat(compiled.mostCost(Sizes.of(tree, false))).isEqualTo(cost);
  }

  private static ObjectNode tree(String yaml) {
    return (ObjectNode) Yaml.parse(yaml.getBytes(StandardCharsets.UTF_8), 1 << 20);
  }
}
