package dev.coracle.cel;

import dev.cel.runtime.CelFunctionBinding;
import dev.cel.runtime.standard.CelStandardOverload;
import dev.cel.runtime.standard.DoubleFunction.DoubleOverload;
import dev.cel.runtime.standard.StringFunction.StringOverload;
import dev.coracle.api.GoText;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Doubles from and to texts, as cel-go has them: {@code string(1.0)} is {@code 1}, {@code
 * string(1e21)} is {@code 1e+21}, and {@code double(…)} takes what Go's {@code ParseFloat} takes.
 */
final class NumberTexts {

  /** Of the engine's own functions those that are made here. */
  static final Set<CelStandardOverload> REPLACED =
      Set.of(DoubleOverload.STRING_TO_DOUBLE, StringOverload.DOUBLE_TO_STRING);

  private static final String DIGITS = "\\d++(?:_\\d++)*+";
  private static final String HEX = "[0-9a-f]++(?:_[0-9a-f]++)*+";

  private static final Pattern DECIMAL =
      Pattern.compile(
          "[+-]?(?:" + DIGITS + "\\.?(?:" + DIGITS + ")?|\\." + DIGITS + ")(?:e[+-]?\\d++)?");

  private static final Pattern HEXADECIMAL =
      Pattern.compile("[+-]?0x_?(?:" + HEX + "\\.?(?:" + HEX + ")?|\\." + HEX + ")p[+-]?\\d++");

  private static final Pattern INFINITE = Pattern.compile("[+-]?inf(?:inity)?");

  private NumberTexts() {}

  static List<CelFunctionBinding> bindings() {
    return List.of(
        CelFunctionBinding.from("double_to_string", Double.class, NumberTexts::text),
        CelFunctionBinding.from("string_to_double", String.class, NumberTexts::number));
  }

  private static String text(double value) {
    if (Double.isNaN(value)) {
      return "NaN";
    }
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    return value == 0 && 1 / value < 0 ? "-0" : GoText.of(value);
  }

  private static double number(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    if (lower.equals("nan")) {
      return Double.NaN;
    }
    if (INFINITE.matcher(lower).matches()) {
      return lower.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }
    if (DECIMAL.matcher(lower).matches() || HEXADECIMAL.matcher(lower).matches()) {
      double value = Double.parseDouble(lower.replace("_", ""));
      if (!Double.isInfinite(value)) {
        return value;
      }
    }
    throw new CelFailure("type conversion error from 'string' to 'double'", false);
  }
}
