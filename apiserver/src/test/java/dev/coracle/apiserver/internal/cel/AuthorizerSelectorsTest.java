package dev.coracle.apiserver.internal.cel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.authz.Attributes;
import dev.coracle.apiserver.internal.authz.Authorizer;
import dev.coracle.apiserver.internal.authz.Authorizer.Decision;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What an expression asks the authorizer. */
class AuthorizerSelectorsTest {

  private static final CelEnvironment ENVIRONMENT =
      new CelEnvironment(Map.of("authorizer", AuthorizerLibrary.AUTHORIZER), Map.of());

  private final List<Attributes> asked = new ArrayList<>();

  private boolean test(String expression) {
    Authorizer authorizer =
        attributes -> {
          asked.add(attributes);
          return Decision.allow("");
        };
    Object asking = new AuthorizerLibrary.Asking(authorizer, UserInfo.of("jane"));
    return ENVIRONMENT.compileBool(expression).test(Map.of("authorizer", asking), new Budget());
  }

  @Test
  void selectorsArePassedOn() {
    assertThat(
            test(
                "authorizer.group('').resource('pods').namespace('d')"
                    + ".fieldSelector('spec.nodeName=n').labelSelector('a in (b)')"
                    + ".check('list').allowed()"))
        .isTrue();
    Attributes one = asked.getFirst();
    assertThat(one.fieldSelector()).hasToString("spec.nodeName=n");
    assertThat(one.labelSelector()).hasToString("a=b");
    assertThat(one.namespace()).isEqualTo("d");
    assertThat(one.verb()).isEqualTo("list");
  }

  @Test
  void whatCannotBeReadAsksForMore() {
    test(
        "authorizer.group('').resource('pods').fieldSelector('x').labelSelector('a in (')"
            + ".check('list').allowed()");
    assertThat(asked.getFirst().fieldSelector().isEverything()).isTrue();
    assertThat(asked.getFirst().labelSelector().isEverything()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "path(' ')|path must not be empty",
        "group('').resource(' ')|resource must not be empty",
        "serviceAccount('d', 'A')|Invalid service account name",
        "serviceAccount('a.b', 'a')|Invalid service account namespace",
      })
  void whatNamesNothingIsAnError(String question, String words) {
    String end = question.startsWith("serviceAccount") ? ".path('/x')" : "";
    assertThatThrownBy(() -> test("authorizer." + question + end + ".check('get').allowed()"))
        .isInstanceOf(CelFailure.class)
        .hasMessageContaining(words);
    assertThat(asked).isEmpty();
  }
}
