package dev.coracle.testkit.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * docs/conformance.md: every name of Kubernetes 1.36's conformance tests, the test here that does
 * what it says, and what has none yet. A listed test is part of {@code mvn verify}, which is red
 * when it fails; so the document says what is tested, and the build says that it passes. Run it
 * from the project's root: {@code make conformance}.
 */
public final class ConformanceReport {

  private static final Path NAMES =
      Path.of("testkit/src/main/resources/dev/coracle/testkit/conformance/names-1.36.txt");

  private final List<String> names;
  private final Map<String, SortedSet<String>> tests;

  private ConformanceReport(List<String> names, Map<String, SortedSet<String>> tests) {
    this.names = names;
    this.tests = tests;
  }

  /** Reads the names and all test sources of the project in this directory. */
  public static ConformanceReport of(Path root) throws IOException {
    return new ConformanceReport(Files.readAllLines(root.resolve(NAMES)), TestSources.scan(root));
  }

  /** Where the document lies in the project. */
  public static Path document(Path root) {
    return root.resolve("docs").resolve("conformance.md");
  }

  /** Display names that look like conformance names and are none. */
  public List<String> unknown() {
    return TestSources.unknown(tests, names);
  }

  public String render() {
    Map<String, List<String>> bySig =
        names.stream()
            .collect(
                Collectors.groupingBy(ConformanceReport::sig, TreeMap::new, Collectors.toList()));
    StringBuilder out =
        new StringBuilder(
            """
            # Conformance with Kubernetes 1.36

            The names are those of Kubernetes' own conformance tests. A test here that bears such a name does what that test does, written anew, and runs in
            `mvn verify`, which fails when it does. This file is made by `make conformance` out of the tests' names; a test fails when it is not current.

            | group | names | tested | no test yet |
            |---|---:|---:|---:|
            """);
    bySig.forEach((sig, all) -> row(out, sig, all));
    row(out, "all", names);
    bySig.forEach((sig, all) -> tested(out, sig, all));
    out.append("\n## No test yet\n");
    bySig.forEach((sig, all) -> missing(out, sig, all));
    return out.toString();
  }

  private void row(StringBuilder out, String title, List<String> all) {
    long tested = all.stream().filter(tests::containsKey).count();
    out.append("| %s | %d | %d | %d |\n".formatted(title, all.size(), tested, all.size() - tested));
  }

  private void tested(StringBuilder out, String sig, List<String> all) {
    Set<String> names = new TreeSet<>(all);
    names.retainAll(tests.keySet());
    if (names.isEmpty()) {
      return;
    }
    out.append("\n## ").append(sig).append("\n\n| name | test | state |\n|---|---|---|\n");
    for (String name : names) {
      out.append(
          "| %s | %s | tested |\n"
              .formatted(shown(name), classes(tests.getOrDefault(name, new TreeSet<>()))));
    }
  }

  private void missing(StringBuilder out, String sig, List<String> all) {
    Set<String> names = new TreeSet<>(all);
    names.removeAll(tests.keySet());
    if (!names.isEmpty()) {
      out.append("\n### ").append(sig).append("\n\n");
      names.forEach(n -> out.append("- ").append(shown(n)).append('\n'));
    }
  }

  private static String classes(Set<String> tests) {
    return tests.stream().map(t -> "`" + t + "`").collect(Collectors.joining(", "));
  }

  /** Without the group, which the heading says, and without what Markdown would read as markup. */
  private static String shown(String name) {
    return name.substring(name.indexOf(']') + 2).replace("|", "\\|").replace("*", "\\*");
  }

  private static String sig(String name) {
    return name.substring(1, name.indexOf(']'));
  }

  public static void main(String[] args) throws IOException {
    Path root = Path.of(args.length > 0 ? args[0] : ".");
    ConformanceReport report = of(root);
    if (!report.unknown().isEmpty()) {
      throw new IllegalStateException("no conformance test is called " + report.unknown());
    }
    Files.writeString(document(root), report.render());
  }
}
