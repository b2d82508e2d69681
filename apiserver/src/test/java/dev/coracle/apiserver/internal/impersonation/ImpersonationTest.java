package dev.coracle.apiserver.internal.impersonation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.StatusException;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.ApiServerMetrics;
import dev.coracle.apiserver.internal.authz.Attributes;
import dev.coracle.apiserver.internal.authz.Authorizer.Decision;
import dev.coracle.apiserver.internal.impersonation.Impersonation.Impersonated;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.MultiMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who may act as whom, for which requests (KEP-5284). */
class ImpersonationTest {

  private static final String AGENT = "system:serviceaccount:kube-system:agent";

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final List<String> asked = new ArrayList<>();

  private static UserInfo requestor(String name) {
    return new UserInfo(
        name,
        "",
        List.of(UserInfo.AUTHENTICATED),
        Map.of("authentication.kubernetes.io/node-name", List.of("n1")));
  }

  /** {@code VERB RESOURCE NAMESPACE/NAME}. */
  private static String words(Attributes a) {
    String group = a.group().isEmpty() ? "" : "." + a.group();
    return a.verb()
        + " "
        + a.resourceAndSubresource()
        + group
        + " "
        + a.namespace()
        + "/"
        + a.name();
  }

  private Impersonated as(String requestor, WantedUser wanted, String... allowed) {
    Set<String> all = Set.of(allowed);
    return new Impersonation(
            a -> {
              asked.add(words(a));
              return all.contains(words(a)) ? Decision.allow("") : Decision.NO_OPINION;
            },
            new ApiServerMetrics(registry))
        .decide(
            wanted,
            Attributes.resource(requestor(requestor), "list", "", "pods", "", "default", ""))
        .await()
        .indefinitely();
  }

