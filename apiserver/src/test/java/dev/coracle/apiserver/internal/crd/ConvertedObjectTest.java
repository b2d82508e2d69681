package dev.coracle.apiserver.internal.crd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConvertedObjectTest {

  private static final GroupVersionKind TO = new GroupVersionKind("g.io", "v2", "Tab");
  private static final KubeObject BEFORE =
      KubeObject.parse(
          "{\"apiVersion\":\"g.io/v1\",\"kind\":\"Tab\",\"metadata\":{\"name\":\"t\",\"uid\":\"1\","
              + "\"labels\":{\"a\":\"b\"},\"finalizers\":[\"g.io/f\"]}}");

  private static KubeObject converted(int index, String answered) {
    return new ConvertedObject(BEFORE, index).of(Json.parse(answered.replace('\'', '"')), TO);
  }

  @Test
  void labelsAndAnnotationsMayChangeAndOtherMetadataIsPutBack() {
    KubeObject out =
        converted(
            -1,
            "{'apiVersion':'g.io/v2','kind':'Tab','spec':1,'metadata':{'name':'t','uid':'1',"
                + "'annotations':{'c':'d'},'finalizers':[]}}");
    assertThat(out.tree().toString())
        .isEqualTo(
            "{\"apiVersion\":\"g.io/v2\",\"kind\":\"Tab\",\"spec\":1,\"metadata\":{\"name\":\"t\","
                + "\"uid\":\"1\",\"finalizers\":[\"g.io/f\"],\"annotations\":{\"c\":\"d\"}}}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'apiVersion':'g.io/v1','kind':'Tab' | object at index 0: invalid groupVersion (expected"
            + " g.io/v2, received g.io/v1)",
        "'apiVersion':'g.io/v2','kind':'Tub' | object at index 0: invalid kind (expected Tab,"
            + " received Tub)",
        "'apiVersion':'g.io/v2','kind':'Tab','metadata':{'name':'u'} | object: must have the same"
            + " name: t != u",
        "'apiVersion':'g.io/v2','kind':'Tab','metadata':{'name':'t','uid':'2'} | object: must have"
            + " the same UID: 1 != 2",
        "'apiVersion':'g.io/v2','kind':'Tab','metadata':{'name':'t','uid':'1','labels':'x'} |"
            + " metadata: invalid metadata.labels of type string in converted object",
        "'apiVersion':'g.io/v2','kind':'Tab','metadata':{'name':'t','uid':'1','labels':{'x':1}} |"
            + " metadata: metadata.labels[x] must be a string, but is int64 in converted object",
      })
  void whatElseItChangesIsSaid(String answered, String why) {
    assertThatThrownBy(() -> converted(-1, "{" + answered + "}"))
        .hasMessage("conversion webhook for g.io/v1, Kind=Tab returned invalid " + why);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "null|unexpected end of JSON input",
        "'x'|json: cannot unmarshal string into Go value of type map[string]interface {}",
        "[]|json: cannot unmarshal array into Go value of type map[string]interface {}",
        "{}|Object 'Kind' is missing in '{}'",
      })
  void whatIsNoObjectIsSaid(String answered, String words) {
    assertThatThrownBy(() -> converted(-1, answered)).hasMessage(words);
  }

  @Test
  void labelsMustBeSome() {
    assertThatThrownBy(() ->
            converted(
                1,
                "{'apiVersion':'g.io/v2','kind':'Tab','metadata':{'name':'t','uid':'1',"
                    + "'labels':{'a':'not one'}}}"))
        .hasMessageStartingWith(
            "conversion webhook for g.io/v1, Kind=Tab returned invalid metadata in object at index"
                + " 1: metadata.labels: Invalid value: \"not one\": a valid label must be");
  }
}
