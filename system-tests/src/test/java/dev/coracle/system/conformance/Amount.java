package dev.coracle.system.conformance;

import dev.coracle.api.Quantity;
import java.math.RoundingMode;

/** Amounts as the downward API shows them: rounded up to whole units. */
final class Amount {

  private Amount() {}

  static long whole(String quantity) {
    return Quantity.parse(quantity).value().setScale(0, RoundingMode.CEILING).longValueExact();
  }
}
