package dev.coracle.cel;

import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.TypeParamType;
import java.time.Duration;
import java.util.List;
import java.util.stream.LongStream;

/**
 * {@code isSorted}, {@code sum}, {@code min}, {@code max}, {@code indexOf}, {@code lastIndexOf},
 * {@code slice} and {@code lists.range}.
 */
final class ListLibrary {

  /** Types whose values have an order. */
  static final List<CelType> ORDERED =
      List.of(
          SimpleType.INT,
          SimpleType.UINT,
          SimpleType.DOUBLE,
          SimpleType.BOOL,
          SimpleType.STRING,
          SimpleType.BYTES,
          SimpleType.DURATION,
          SimpleType.TIMESTAMP);

  private static final long LONGEST_RANGE = 1_000_000;

  private ListLibrary() {}

  static void addTo(Libraries libraries) {
    for (CelType t : ORDERED) {
      String n = t.name().replace('.', '_');
      CelType list = ListType.create(t);
      libraries.member(
          "isSorted",
          "list_" + n + "_is_sorted_bool",
          SimpleType.BOOL,
          list,
          List.class,
          ListLibrary::isSorted);
      libraries.member("min", "list_" + n + "_min", t, list, List.class, l -> extreme(l, -1));
      libraries.member("max", "list_" + n + "_max", t, list, List.class, l -> extreme(l, 1));
    }
    libraries.member(
        "sum",
        "list_int_sum",
        SimpleType.INT,
        ListType.create(SimpleType.INT),
        List.class,
        l -> sumOfLongs(l));
    libraries.member(
        "sum",
        "list_double_sum",
        SimpleType.DOUBLE,
        ListType.create(SimpleType.DOUBLE),
        List.class,
        l -> sumOfDoubles(l));
    libraries.member(
        "sum",
        "list_duration_sum",
        SimpleType.DURATION,
        ListType.create(SimpleType.DURATION),
        List.class,
        l -> sumOfDurations(l));
    libraries.member(
        "slice",
        "list_slice",
        ListType.create(TypeParamType.create("T")),
        List.of(ListType.create(TypeParamType.create("T")), SimpleType.INT, SimpleType.INT),
        List.of(List.class, Long.class, Long.class),
        args -> slice((List<?>) args[0], (Long) args[1], (Long) args[2]));
    libraries.global(
        "lists.range",
        "lists_range",
        ListType.create(SimpleType.INT),
        SimpleType.INT,
        Long.class,
        ListLibrary::range);
    CelType any = TypeParamType.create("T");
    CelType anyList = ListType.create(any);
    libraries.member(
        "indexOf",
        "list_a_index_of_int",
        SimpleType.INT,
        anyList,
        any,
        List.class,
        Object.class,
        (l, x) -> (long) l.indexOf(x));
    libraries.member(
        "lastIndexOf",
        "list_a_last_index_of_int",
        SimpleType.INT,
        anyList,
        any,
        List.class,
        Object.class,
        (l, x) -> (long) l.lastIndexOf(x));
  }

  private static List<?> slice(List<?> list, long from, long to) {
    String what = "cannot slice(" + from + ", " + to + "), ";
    if (from < 0 || to < 0) {
      throw new CelFailure(what + "negative indexes not supported", false);
    }
    if (from > to) {
      throw new CelFailure(what + "start index must be less than or equal to end index", false);
    }
    if (list.size() < to) {
      throw new CelFailure(what + "list is length " + list.size(), false);
    }
    return list.subList((int) from, (int) to);
  }

  private static List<Long> range(long size) {
    if (size < 0) {
      throw new CelFailure("lists.range: size must be non-negative, got " + size, false);
    }
    if (size > LONGEST_RANGE) {
      throw new CelFailure(
          "lists.range: size " + size + " exceeds maximum allowed (" + LONGEST_RANGE + ")", false);
    }
    return LongStream.range(0, size).boxed().toList();
  }

  private static boolean isSorted(List<?> list) {
    for (int i = 1; i < list.size(); i++) {
      if (compare(list.get(i - 1), list.get(i)) > 0) {
        return false;
      }
    }
    return true;
  }

  private static Object extreme(List<?> list, int sign) {
    if (list.isEmpty()) {
      throw new CelFailure((sign < 0 ? "min" : "max") + " called on empty list", false);
    }
    Object out = list.getFirst();
    for (Object o : list) {
      if (compare(o, out) * sign > 0) {
        out = o;
      }
    }
    return out;
  }

  @SuppressWarnings("unchecked")
  static int compare(Object a, Object b) {
    return ((Comparable<Object>) a).compareTo(b);
  }

  private static long sumOfLongs(List<?> list) {
    long sum = 0;
    for (Object o : list) {
      sum = Math.addExact(sum, ((Number) o).longValue());
    }
    return sum;
  }

  private static double sumOfDoubles(List<?> list) {
    double sum = 0;
    for (Object o : list) {
      sum += ((Number) o).doubleValue();
    }
    return sum;
  }

  private static Duration sumOfDurations(List<?> list) {
    Duration sum = Duration.ZERO;
    for (Object o : list) {
      sum = sum.plus((Duration) o);
    }
    return sum;
  }
}