  private static WantedUser user(String name) {
    return new WantedUser(name, "", List.of(), Map.of());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "system:node:n1 | impersonate-on:associated-node:list pods default/ |"
            + " impersonate:associated-node nodes.authentication.k8s.io /* |"
            + " impersonate:associated-node | system:nodes,system:authenticated",
        "system:node:n2 | impersonate-on:arbitrary-node:list pods default/ |"
            + " impersonate:arbitrary-node nodes.authentication.k8s.io /n2 |"
            + " impersonate:arbitrary-node | system:nodes,system:authenticated",
        "system:serviceaccount:a:b | impersonate-on:serviceaccount:list pods default/ |"
            + " impersonate:serviceaccount serviceaccounts.authentication.k8s.io a/b |"
            + " impersonate:serviceaccount |"
            + " system:serviceaccounts,system:serviceaccounts:a,system:authenticated",
        "jane | impersonate-on:user-info:list pods default/ |"
            + " impersonate:user-info users.authentication.k8s.io /jane | impersonate:user-info |"
            + " system:authenticated",
        "system:anonymous | impersonate-on:user-info:list pods default/ |"
            + " impersonate:user-info users.authentication.k8s.io /system:anonymous |"
            + " impersonate:user-info | system:unauthenticated",
        "jane | impersonate users /jane | - | '' | system:authenticated",
        "system:node:n1 | impersonate users /system:node:n1 | - | '' | system:authenticated",
        "system:serviceaccount:a:b | impersonate serviceaccounts a/b | - | '' |"
            + " system:serviceaccounts,system:serviceaccounts:a,system:authenticated",
      })
  void everyModeHasVerbsOfItsOwn(
      String wanted, String first, String second, String constraint, String groups) {
    Impersonated who =
        second == null ? as(AGENT, user(wanted), first) : as(AGENT, user(wanted), first, second);
    assertThat(who.constraint()).isEqualTo(constraint);
    assertThat(who.user().name()).isEqualTo(wanted);
    assertThat(String.join(",", who.user().groups())).isEqualTo(groups);
  }

  @ParameterizedTest
  @CsvSource({
    "impersonate-on:user-info:list pods default/",
    "impersonate:user-info users.authentication.k8s.io /jane",
    "impersonate-on:user-info:get pods default/",
  })
  void oneOfTheTwoQuestionsIsNotEnough(String only) {
    assertThatThrownBy(() -> as(AGENT, user("jane"), only))
        .isInstanceOf(StatusException.class)
        .matches(StatusException::isForbidden);
  }

  @Test
  void theFirstRefusalIsWhatIsTold() {
    assertThatThrownBy(() -> as("joe", user("jane")))
        .hasMessage(
            "pods is forbidden: User \"joe\" cannot impersonate-on:user-info:list resource"
                + " \"pods\" in API group \"\" in the namespace \"default\"");
    assertThat(asked)
        .containsExactly("impersonate-on:user-info:list pods default/", "impersonate users /jane");
    assertThat(
            registry
                .get("apiserver_impersonation_attempts_total")
                .tags("mode", "", "decision", "denied")
                .counter()
                .count())
        .isOne();
  }

  @Test
  void onlyAServiceAccountIsAssociatedWithANode() {
    assertThatThrownBy(() -> as("joe", user("system:node:n1")));
    assertThat(asked).noneMatch(question -> question.contains("associated-node"));
  }

  @Test
  void everyPartOfTheUserIsAskedFor() {
    WantedUser wanted =
        new WantedUser("jane", "7", List.of("a", "b"), Map.of("example.com/k", List.of("v")));
    Impersonated who =
        as(
            "joe",
            wanted,
            "impersonate-on:user-info:list pods default/",
            "impersonate:user-info users.authentication.k8s.io /jane",
            "impersonate:user-info uids.authentication.k8s.io /7",
            "impersonate:user-info groups.authentication.k8s.io /a",
            "impersonate:user-info groups.authentication.k8s.io /b",
            "impersonate:user-info userextras/example.com/k.authentication.k8s.io /v");
    assertThat(who.user())
        .isEqualTo(
            new UserInfo(
                "jane",
                "7",
                List.of("a", "b", UserInfo.AUTHENTICATED),
                Map.of("example.com/k", List.of("v"))));
  }

  @Test
  void manyGroupsMayBeAllowedAtOnce() {
    WantedUser wanted = new WantedUser("jane", "", List.of("a", "b", "c", "d"), Map.of());
    Impersonated who =
        as(
            "joe",
            wanted,
            "impersonate-on:user-info:list pods default/",
            "impersonate:user-info users.authentication.k8s.io /jane",
            "impersonate:user-info groups.authentication.k8s.io /*");
    assertThat(who.constraint()).isEqualTo("impersonate:user-info");
    assertThat(asked).hasSize(3);
  }

  @Test
  void mastersAreLeftToTheOldMode() {
    WantedUser wanted = new WantedUser("jane", "", List.of(UserInfo.MASTERS), Map.of());
    Impersonated who =
        as(
            "joe",
            wanted,
            "impersonate-on:user-info:list pods default/",
            "impersonate:user-info users.authentication.k8s.io /jane",
            "impersonate:user-info groups.authentication.k8s.io /system:masters",
            "impersonate users /jane",
            "impersonate groups /system:masters");
    assertThat(who.constraint()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "plain | v | an invalid key in extra is not allowed: extra.key: Invalid value: \"plain\":"
            + " must be a domain-prefixed path",
        "a.b/K | v | a non-lowercase key in extra is not allowed: \"a.b/K\"",
        "a.b/k | '' | the empty string value in extra is not allowed",
      })
  void someExtraFieldsAreForNobody(String key, String value, String problem) {
    WantedUser wanted = new WantedUser("jane", "", List.of(), Map.of(key, List.of(value)));
    assertThatThrownBy(() ->
            as(
                "joe",
                wanted,
                "impersonate-on:user-info:list pods default/",
                "impersonate:user-info users.authentication.k8s.io /jane"))
        .hasMessageContaining("impersonating " + problem);
  }

  @Test
  void groupsWithoutAUserAreAMistake() {
    MultiMap headers =
        MultiMap.caseInsensitiveMultiMap()
            .add("Impersonate-Group", "g")
            .add("Impersonate-Extra-Some%2fKey", "v");
    assertThatThrownBy(() -> WantedUser.of(headers))
        .hasMessage(
            "requested &user.DefaultInfo{Name:\"\", UID:\"\", Groups:[]string{\"g\"},"
                + " Extra:map[string][]string{\"some/key\":[]string{\"v\"}}} without impersonating"
                + " a user name");
    assertThat(WantedUser.of(MultiMap.caseInsensitiveMultiMap().add("Accept", "x"))).isEmpty();
  }
}
