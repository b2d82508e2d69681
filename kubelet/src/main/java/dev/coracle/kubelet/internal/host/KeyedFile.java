package dev.coracle.kubelet.internal.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Files of the kernel: numbers by their names, or a number alone; null for what is not there. */
record KeyedFile(Map<String, Long> numbers) {

  /** Above which a limit of version 1 is none. */
  private static final long UNLIMITED = 1L << 62;

  static KeyedFile read(Path file) {
    Map<String, Long> numbers = new HashMap<>();
    for (String line : text(file).split("\n")) {
      int space = line.indexOf(' ');
      Long value = space < 0 ? null : parse(line.substring(space + 1).strip());
      if (value != null) {
        numbers.put(line.substring(0, space), value);
      }
    }
    return new KeyedFile(numbers);
  }

  @Nullable Long get(String name) {
    return numbers.get(name);
  }

  static @Nullable Long number(Path file) {
    return parse(text(file));
  }

  /** Null also where there is none. */
  static @Nullable Long limit(Path file) {
    Long number = number(file);
    return number == null || number >= UNLIMITED ? null : number;
  }

  static String text(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      return "";
    }
  }

  static @Nullable Long parse(String text) {
    try {
      return Long.valueOf(text);
    } catch (NumberFormatException e) {
      return null;
    }
  }
}
