package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Who may make an object by updating or applying it, or give it owners (Kubernetes docs,
 * "Authorization").
 */
class CreatedInsteadTest {

  private static final String RBAC = "rbac.authorization.k8s.io";
  private static final GroupVersionResource ENDPOINTS =
      new GroupVersionResource("", "v1", "endpoints");

  @TempDir static Path dir;
  private static TestServer server;
  private static ApiCalls admin;

  @BeforeAll
  static void start() throws Exception {
    server = new TestServer(dir);
    admin = server.server().callsAs(UserInfo.of("admin", UserInfo.MASTERS));
    grant("changer", "'get','update','patch'");
    grant("maker", "'get','update','patch','create'");
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  private static void grant(String user, String verbs) {
    make(
        "clusterroles",
        "'rules':[{'apiGroups':[''],'resources':['endpoints'],'verbs':[" + verbs + "]}]",
        user);
    make(
        "clusterrolebindings",
        "'roleRef':{'apiGroup':'rbac.authorization.k8s.io','kind':'ClusterRole','name':'%1$s'},"
                .formatted(user)
            + "'subjects':[{'apiGroup':'rbac.authorization.k8s.io','kind':'User','name':'%s'}]"
                .formatted(user),
        user);
    // The grants are seen a moment after they are written.
    create(admin, "of-" + user);
    Awaitility.await().until(() -> refusal(() -> update(as(user), "of-" + user)).isEmpty());
  }

  private static void make(String resource, String body, String name) {
    admin
        .create(
            new GroupVersionResource(RBAC, "v1", resource),
            "",
            KubeObject.parse(
                ("{'metadata':{'name':'" + name + "'}," + body + "}").replace('\'', '"')),
            WriteOptions.NONE)
        .await()
        .indefinitely();
  }

  private static KubeObject endpoints(String name) {
    return KubeObject.parse(
        ("{'apiVersion':'v1','kind':'Endpoints','metadata':{'name':'"
                + name
                + "','namespace':'default'}}")
            .replace('\'', '"'));
  }

  private static ApiCalls as(String user) {
    return server.server().callsAs(UserInfo.of(user, UserInfo.AUTHENTICATED));
  }

  private static void create(ApiCalls calls, String name) {
    calls.create(ENDPOINTS, "default", endpoints(name), WriteOptions.NONE).await().indefinitely();
  }

  private static void update(ApiCalls calls, String name) {
    calls.update(ENDPOINTS, endpoints(name), "", WriteOptions.NONE).await().indefinitely();
  }

  private static void apply(ApiCalls calls, String name) {
    calls
        .patch(
            ENDPOINTS,
            "default",
            name,
            Patch.apply(endpoints(name).tree(), false),
            "",
            WriteOptions.by("test"))
        .await()
        .indefinitely();
  }

  private static String refusal(Runnable write) {
    try {
      write.run();
      return "";
    } catch (StatusException e) {
      return e.getMessage();
    }
  }

  @Test
  void whoMayOnlyChangeMakesNothing() {
    ApiCalls changer = as("changer");
    String words =
        "endpoints \"%s\" is forbidden: User \"changer\" cannot create resource \"endpoints\" in"
            + " API group \"\" in the namespace \"default\"";
    assertThatThrownBy(() -> update(changer, "updated")).hasMessage(words.formatted("updated"));
    assertThatThrownBy(() -> apply(changer, "applied")).hasMessage(words.formatted("applied"));
    assertThat(refusal(() -> apply(changer, "of-changer"))).isEmpty();
    ApiCalls maker = as("maker");
    assertThat(refusal(() -> update(maker, "updated"))).isEmpty();
    assertThat(refusal(() -> apply(maker, "applied"))).isEmpty();
  }

  /**
   * With a wrong owner an object is deleted, so that nobody else may name one (garbage collection).
   */
  @Test
  void whoeverChangesTheOwnersHasToBeAllowedToDelete() {
    Patch owned =
        Patch.merge(node ->
            node.putObject("metadata")
                .putArray("ownerReferences")
                .addObject()
                .put("apiVersion", "v1")
                .put("kind", "ConfigMap")
                .put("name", "owner")
                .put("uid", "u"));
    assertThat(
            refusal(() ->
                as("changer")
                    .patch(ENDPOINTS, "default", "of-changer", owned, "", WriteOptions.NONE)
                    .await()
                    .indefinitely()))
        .startsWith(
            "endpoints \"of-changer\" is forbidden: cannot set an ownerRef on a resource you can't"
                + " delete: ");
  }
}
