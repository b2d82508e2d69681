package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coracle.apiserver.TestApi.Exchanged;
import dev.coracle.apiserver.internal.discovery.StartHooks;
import dev.coracle.apiserver.internal.discovery.StartHooks.Step;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Health, whole and one check at a time, under upstream's names and in its words. */
@ExtendWith(OwnServer.class)
class HealthTest {

  private static TestApi api;

  @BeforeAll
  static void start(TestApi ofOwnServer) {
    api = ofOwnServer;
    await().until(() -> code("/readyz") == 200);
  }

  private static Exchanged get(String path) {
    return api.exchange("GET", path, "", "*/*", new byte[0]);
  }

  private static int code(String path) {
    return get(path).code();
  }

  private static String text(String path) {
    return new String(get(path).bytes(), StandardCharsets.UTF_8);
  }

  /** What Kubernetes' own test of health handlers looks for. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "ping",
        "log",
        "poststarthook/start-apiserver-admission-initializer",
        "poststarthook/generic-apiserver-start-informers",
        "poststarthook/start-apiextensions-informers",
        "poststarthook/start-apiextensions-controllers",
        "poststarthook/crd-informer-synced",
        "poststarthook/bootstrap-controller",
        "poststarthook/rbac/bootstrap-roles",
        "poststarthook/scheduling/bootstrap-system-priority-classes",
        "poststarthook/start-cluster-authentication-info-controller",
        "poststarthook/start-kube-aggregator-informers",
        "poststarthook/apiservice-registration-controller",
        "poststarthook/kube-apiserver-autoregistration",
        "autoregister-completion",
        "poststarthook/apiservice-openapi-controller",
      })
  void checksHaveUpstreamsNames(String name) {
    for (String root : List.of("healthz", "livez", "readyz")) {
      assertThat(text("/" + root + "?verbose=1")).contains("[+]" + name + " ok\n");
      assertThat(text("/" + root + "/" + name)).isEqualTo("ok");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/readyz/shutdown,200",
    "/livez/shutdown,404",
    "/readyz/informer-sync,200",
    "/healthz/informer-sync,404",
    "/readyz/,404",
    "/readyz/nope,404",
    "/readyz/ping/x,404",
    "/livez/poststarthook,404",
  })
  void eachIsAskedWhereItSaysSomething(String path, int code) {
    assertThat(code(path)).isEqualTo(code);
  }

  @Test
  void whatIsLeftOutIsSaidAndWhatCannotBe() {
    assertThat(text("/livez?verbose&exclude=ping&exclude=zz&exclude=a%22b&exclude=log"))
        .startsWith("[+]ping excluded: ok\n[+]log excluded: ok\n[+]poststarthook/")
        .endsWith(
            "warn: some health checks cannot be excluded: no matches for \"a\\\"b\",\"zz\"\n"
                + "livez check passed\n");
    assertThat(text("/livez?exclude=zz")).isEqualTo("ok");
  }

  @Test
  void stepsOfTheStartAreToldApart() {
    StartHooks hooks = new StartHooks();
    List<HealthCheck> checks = hooks.checks(() -> Optional.of("missing"));
    hooks.reached(Step.CACHES);
    assertThat(problem(checks, "informer-sync")).isEmpty();
    assertThat(problem(checks, "poststarthook/rbac/bootstrap-roles")).contains("not finished");
    hooks.reached(Step.OBJECTS);
    assertThat(problem(checks, "poststarthook/rbac/bootstrap-roles")).isEmpty();
    assertThat(problem(checks, "poststarthook/bootstrap-controller")).isPresent();
    assertThat(problem(checks, "autoregister-completion")).contains("missing");
    assertThat(problem(checks, "shutdown")).isEmpty();
    hooks.stopping();
    assertThat(problem(checks, "shutdown")).contains("process is shutting down");
  }

  private static Optional<String> problem(List<HealthCheck> checks, String name) {
    return checks.stream()
        .filter(c -> c.name().equals(name))
        .findFirst()
        .orElseThrow()
        .problem()
        .get();
  }
}
