package dev.coracle.api.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Quantity;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelSelector;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Selectors, quantities and times: refused by their own exceptions, or what is read is stable. */
class TextsFuzz {

  private static final KubeObject OBJECT =
      KubeObject.parse("{\"metadata\":{\"name\":\"a\",\"labels\":{\"app\":\"x\",\"n\":\"7\"}}}");

  @FuzzTest(maxDuration = "60s")
  void texts(byte[] input) {
    labelSelector(input);
    fieldSelector(input);
    quantity(input);
    time(input);
  }

  private static String text(byte[] input) {
    return new String(input, StandardCharsets.UTF_8);
  }

  @Test
  void labelSelectors() throws InterruptedException {
    new Fuzzer()
        .seeds(
            "app=x,tier!=db", "app in (a, b),x notin (c)", "!gone,there", "n>3,n<9", "a.b/c==d", "")
        .words("in", "notin", "(", ")", ",", "!=", "==", "!", "<", ">", " ", "a/b")
        .run(TextsFuzz::labelSelector);
  }

  private static void labelSelector(byte[] input) {
    try {
      var selector = LabelSelector.parse(text(input));
      boolean matches = selector.matches(Map.of("app", "x", "n", "7"));
      var again = LabelSelector.parse(selector.toString());
      if (again.matches(Map.of("app", "x", "n", "7")) != matches) {
        throw new AssertionError(selector + " means something else when it is read again");
      }
    } catch (StatusException e) {
      badRequest(e);
    }
  }

  @Test
  void fieldSelectors() throws InterruptedException {
    new Fuzzer()
        .seeds("metadata.name=a,status.phase!=Running", "a==b", "spec.x=a\\,b\\=c\\\\", "")
        .words("\\", ",", "=", "!=", "==", "metadata.name", ".", " ")
        .run(TextsFuzz::fieldSelector);
  }

  /** What stood around a field was cut off, and the rest read as another operator. */
  @Test
  void aFieldIsAllBeforeItsOperator() {
    fieldSelector("\0O!!\u0001=".getBytes(StandardCharsets.UTF_8));
    FieldSelector selector = FieldSelector.parse("a!\u0001=b");
    assertThat(FieldSelector.parse(selector.toString())).isEqualTo(selector);
  }

  private static void fieldSelector(byte[] input) {
    try {
      FieldSelector selector = FieldSelector.parse(text(input));
      boolean matches = selector.matches(OBJECT);
      FieldSelector again = FieldSelector.parse(selector.toString());
      if (again.matches(OBJECT) != matches) {
        throw new AssertionError(selector + " means something else when it is read again");
      }
    } catch (StatusException e) {
      badRequest(e);
    }
  }

  @Test
  void quantities() throws InterruptedException {
    new Fuzzer()
        .seeds("100m", "1.5Gi", "12e6", "-3n", "0.000000001", "1E", "5E-3", "+7Ki", ".5", "8.")
        .words("e", "E", "Ki", "Ei", "n", "u", "-", "+", ".", "000000000000000000000")
        .run(TextsFuzz::quantity);
  }

  private static void quantity(byte[] input) {
    Quantity quantity = Quantity.tryParse(text(input));
    if (quantity == null) {
      return;
    }
    quantity.millis();
    quantity.longValue();
    Quantity again = Quantity.parse(quantity.toString());
    if (!again.equals(quantity) || !again.toString().equals(quantity.toString())) {
      throw new AssertionError(quantity + " is read again as " + again);
    }
  }

  @Test
  void times() throws InterruptedException {
    new Fuzzer()
        .seeds("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123456Z", "2026-01-02T03:04:05+02:00")
        .words("T", "Z", "+24:00", "-", ":", "99999", "24:00:00")
        .run(TextsFuzz::time);
  }

  private static void time(byte[] input) {
    var instant = Timestamps.parse(text(input));
    if (instant != null) {
      Timestamps.time(instant);
      Timestamps.microTime(instant);
    }
  }

  private static void badRequest(StatusException e) {
    if (e.status().code() != 400) {
      throw new AssertionError(e);
    }
  }
}
