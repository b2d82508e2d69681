package dev.coracle.kubelet.internal.eviction;

import java.util.Locale;

/** Bytes as upstream's events write them: {@code 512.0 MiB}. */
final class BinarySize {
  private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

  private BinarySize() {}

  static String of(long bytes) {
    int unit = 0;
    double size = bytes;
    while (size >= 1024 && unit < UNITS.length - 1) {
      size /= 1024;
      unit++;
    }
    return unit == 0
        ? bytes + " " + UNITS[0]
        : String.format(Locale.ROOT, "%.1f %s", size, UNITS[unit]);
  }
}
