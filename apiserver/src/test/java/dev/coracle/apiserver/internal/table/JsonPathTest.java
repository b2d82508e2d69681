package dev.coracle.apiserver.internal.table;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which value of several a printer column shows first. */
class JsonPathTest {

  private static final JsonNode OBJECT =
      Json.parse(
          "{'s':'text','n':3,'l':['p','q','r'],'lm':[{'k':'a','n':1},{'k':'b','n':2}],'gone':null,'m':{'a.b':'dot','a':{'b':'deep'}}}"
              .replace('\'', '"'));

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        ".l[1:3]|\"q\"",
        ".l[-1]|\"r\"",
        ".l[:-2]|\"p\"",
        "['n','s']|3",
        ".lm[0,1].k|\"a\"",
        "..k|\"a\"",
        ".lm[?(@.n>1)].k|\"b\"",
        ".lm[?(@.k!=\"a\")].n|2",
        ".gone|null",
        ".m['a.b']|\"deep\"",
        ".m['a\\.b']|\"dot\"",
        ".m.a\\.b|\"dot\"",
        ".l[0:3:2]|\"p\"",
        ".l[]|\"p\"",
        ".lm[?(@.k)].n|1",
        ".lm[?(@.n!=1)].k|\"b\"",
        ".lm[?(@.n==@.n)].k|\"a\"",
        ".lm[?(@.k=='b')].n|2",
        ".s \"quoted\"|\"quoted\"",
        "..|{\"s\":\"text\",\"n\":3,\"l\":[\"p\",\"q\",\"r\"],\"lm\":[{\"k\":\"a\",\"n\":1},{\"k\":\"b\",\"n\":2}],\"gone\":null,\"m\":{\"a.b\":\"dot\",\"a\":{\"b\":\"deep\"}}}",
      })
  void finds(String path, String first) {
    assertThat(JsonPath.parse(path).orElseThrow().find(OBJECT).getFirst()).hasToString(first);
  }

  /**
   * What has no value, and what does not fit: an index out of bounds or into a map, values of two
   * types compared.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        ".none",
        ".l[9]",
        ".l[3:]",
        ".l[2:1]",
        ".l[0:2:0]",
        ".m[0]",
        ".lm[?(@.n>5)].k",
        ".lm[?(@.n==\"1\")].k",
        ".lm[?(@.n==1.0)].k",
        ".lm[?(@.k=!\"a\")].k",
        ".m[?(@.a)]",
        "..none",
        ".s word",
      })
  void findsNothing(String path) {
    assertThat(JsonPath.parse(path).orElseThrow().find(OBJECT)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {".l[", ".l[\"a\"]", ".l[x]", ".l[?(@.a]", "....a", ".a*[0]{", ".a \"open", ".a[-]"})
  void isNoPath(String path) {
    assertThat(JsonPath.parse(path)).isEmpty();
  }
}
