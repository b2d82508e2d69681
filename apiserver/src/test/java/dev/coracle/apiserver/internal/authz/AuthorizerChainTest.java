package dev.coracle.apiserver.internal.authz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.authz.Authorizer.Decision;
import dev.coracle.apiserver.internal.authz.Authorizer.Verdict;
import java.util.List;
import org.junit.jupiter.api.Test;

class AuthorizerChainTest {

  private static final Attributes ASKED =
      Attributes.path(new UserInfo("u", "", List.of(), java.util.Map.of()), "get", "/x");

  private static Decision none(String reason, String error) {
    return new Decision(Verdict.NO_OPINION, reason, error);
  }

  private static void decided(Decision expected, Decision... decisions) {
    Authorizer chain =
        Authorizer.chain(List.of(decisions).stream().<Authorizer>map(d -> _ -> d).toList());
    assertThat(chain.decide(ASKED)).isEqualTo(expected);
    assertThat(chain.ask(ASKED).await().indefinitely()).isEqualTo(expected);
  }

  @Test
  void theFirstOpinionDecidesAlone() {
    decided(Decision.allow("b"), none("a", "broken"), Decision.allow("b"), none("c", ""));
  }

  @Test
  void withoutOneAllReasonsAreTold() {
    decided(none("a\nc", "broken"), none("a", ""), none("", "broken"), none("c", ""));
    decided(Decision.NO_OPINION, none("", ""));
  }

  /** Each once, in upstream's form of several errors. */
  @Test
  void withoutOneAllErrorsAreTold() {
    decided(none("", "[a, b]"), none("", "a"), none("", "b"), none("", "a"));
    decided(none("", "a"), none("", "a"), none("", "a"));
  }

  private record Unlisted(String why) implements Authorizer {
    @Override
    public Decision decide(Attributes attributes) {
      return Decision.NO_OPINION;
    }

    @Override
    public String unlisted(UserInfo user) {
      return why;
    }
  }

  @Test
  void whatKeepsRulesFromBeingListedIsTold() {
    Authorizer a = new Unlisted("a");
    Authorizer none = new Unlisted("");
    assertThat(Authorizer.chain(List.of(none, none)).unlisted(ASKED.user())).isEmpty();
    assertThat(Authorizer.chain(List.of(none, a, a)).unlisted(ASKED.user())).isEqualTo("a");
    assertThat(Authorizer.chain(List.of(a, new Unlisted("b"))).unlisted(ASKED.user()))
        .isEqualTo("[a, b]");
  }
}
