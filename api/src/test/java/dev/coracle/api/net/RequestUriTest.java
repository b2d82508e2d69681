package dev.coracle.api.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RequestUriTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = true,
      emptyValue = "",
      value = {
        "https://a.b:80/c?d=e | https | a.b:80 | a.b | 80 | /c | d=e",
        "HTTP://A/ | http | A | A | '' | / | ''",
        "http://a | http | a | a | '' | '' | ''",
        "http://a: | http | a: | a | '' | '' | ''",
        "http://u:p@a:1/x | http | a:1 | a | 1 | /x | ''",
        "https://[::1]:80/ | https | [::1]:80 | ::1 | 80 | / | ''",
        "https://[fe80::1%25en0]/ | https | [fe80::1%en0] | fe80::1%en0 | '' | / | ''",
        "https://[::ffff:1.2.3.4]/ | https | [::ffff:1.2.3.4] | ::ffff:1.2.3.4 | '' | / | ''",
        "http://a_b<c>/ | http | a_b<c> | a_b<c> | '' | / | ''",
        "http://%C3%BC/ | http | ü | ü | '' | / | ''",
        "pg://a:1,b:2/db | pg | a:1,b:2 | a:1,b | 2 | /db | ''",
        "mailto:x@y | mailto | '' | '' | '' | '' | ''",
        "a:b c | a | '' | '' | '' | '' | ''",
        "x:/y | x | '' | '' | '' | /y | ''",
        "/path?a=b?c | '' | '' | '' | '' | /path | a=b?c",
        "//a/b | '' | '' | '' | '' | //a/b | ''",
        "/a b | '' | '' | '' | '' | /a%20b | ''",
        "/a%2Fb%20c | '' | '' | '' | '' | /a%2Fb%20c | ''",
        "/a#b | '' | '' | '' | '' | /a%23b | ''",
        "/ü | '' | '' | '' | '' | /%C3%BC | ''",
        "/!'()*[] | '' | '' | '' | '' | /!'()*[] | ''",
        "/?%zz | '' | '' | '' | '' | / | %zz",
        "* | '' | '' | '' | '' | * | ''",
      })
  void readsWhatARequestLineMayHave(
      String text,
      String scheme,
      String host,
      String hostname,
      String port,
      String path,
      String query) {
    assertThat(RequestUri.isValid(text)).isTrue();
    RequestUri uri = RequestUri.parse(text);
    assertThat(List.of(uri.scheme(), uri.host(), uri.hostname(), uri.port()))
        .containsExactly(scheme, host, hostname, port);
    assertThat(List.of(uri.escapedPath(), uri.rawQuery())).containsExactly(path, query);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | empty url",
        "path | invalid URI for request",
        "?a | invalid URI for request",
        "1a:b | invalid URI for request",
        ":x | missing protocol scheme",
        "http://a b/ | invalid character \" \" in host name",
        "http://a{b}/ | invalid character \"{\" in host name",
        "http://a:b/ | invalid port \":b\" after host",
        "http://::1/ | invalid port \"::1\" after host",
        "http://a:1:2/ | invalid port \":1:2\" after host",
        "pg://a:1,b:x/ | invalid port \":x\" after host",
        "http://[::1/ | missing ']' in host",
        "http://a[::1]/ | invalid IP-literal",
        "http://[1.2.3.4]/ | invalid IP-literal",
        "http://[::1]x/ | invalid port \"x\" after host",
        "http://[v1.x]/ | invalid host: ParseAddr(\"v1.x\"): unable to parse IP",
        "http://[::1%25]/ | invalid host: ParseAddr(\"::1%\"): unable to parse IP",
        "http://%41/ | invalid URL escape \"%41\"",
        "http://ü@a/ | net/url: invalid userinfo",
        "http://u%@a/ | invalid URL escape \"%\"",
        "/%4 | invalid URL escape \"%4\"",
        "/%zzz | invalid URL escape \"%zz\"",
      })
  void saysInGosWordsWhatIsNone(String text, String why) {
    assertThat(RequestUri.isValid(text)).isFalse();
    assertThatThrownBy(() -> RequestUri.parse(text)).hasMessage("parse \"" + text + "\": " + why);
  }

  @Test
  void showsControlCharacters() {
    assertThatThrownBy(() -> RequestUri.parse("/a\n\u0001\u007f\"\\"))
        .hasMessage("parse \"/a\\n\\x01\\x7f\\\"\\\\\": net/url: invalid control character in URL");
  }

  @Test
  void givesTheValuesOfEachName() {
    assertThat(RequestUri.parse("/?a=1&b=x+y%2B&a=2&c&&d;e=1&%zz=1&f=%zz&%C3%BC=ü").query())
        .isEqualTo(
            java.util.Map.of(
                "a", List.of("1", "2"),
                "b", List.of("x y+"),
                "c", List.of(""),
                "ü", List.of("ü")));
  }
}
