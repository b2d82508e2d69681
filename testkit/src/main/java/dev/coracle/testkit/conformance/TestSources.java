package dev.coracle.testkit.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Finds the tests that bear a conformance test's name: a {@code @DisplayName} that begins with
 * {@code [sig-}. Reads sources, so it needs no build of the modules it looks at.
 */
final class TestSources {

  private static final Pattern DISPLAY_NAME =
      Pattern.compile("@DisplayName\\(\\s*((?:\"(?:[^\"\\\\]|\\\\.)*\"[\\s+]*)+)\\)");
  private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");

  private TestSources() {}

  /** Name → the classes that test it, as {@code module/Class}, of all modules under this root. */
  static SortedMap<String, SortedSet<String>> scan(Path root) throws IOException {
    SortedMap<String, SortedSet<String>> found = new TreeMap<>();
    for (Path module : children(root)) {
      Path tests = module.resolve("src").resolve("test").resolve("java");
      if (!Files.isDirectory(tests)) {
        continue;
      }
      try (Stream<Path> files = Files.walk(tests)) {
        for (Path file : files.filter(f -> f.toString().endsWith(".java")).sorted().toList()) {
          String test = module.getFileName() + "/" + simpleName(file);
          for (String name : names(Files.readString(file))) {
            found.computeIfAbsent(name, _ -> new TreeSet<>()).add(test);
          }
        }
      }
    }
    return found;
  }

  /** The conformance names in one source file. */
  static List<String> names(String source) {
    return DISPLAY_NAME
        .matcher(source)
        .results()
        .map(m -> text(m.group(1)))
        .filter(n -> n.startsWith("[sig-"))
        .toList();
  }

  private static String text(String literals) {
    StringBuilder out = new StringBuilder();
    Matcher literal = LITERAL.matcher(literals);
    while (literal.find()) {
      out.append(literal.group(1).translateEscapes());
    }
    return out.toString();
  }

  private static String simpleName(Path file) {
    String name = file.getFileName().toString();
    return name.substring(0, name.length() - ".java".length());
  }

  private static List<Path> children(Path root) throws IOException {
    try (Stream<Path> all = Files.list(root)) {
      return all.filter(Files::isDirectory).sorted().toList();
    }
  }

  /** Names that begin as conformance names do and are none: most likely a slip of the pen. */
  static List<String> unknown(Map<String, ?> found, List<String> known) {
    return found.keySet().stream().filter(n -> !known.contains(n)).toList();
  }
}
