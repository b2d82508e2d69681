package dev.coracle.kubelet.internal.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Files of environment variables, as KEP-3721 has them. */
class EnvFileTest {
  @Test
  void valuesMeanWhatTheySay() {
    String file =
        """
        # a comment

          A='one'
        \tB='x = "y" # $HOME \\n'   # told
        C='first
        # second

        third  '
        EMPTY=''
        A='later'\
        """;
    assertThat(EnvFile.value(file, "A")).contains("one");
    assertThat(EnvFile.value(file, "B")).contains("x = \"y\" # $HOME \\n");
    assertThat(EnvFile.value(file, "C")).contains("first\n# second\n\nthird  ");
    assertThat(EnvFile.value(file, "EMPTY")).contains("");
    assertThat(EnvFile.value(file, "D")).isEmpty();
    assertThat(EnvFile.value("", "A")).isEmpty();
    assertThat(EnvFile.value("\n \t\n#", "A")).isEmpty();
    assertThat(EnvFile.value("A='1'\r\nB='2'\r\n", "B")).contains("2");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "OTHER='1'\\nnothing | invalid environment variable format at line 2",
        "='foo' | invalid environment variable format at line 1",
        "A='x\\ny'\\nB ='1' | whitespace before '=' is not allowed at line 3",
        "B=1 | value must be enclosed in single quotes at line 1",
        "B=\"1\" | value must be enclosed in single quotes at line 1",
        "B= '1' | value must be enclosed in single quotes at line 1",
        "B='1''2' | unexpected content after closing quote at line 1",
        "B='1'# | unexpected content after closing quote at line 1",
        "A='1'\\nB='2 | unclosed single quote at line 2",
        "nothing\\nB='1' | invalid environment variable format at line 1",
      })
  void whatIsNoSuchFileIsRefusedWithTheLine(String file, String why) {
    assertThatThrownBy(() -> EnvFile.value(file.replace("\\n", "\n"), "B"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why);
  }
}
