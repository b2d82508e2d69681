package dev.coracle.api.selector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What selectors upstream takes, and the words in which it refuses others. */
class SelectorSyntaxTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "a=b|a=b",
        "a==b , c!=d|a=b,c!=d",
        "x in (a,,b)|x in (,a,b)",
        "x in ()|x=",
        "x in (b,a,b)|x in (a,b)",
        "x notin (a,)|x notin (,a)",
        "x in (,)|x=",
        "a=|a=",
        "a,!b|a,!b",
        "in in (in)|in=in",
        "a>1,b<2|a>1,b<2",
        "! b|!b"
      })
  void labelSelectorsThatAreTaken(String text, String read) {
    assertThat(String.join(",", texts(text))).isEqualTo(read);
  }

  private static Iterable<String> texts(String text) {
    return LabelSelector.parse(text).requirements().stream()
        .map(LabelRequirement::toString)
        .toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a b|unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
        "a===b|unable to parse requirement: found '=', expected: identifier",
        ",|found ',', expected: !, identifier, or 'end of string'",
        "a=b,|found '', expected: identifier after ','",
        "a=b c|found 'c', expected: ',' or 'end of string'",
        "!a in (b)|found 'in', expected: ',' or 'end of string'",
        "a>x|unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt'"
            + " operators, the value must be an integer",
        "a in b|unable to parse requirement: found 'b' expected: '('",
        "a in (b|unable to parse requirement: found '', expected: ',' or ')'",
        "a in (=)|unable to parse requirement: found '=', expected: ',', ')' or identifier",
        "a in (b,=)|unable to parse requirement: found '=', expected: ',', or identifier",
        "!|unable to parse requirement: found '', expected: identifier",
        "/x=1|unable to parse requirement: <nil>: Invalid value: \"/x\": prefix part must be"
            + " non-empty",
      })
  void labelSelectorsThatAreRefused(String text, String why) {
    assertThatThrownBy(() -> LabelSelector.parse(text)).hasMessage(why);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"b=c,a!=d|a!=d,b=c", "a==b|a=b", ",a=b,,|a=b", "a=x\\,y\\=\\\\|a=x\\,y\\=\\\\"})
  void fieldSelectorsThatAreTaken(String text, String read) {
    assertThat(FieldSelector.parse(text)).hasToString(read);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "foo|invalid selector: 'foo'; can't understand 'foo'",
        "a=b=c|invalid field selector: unescaped character in value: 61",
        "a=b\\c|invalid field selector: invalid escape sequence: \\c",
        "a=b\\|invalid field selector: invalid escape sequence: \\"
      })
  void fieldSelectorsThatAreRefused(String text, String why) {
    assertThatThrownBy(() -> FieldSelector.parse(text)).hasMessage(why);
  }
}
