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
          "{'s':'text','n':3,'l':['p','q','r'],'lm':[{'k':'a','n':1},{'k':'b','n':2}],'gone':null}"
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
      })
  void finds(String path, String first) {
    assertThat(JsonPath.parse(path).find(OBJECT).getFirst()).hasToString(first);
  }

  @ParameterizedTest
  @CsvSource({".none", ".l[9]", ".lm[?(@.n>5)].k", "..none", ".l[3:]"})
  void findsNothing(String path) {
    assertThat(JsonPath.parse(path).find(OBJECT)).isEmpty();
  }
}
