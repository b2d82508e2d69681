package dev.coracle.apiserver.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.selector.FieldSelector;
import dev.coracle.api.selector.LabelSelector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What of a request's selectors authorizers see. */
class RequestSelectorsTest {

  private static final String PODS = "/api/v1/namespaces/d/pods";

  @ParameterizedTest
  @CsvSource({"GET,false,list", "GET,true,watch", "DELETE,false,deletecollection"})
  void requestsForManyHaveThem(String method, boolean watch, String verb) {
    RequestInfo info = RequestInfo.of(method, PODS, watch, "spec.nodeName=n", "a in (b,c),!d");
    assertThat(info.verb()).isEqualTo(verb);
    assertThat(info.fieldSelector()).isEqualTo(FieldSelector.equalTo("spec.nodeName", "n"));
    assertThat(info.labelSelector()).isEqualTo(LabelSelector.parse("a in (b,c),!d"));
    assertThat(info.name()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /api/v1/namespaces/d/pods/p",
    "POST, /api/v1/namespaces/d/pods",
    "DELETE, /api/v1/namespaces/d/pods/p",
    "GET, /api/v1/watch/namespaces/d/pods",
    "GET, /version",
  })
  void othersHaveNone(String method, String path) {
    RequestInfo info = RequestInfo.of(method, path, false, "spec.nodeName=n", "a=b");
    assertThat(info.fieldSelector().isEverything()).isTrue();
    assertThat(info.labelSelector().isEverything()).isTrue();
  }

  @Test
  void whatCannotBeReadLimitsNothing() {
    RequestInfo info = RequestInfo.of("GET", PODS, false, "spec.nodeName", "a in (");
    assertThat(info.fieldSelector().isEverything()).isTrue();
    assertThat(info.labelSelector().isEverything()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "GET|metadata.name=p|p",
        "GET|status.phase!=Failed,metadata.name==p|p",
        "GET|metadata.name!=p|``",
        "GET|metadata.name=a/b|``",
        "DELETE|metadata.name=p|``",
      })
  void aListOfOneByItsNameIsAboutThatOne(String method, String fields, String name) {
    assertThat(RequestInfo.of(method, PODS, false, fields, "").name()).isEqualTo(name);
  }

  @Test
  void oneObjectIsWatchedInTheOldFormOnly() {
    assertThat(RequestInfo.of("GET", PODS + "/p", true, "", "").verb()).isEqualTo("get");
    assertThat(RequestInfo.of("GET", "/api/v1/watch/namespaces/d/pods/p", false, "", "").verb())
        .isEqualTo("watch");
    assertThat(RequestInfo.of("get", PODS, false, "", "").verb()).isEmpty();
  }
}
