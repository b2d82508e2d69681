package dev.coracle.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Names are equal when all their parts are, and only then. */
class NamesTest {

  static List<Function<String[], Object>> names() {
    return List.of(
        p -> new NamespacedName(p[0], p[1]),
        p -> new GroupResource(p[0], p[1]),
        p -> new GroupVersionKind(p[0], p[1], p[2]),
        p -> new GroupVersionResource(p[0], p[1], p[2]));
  }

  @ParameterizedTest
  @MethodSource("names")
  void everyPartCounts(Function<String[], Object> make) {
    Object name = make.apply(new String[] {"a", "b", "c"});
    Object same = make.apply(new String[] {copy("a"), copy("b"), copy("c")});
    assertThat(name).isEqualTo(same).hasSameHashCodeAs(same).isNotEqualTo("a").isNotEqualTo(null);
    int parts = name.getClass().getRecordComponents().length;
    for (int i = 0; i < parts; i++) {
      String[] other = {"a", "b", "c"};
      other[i] = "x";
      assertThat(make.apply(other)).as("part " + i).isNotEqualTo(name);
    }
    assertThat(make.apply(new String[] {"b", "a", "c"})).isNotEqualTo(name);
  }

  private static String copy(String text) {
    return new StringBuilder(text).toString();
  }
}
