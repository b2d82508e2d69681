package dev.coracle.launcher.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.fuzz.Fuzzer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/** Configuration files: options, or an error that names the file. */
class ConfigFileFuzz {

  private static final Path FILE = Path.of("coracle.yaml");
  private final CommandSpec command = command();

  private static CommandSpec command() {
    CommandSpec command = CommandSpec.create();
    for (String name : List.of("--data-dir", "--bind-address", "--demo", "--config")) {
      command.addOption(OptionSpec.builder(name).type(String.class).build());
    }
    return new CommandLine(command).getCommandSpec();
  }

  @FuzzTest(maxDuration = "30s")
  void files(byte[] input) {
    read(input);
  }

  private Map<String, String> parse(String text) {
    return ConfigFile.parse(text, FILE, command);
  }

  private void read(byte[] input) {
    try {
      assertThat(parse(new String(input, StandardCharsets.UTF_8)))
          .doesNotContainKey("config")
          .doesNotContainValue(null);
    } catch (ParameterException e) {
      assertThat(e).hasMessageStartingWith("the configuration file coracle.yaml ");
    }
  }

  @Test
  void nearlyRightOnes() throws InterruptedException {
    new Fuzzer()
        .seeds(
            "data-dir: /var/lib/coracle\ndemo: true\nbind-address: [127.0.0.1, '::1']\n",
            "data-dir: &a x\nbind-address: *a\n",
            "")
        .words("&a ", "*a", "- ", ": ", "[", "{", "}", "]", "!!binary ", "? ", "~", "demo", "<<: ")
        .run(this::read);
  }

  /** The stack ended, by depth or by a list that holds itself. */
  @Test
  void deepOnesAreRefused() throws InterruptedException {
    new Fuzzer()
        .seeds("demo: " + "[".repeat(200_000), "demo: &a [[*a]]", "demo: &a {b: [*a]}")
        .percent(0)
        .run(this::read);
  }

  @Test
  void listsAreJoinedAndNumbersAreTexts() {
    assertThat(parse("bind-address: [a, b]\ndemo: true\ndata-dir: 0600\n"))
        .containsOnly(
            Map.entry("bind-address", "a,b"),
            Map.entry("demo", "true"),
            Map.entry("data-dir", "0600"));
  }

  /** They were taken as the words null and {a=b}. */
  @ParameterizedTest
  @ValueSource(
      strings = {"data-dir:", "data-dir: {a: b}", "data-dir: [a, [b]]", "data-dir: [null]"})
  void whatIsNoValueIsAnError(String text) {
    assertThatThrownBy(() -> parse(text))
        .isInstanceOf(ParameterException.class)
        .hasMessageContaining("must have one value for 'data-dir', or a list of such values");
  }
}
