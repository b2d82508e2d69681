package dev.coracle.apiserver.internal.verb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A write that changes nothing but who owns what is none. */
class MetadataTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'metadata':{'name':'a'},'spec':{}} | {'metadata':{'name':'a'},'spec':{}} | true",
        "{'metadata':{'name':'a','managedFields':[1]}} | {'metadata':{'name':'a'}} | true",
        "{'metadata':{'name':'a'}} | {'metadata':{'managedFields':[1],'name':'a'}} | true",
        "{'metadata':{'name':'a','managedFields':[1]}} | {'metadata':{'name':'a','x':1}} | false",
        "{'metadata':{'name':'a','managedFields':[1]}} | {'metadata':{'name':'b'}} | false",
        "{'metadata':{'name':'a','labels':{}}} | {'metadata':{'name':'a'}} | false",
        "{'metadata':{'name':'a'},'spec':{'b':1}} | {'metadata':{'name':'a'},'spec':{'b':2}} | false",
        "{'metadata':{'name':'a'},'spec':{}} | {'metadata':{'name':'a'},'status':{}} | false",
        "{'metadata':{'name':'a'}} | {'spec':{}} | false"
      })
  void tellsWhetherAnythingElseDiffers(String now, String before, boolean same) {
    assertThat(
            Metadata.sameButManagers(
                Json.parseObject(now.replace('\'', '"')),
                KubeObject.parse(before.replace('\'', '"'))))
        .isEqualTo(same);
  }
}
