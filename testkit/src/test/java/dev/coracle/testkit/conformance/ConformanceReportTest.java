package dev.coracle.testkit.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConformanceReportTest {

  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  @Test
  void theDocumentIsCurrent() throws Exception {
    String current = Files.readString(ConformanceReport.document(ROOT));
    assertThat(current.equals(ConformanceReport.of(ROOT).render()))
        .as("docs/conformance.md is current; if not, run 'make conformance'")
        .isTrue();
  }

  @Test
  void noTestBearsANameThatIsNoConformanceName() throws Exception {
    assertThat(ConformanceReport.of(ROOT).unknown()).isEmpty();
  }

  @Test
  void readsNamesAsTheCompilerDoes() {
    String source =
        """
        @Test
        @DisplayName("<node] Probing \\"cat /tmp/health\\" probe [Conformance]")
        void one() {}
        @DisplayName(
            "<node] cut "
                + "in two [Conformance]")
        void two() {}
        @DisplayName("something else")
        void three() {}
        """
            .replace("<", "[sig-"); // Not in the source itself: this file is read too.
    assertThat(TestSources.names(source))
        .containsExactly(
            "[sig-node] Probing \"cat /tmp/health\" probe [Conformance]",
            "[sig-node] cut in two [Conformance]");
  }

  @Test
  void listsWhatIsTestedAndWhatIsNot(@TempDir Path root) throws Exception {
    Path names = root.resolve("testkit/src/main/resources/dev/coracle/testkit/conformance");
    Files.createDirectories(names);
    Files.write(
        names.resolve("names-1.36.txt"),
        List.of("[sig-a] one [Conformance]", "[sig-a] *two* [Conformance]", "[sig-b] three"));
    Path tests = Files.createDirectories(root.resolve("some/src/test/java/x"));
    Files.writeString(
        tests.resolve("OneIT.java"), "@DisplayName(\"[sig-a] one [Conformance]\") void one() {}");
    assertThat(ConformanceReport.of(root).render())
        .contains("| sig-a | 2 | 1 | 1 |", "| sig-b | 1 | 0 | 1 |", "| all | 3 | 1 | 2 |")
        .contains("| one [Conformance] | `some/OneIT` | tested |")
        .contains("- \\*two\\* [Conformance]\n", "- three\n");
  }
}
