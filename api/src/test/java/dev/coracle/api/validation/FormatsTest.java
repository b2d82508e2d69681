package dev.coracle.api.validation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Texts with their formats and patterns, as kube-openapi takes and refuses them. */
class FormatsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "bsonobjectid | 507f1f77bcf86cd799439011 | 507f1f77bcf86cd79943901 ~ xyz",
        "byte | YWJj ~ YQ== ~ YWI= | YQ ~ YQ= ~ Y!== ~ '' ~ YW Jj",
        "cidr | 10.0.0.0/8 ~ 2001:db8::/32 | 10.0.0.0 ~ 10.0.0.0/33 ~ x/1",
        "creditcard | 4111 1111 1111 1111 ~ 5555-5555-5555-4444 | 4111111111111112 ~ 1234",
        "date | 2026-11-27 | 2026-13-01 ~ 2026-11-31 ~ 26-11-27 ~ 2026-11-27T00:00:00Z",
        "date-time | 2026-11-27T13:00:00Z ~ 2026-11-27t13:00:00.5+01:00 | 2026-11-27 13:00:00Z"
            + " ~ 2026-11-27T24:00:00Z ~ 2026-11-27T13:00:00 ~ ''",
        "datetime | 2026-11-27T13:00:00Z | now",
        "duration | 1h30m ~ 1.5s ~ -2us ~ 0 ~ 3 days ~ 1w ~ 2 weeks | 1 ~ x ~ h ~ 3 fortnights",
        "email | a@b ~ a.b+c@example.com ~ Ann <ann@example.com> ~ \"a b\"@c | a ~ a@ ~ @b ~ a@b@c"
            + " ~ a..b@c ~ ''",
        "hexcolor | #fff ~ 00FF00 | #ffff ~ red",
        "hostname | a ~ example.com ~ a-b.example.com | -a.com ~ a..com ~ ''",
        "ipv4 | 10.0.0.1 | 10.0.0 ~ 10.0.0.256 ~ ::1 ~ a.b.c.d",
        "ipv6 | ::1 ~ 2001:db8::1 | 10.0.0.1 ~ 2001:db8::g",
        "isbn | 0321751043 ~ 978-0321751041 | 0321751044 ~ 978-0321751042",
        "isbn10 | 0321751043 ~ 080442957X | 978-0321751041",
        "isbn13 | 978-0321751041 | 0321751043",
        "k8s-short-name | a-b ~ 1 | A ~ a.b ~ -a",
        "k8s-long-name | a.b-c | A.b ~ a..b",
        "mac | 01:23:45:67:89:ab ~ 01-23-45-67-89-ab ~ 0123.4567.89ab ~ 02:00:5e:10:00:00:00:01 |"
            + " 01:23:45:67:89 ~ 01:23:45:67:89-ab ~ 0123456789ab",
        "password | anything ~ '' |",
        "rgbcolor | rgb(0,0,0) ~ rgb( 255 , 10, 1 ) | rgb(256,0,0) ~ rgb(1,2)",
        "ssn | 123-45-6789 ~ 123 45 6789 | 123456789 ~ 12-345-6789",
        "uri | http://a/b?c=d ~ /path ~ mailto:x ~ https://[::1]:8443/%41 ~"
            + " http://a<b>/ ~ * | '' ~ path ~ http://a b/ ~ /%4 ~ http://a:b ~ http://[::1 ~ http://a:1:2",
        "uuid | 123E4567-e89b-12d3-a456-426614174000 ~ 123e4567e89b12d3a456426614174000 | 123e4567",
        "uuid3 | 123e4567-e89b-32d3-a456-426614174000 | 123e4567-e89b-42d3-a456-426614174000",
        "uuid4 | 123e4567-e89b-42d3-a456-426614174000 | 123e4567-e89b-42d3-c456-426614174000",
        "uuid5 | 123e4567-e89b-52d3-a456-426614174000 | 123e4567-e89b-42d3-a456-426614174000",
        "anything-else | whatever |",
      })
  void holdsTexts(String format, String right, String wrong) {
    assertThat(texts(right)).allMatch(text -> Formats.accepts(format, text));
    assertThat(texts(wrong)).noneMatch(text -> Formats.accepts(format, text));
  }

  private static List<String> texts(String list) {
    return list == null
        ? List.of()
        : Arrays.stream(list.split("~")).map(t -> t.strip().replace("''", "")).toList();
  }

  @Test
  void knowsThemWithAndWithoutHyphens() {
    assertThat(List.of("date-time", "datetime", "k8s-short-name")).allMatch(Formats::isKnown);
    assertThat(List.of("int64", "date time", "")).noneMatch(Formats::isKnown);
  }

  /** None of them takes a stack as deep as the text is long. */
  @ParameterizedTest
  @CsvSource({"byte,aaaa", "duration,1h", "email,a.", "uri,/a", "hostname,a.", "mac,01:", "isbn,1"})
  void takesLongTexts(String format, String part) {
    String text = part.repeat(200_000);
    assertThat(Formats.accepts(format, text))
        .isEqualTo(List.of("byte", "duration", "uri").contains(format));
  }

  /** RE2/J would write them out, and has no room for that. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "((a{1000}){1000}){1000} | invalid repeat count",
        "(?:(?:[^]}]{30,40}x){30})? | invalid repeat count",
        "(a{2}b{500}){3} | invalid repeat count",
        "a{1001} | invalid repeat count",
        "(a{2}b{500}){2} | ``",
        "([[:alpha:]{500}]\\{500}){500} | ``",
        "(\\Qa{500}\\E){500} | ``",
        "\\p{L}{500}(b{500}c)* | ``",
      })
  void repetitionsHaveAnEnd(String pattern, String problem) {
    if (problem.isEmpty()) {
      assertThat(GoPatterns.problem(pattern)).isEmpty();
    } else {
      assertThat(GoPatterns.problem(pattern)).contains("error parsing regexp: ").contains(problem);
    }
  }

  @Test
  void manyRepetitionsAreTooLargeTogether() {
    assertThat(GoPatterns.problem("[a-z]{1000}".repeat(300))).contains("expression too large");
    assertThat(GoPatterns.problem("[a-z]{1000}".repeat(200))).isEmpty();
    // A thousand instructions for each of a million characters would take many seconds.
    assertThat(GoPatterns.isFound("(a{1000})?c", "a".repeat(1_000_000))).isFalse();
    assertThat(GoPatterns.isFound("a{1000}$", "a".repeat(50_000))).isTrue();
  }

  @Test
  void patternsAreOfGo() {
    assertThat(GoPatterns.problem("^(?P<name>[a-z]+)\\z")).isEmpty();
    assertThat(GoPatterns.problem("(")).isEqualTo("error parsing regexp: missing closing ): `(`");
    assertThat(GoPatterns.problem("a(?!b)"))
        .isEqualTo("error parsing regexp: invalid or unsupported Perl syntax: `(?!`");
    assertThat(GoPatterns.isFound("b+", "abc")).isTrue();
    assertThat(GoPatterns.isFound("^b+", "abc")).isFalse();
    // Would be looked for until the end of days if every way were tried.
    assertThat(GoPatterns.isFound("^(a+)+$", "a".repeat(10_000) + "b")).isFalse();
  }
}
