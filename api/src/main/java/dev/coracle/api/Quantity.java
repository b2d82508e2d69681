package dev.coracle.api;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A number with a unit, as in {@code 100m}, {@code 1.5Gi}, {@code 12e6} (Kubernetes' resource
 * quantity grammar). Exact; finer than a nano is rounded up. Equal numbers are equal whatever their
 * notation; {@link #toString()} is the canonical form in the notation it was read in.
 */
public final class Quantity implements Comparable<Quantity> {

  /** The three families of suffixes; an exponent ({@code 12e6}) is the third. */
  public enum Format {
    DECIMAL_SI,
    BINARY_SI,
    DECIMAL_EXPONENT
  }

  public static final Quantity ZERO = new Quantity(BigDecimal.ZERO, Format.DECIMAL_SI);

  /** Upstream's words for what is no quantity. */
  public static final String UNREADABLE =
      "quantities must match the regular expression"
          + " '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

  /** What is read as a number and a suffix, known or not. */
  private static final Pattern FORM =
      Pattern.compile("[+-]?[0-9]*(\\.[0-9]*)?[eEinumkKMGTP]*[+-]?[0-9]*");

  private static final String[] BINARY = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
  private static final String[] DECIMAL = {"n", "u", "m", "", "k", "M", "G", "T", "P", "E"};
  private static final BigDecimal KIBI = BigDecimal.valueOf(1024);

  private final BigDecimal value;
  private final Format format;

  private Quantity(BigDecimal value, Format format) {
    BigDecimal v = value.scale() > 9 ? value.setScale(9, RoundingMode.UP) : value;
    this.value = v.signum() == 0 ? BigDecimal.ZERO : v.stripTrailingZeros();
    this.format = format;
  }

  /**
   * @throws IllegalArgumentException with upstream's words when the text is no quantity
   */
  public static Quantity parse(String text) {
    Quantity quantity = tryParse(text);
    if (quantity == null) {
      boolean suffixed = !text.isEmpty() && FORM.matcher(text).matches();
      throw new IllegalArgumentException(
          suffixed ? "unable to parse quantity's suffix" : UNREADABLE);
    }
    return quantity;
  }

  /** Null where the text is no quantity. No digits at all are a zero, as in {@code Ki}. */
  public static @Nullable Quantity tryParse(String text) {
    int n = text.length();
    int end = n > 0 && (text.charAt(0) == '+' || text.charAt(0) == '-') ? 1 : 0;
    int digits = 0;
    int points = 0;
    for (; end < n; end++) {
      char c = text.charAt(end);
      if (c == '.') {
        points++;
      } else if (c >= '0' && c <= '9') {
        digits++;
      } else {
        break;
      }
    }
    if (n == 0 || points > 1 || n > 64) {
      return null;
    }
    BigDecimal number = digits == 0 ? BigDecimal.ZERO : new BigDecimal(text.substring(0, end));
    String suffix = text.substring(end);
    for (int i = 1; i < BINARY.length; i++) {
      if (BINARY[i].equals(suffix)) {
        return new Quantity(number.multiply(KIBI.pow(i)), Format.BINARY_SI);
      }
    }
    for (int i = 0; i < DECIMAL.length; i++) {
      if (DECIMAL[i].equals(suffix)) {
        return new Quantity(number.scaleByPowerOfTen(3 * (i - 3)), Format.DECIMAL_SI);
      }
    }
    if (suffix.length() > 1 && (suffix.charAt(0) == 'e' || suffix.charAt(0) == 'E')) {
      try {
        int exponent = Integer.parseInt(suffix.substring(1));
        if (Math.abs(exponent) <= 40) {
          return new Quantity(number.scaleByPowerOfTen(exponent), Format.DECIMAL_EXPONENT);
        }
      } catch (NumberFormatException e) {
        return null;
      }
    }
    return null;
  }

  public static Quantity of(long value) {
    return new Quantity(BigDecimal.valueOf(value), Format.DECIMAL_SI);
  }

  public static Quantity ofMillis(long millis) {
    return new Quantity(BigDecimal.valueOf(millis, 3), Format.DECIMAL_SI);
  }

  public static Quantity ofBytes(long bytes) {
    return new Quantity(BigDecimal.valueOf(bytes), Format.BINARY_SI);
  }

  public BigDecimal value() {
    return value;
  }

  /** Rounded up to a whole number, capped at {@link Long#MAX_VALUE}. */
  public long longValue() {
    return clamp(value.setScale(0, RoundingMode.CEILING).toBigInteger());
  }

  /** In thousandths, rounded up: {@code 100m} is 100. */
  public long millis() {
    return clamp(value.scaleByPowerOfTen(3).setScale(0, RoundingMode.CEILING).toBigInteger());
  }

  public Quantity plus(Quantity other) {
    return new Quantity(value.add(other.value), value.signum() == 0 ? other.format : format);
  }

  public Quantity minus(Quantity other) {
    return new Quantity(value.subtract(other.value), value.signum() == 0 ? other.format : format);
  }

  /** So many times as much. */
  public Quantity times(BigDecimal factor) {
    return new Quantity(value.multiply(factor), format);
  }

  public int signum() {
    return value.signum();
  }

  @Override
  public int compareTo(Quantity other) {
    return value.compareTo(other.value);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Quantity q && q.value.compareTo(value) == 0;
  }

  @Override
  public int hashCode() {
    return value.hashCode();
  }

  @Override
  public String toString() {
    if (value.signum() == 0) {
      return "0";
    }
    boolean binary =
        format == Format.BINARY_SI && value.abs().compareTo(KIBI) >= 0 && value.scale() <= 0;
    if (binary) {
      BigInteger v = value.toBigInteger();
      int power = 0;
      BigInteger kibi = BigInteger.valueOf(1024);
      while (power < BINARY.length - 1 && v.mod(kibi).signum() == 0) {
        v = v.divide(kibi);
        power++;
      }
      return v + BINARY[power];
    }
    // A quantity has at most nine decimals, so in nanos it is whole; climb while it stays whole.
    int power = -9;
    while (power < 18 && value.scaleByPowerOfTen(-(power + 3)).stripTrailingZeros().scale() <= 0) {
      power += 3;
    }
    String number = value.scaleByPowerOfTen(-power).toBigInteger().toString();
    return format == Format.DECIMAL_EXPONENT
        ? (power == 0 ? number : number + "e" + power)
        : number + DECIMAL[power / 3 + 3];
  }

  private static long clamp(BigInteger v) {
    return v.bitLength() < 64 ? v.longValue() : v.signum() > 0 ? Long.MAX_VALUE : Long.MIN_VALUE;
  }
}
