package dev.coracle.apiserver.internal.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.apiserver.ApiCalls;
import dev.coracle.apiserver.OwnServer;
import dev.coracle.apiserver.TestApi;
import dev.coracle.apiserver.TestServer;
import dev.coracle.apiserver.UserInfo;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the next start makes of default roles that somebody has changed. */
@ExtendWith(OwnServer.class)
class RoleReconcilerTest {

  private static final String RBAC = "/apis/rbac.authorization.k8s.io/v1/";
  private static final String ROLES = RBAC + "clusterroles/";
  private static final String BINDINGS = RBAC + "clusterrolebindings/";

  private static TestApi api;
  private static RoleReconciler reconciler;

  @BeforeAll
  static void start(TestServer server, TestApi ofOwnServer) {
    api = ofOwnServer;
    ApiCalls calls = server.server().callsAs(UserInfo.APISERVER);
    reconciler = new RoleReconciler(calls, new Ensurer(calls, Bootstrap.OPTIONS));
  }

  private static void startAgain() {
    reconciler.prime().await().atMost(Duration.ofSeconds(30));
    for (ObjectNode wanted : DefaultRoles.all()) {
      reconciler.reconcile(wanted).await().atMost(Duration.ofSeconds(30));
    }
  }

  private static JsonNode get(String path) {
    return api.get(path).ok().body();
  }

  @Test
  void whatIsAsItWasMadeIsNotWritten() {
    String before = get(RBAC + "clusterroles").at("/metadata/resourceVersion").asText();
    startAgain();
    assertThat(get(RBAC + "clusterroles").at("/metadata/resourceVersion").asText())
        .isEqualTo(before);
  }

  @Test
  void labelsByWhichRolesAreAggregatedComeBack() {
    String role = ROLES + "system:aggregate-to-view";
    api.merge(
            role,
            "{metadata: {labels: {mine: kept, rbac.authorization.k8s.io/aggregate-to-view: null},"
                + " annotations: null}}")
        .ok();
    startAgain();
    JsonNode metadata = get(role).path("metadata");
    assertThat(metadata.path("labels"))
        .isEqualTo(
            TestApi.tree(
                "{mine: kept, kubernetes.io/bootstrapping: rbac-defaults,"
                    + " rbac.authorization.k8s.io/aggregate-to-view: 'true'}"));
    assertThat(metadata.path("annotations"))
        .isEqualTo(TestApi.tree("{rbac.authorization.kubernetes.io/autoupdate: 'true'}"));
  }

  @Test
  void selectorsOfAggregatedRolesComeBack() {
    JsonNode before = get(ROLES + "edit").path("aggregationRule");
    api.merge(
            ROLES + "edit",
            "{aggregationRule: {clusterRoleSelectors: [{matchLabels: {mine: kept}}]}}")
        .ok();
    startAgain();
    assertThat(get(ROLES + "edit").at("/aggregationRule/clusterRoleSelectors"))
        .containsExactly(
            TestApi.tree("{matchLabels: {mine: kept}}"), before.at("/clusterRoleSelectors/0"));
  }

  @Test
  void rulesThatOthersCoverDoNot() {
    String all = "{rules: [{verbs: ['*'], apiGroups: ['*'], resources: ['*']}]}";
    api.merge(ROLES + "system:kube-dns", all).ok();
    api.merge(ROLES + "system:heapster", "{rules: []}").ok();
    startAgain();
    assertThat(get(ROLES + "system:kube-dns").path("rules"))
        .isEqualTo(TestApi.tree(all).path("rules"));
    assertThat(get(ROLES + "system:heapster").path("rules"))
        .isEqualTo(DefaultRoles.rulesOf("system:heapster"));
  }

  @Test
  void aBindingToAnotherRoleIsMadeAnew() {
    String binding = BINDINGS + "system:volume-scheduler";
    JsonNode before = get(binding);
    api.delete(binding).ok();
    api.post(
            RBAC + "clusterrolebindings",
            "{metadata: {name: 'system:volume-scheduler'}, roleRef: {apiGroup: rbac.authorization.k8s.io,"
                + " kind: ClusterRole, name: view}}")
        .ok();
    startAgain();
    assertThat(get(binding).path("roleRef")).isEqualTo(before.path("roleRef"));
    assertThat(get(binding).path("subjects")).isEqualTo(before.path("subjects"));
  }

  @Test
  void whoMayDiscoverTheApiSeesWhatIsPublicWhereNothingSaysIt() {
    api.merge(
            BINDINGS + "system:discovery",
            "{metadata: {annotations: {rbac.authorization.kubernetes.io/autoupdate: 'false', a: b}},"
                + " subjects: [{kind: Group, apiGroup: rbac.authorization.k8s.io, name: some}]}")
        .ok();
    api.delete(BINDINGS + "system:public-info-viewer").ok();
    startAgain();
    JsonNode discovery = get(BINDINGS + "system:discovery");
    JsonNode publicInfo = get(BINDINGS + "system:public-info-viewer");
    assertThat(publicInfo.path("subjects")).isEqualTo(discovery.path("subjects"));
    assertThat(publicInfo.at("/metadata/annotations"))
        .isEqualTo(discovery.at("/metadata/annotations"));
    assertThat(publicInfo.at("/roleRef/name").asText()).isEqualTo("system:public-info-viewer");
    assertThat(discovery.path("subjects")).hasSize(1);
  }
}
