package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Which parts of a ResourceClaim's status somebody may change (Kubernetes docs, "Hardening Guide -
 * Dynamic Resource Allocation").
 */
class ClaimStatusAccessTest {

  private static final String RBAC = "rbac.authorization.k8s.io";
  private static final String NODE_NAME = "authentication.kubernetes.io/node-name";
  private static final String ALLOCATION =
      "{'nodeSelector':{'nodeSelectorTerms':[{'matchFields':[{'key':'metadata.name',"
          + "'operator':'In','values':['n1']}]}]},'devices':{'results':["
          + "{'request':'r','driver':'a.example','pool':'p','device':'d'},"
          + "{'request':'r','driver':'b.example','pool':'p','device':'e'}]}}";

  @TempDir static Path dir;
  private static TestServer server;
  private static ApiCalls admin;
  private static int number;

  @BeforeAll
  static void start() throws Exception {
    server = new TestServer(dir);
    admin = server.server().callsAs(UserInfo.of("admin", UserInfo.MASTERS));
    role("binder", "'resourceclaims/binding'", "'patch'", "");
    role("neighbour", "'resourceclaims/driver'", "'associated-node:patch'", "a.example");
    role("anywhere", "'resourceclaims/driver'", "'arbitrary-node:patch'", "a.example");
    role("updater", "'resourceclaims/binding','resourceclaims/driver'", "'update'", "");
    role("plain", "'resourceclaims/binding'", "'get'", "");
  }

  /** Whoever is called so may patch any claim's status, and what else is said. */
  private static void role(String user, String resources, String verbs, String name) {
    String names = name.isEmpty() ? "" : ",'resourceNames':['" + name + "']";
    create(
        new GroupVersionResource(RBAC, "v1", "clusterroles"),
        """
        {'apiVersion':'rbac.authorization.k8s.io/v1','kind':'ClusterRole','metadata':{'name':'%s'},
         'rules':[{'apiGroups':['resource.k8s.io'],'resources':['resourceclaims/status'],
           'verbs':['patch']},
           {'apiGroups':['resource.k8s.io'],'resources':[%s],'verbs':[%s]%s}]}\
        """
            .formatted(user, resources, verbs, names));
    create(
        new GroupVersionResource(RBAC, "v1", "clusterrolebindings"),
        """
        {'apiVersion':'rbac.authorization.k8s.io/v1','kind':'ClusterRoleBinding',
         'metadata':{'name':'%s'},
         'roleRef':{'apiGroup':'rbac.authorization.k8s.io','kind':'ClusterRole','name':'%s'},
         'subjects':[{'kind':'ServiceAccount','namespace':'default','name':'%s'}]}\
        """
            .formatted(user, user, user));
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  private static KubeObject create(GroupVersionResource resource, String json) {
    KubeObject object = KubeObject.parse(json.replace('\'', '"'));
    return admin
        .create(resource, object.namespace(), object, WriteOptions.NONE)
        .await()
        .indefinitely();
  }

  private static String claim(String status) {
    String name = "c" + ++number;
    create(
        Resources.RESOURCE_CLAIMS,
        """
        {'apiVersion':'resource.k8s.io/v1','kind':'ResourceClaim',
         'metadata':{'name':'%s','namespace':'default'},
         'spec':{'devices':{'requests':[{'name':'r','exactly':{'deviceClassName':'c','count':2}}]}}}\
        """
            .formatted(name));
    patch(admin, name, status);
    return name;
  }

  private static void patch(ApiCalls as, String name, String status) {
    as.patch(
            Resources.RESOURCE_CLAIMS,
            "default",
            name,
            Patch.merge(tree -> tree.set("status", Json.parse(status.replace('\'', '"')))),
            "status",
            WriteOptions.NONE)
        .await()
        .indefinitely();
  }

  private static ApiCalls account(String name, String node) {
    Map<String, List<String>> extra = node.isEmpty() ? Map.of() : Map.of(NODE_NAME, List.of(node));
    return server
        .server()
        .callsAs(
            new UserInfo(
                "system:serviceaccount:default:" + name,
                "",
                List.of(UserInfo.AUTHENTICATED),
                extra));
  }

  /** What came of it: empty, or the first words of the refusal. */
  private static String outcome(String user, String node, String before, String change) {
    String name = claim(before);
    ApiCalls as = account(user, node);
    // The roles were written a moment ago.
    Awaitility.await().until(() -> !refusal(as, name, "{}").contains("cannot patch resource"));
    return refusal(as, name, change);
  }

  private static String refusal(ApiCalls as, String name, String change) {
    try {
      patch(as, name, change);
      return "";
    } catch (StatusException e) {
      return e.status().code() + " " + e.getMessage();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "plain | '' | {'reservedFor':[{'resource':'pods','name':'p','uid':'u'}]} | binding",
        "plain | '' | {'allocation':null} | binding",
        "updater | '' | {'allocation':null} | binding",
        "binder | '' | {'allocation':null} | ''",
        "binder | '' | {'reservedFor':[{'resource':'pods','name':'p','uid':'u'}]} | ''",
        "plain | '' | {'reservedFor':[]} | ''",
        "binder | '' | {'devices':[{'driver':'a.example','pool':'p','device':'d'}]} | driver",
        "anywhere | '' | {'devices':[{'driver':'a.example','pool':'p','device':'d'}]} | ''",
        "anywhere | '' | {'devices':[{'driver':'b.example','pool':'p','device':'e'}]} | driver",
        "neighbour | '' | {'devices':[{'driver':'a.example','pool':'p','device':'d'}]} | driver",
        "neighbour | n1 | {'devices':[{'driver':'a.example','pool':'p','device':'d'}]} | ''",
        "neighbour | n2 | {'devices':[{'driver':'a.example','pool':'p','device':'d'}]} | driver",
      })
  void everyPartHasAPermissionOfItsOwn(String user, String node, String change, String refused) {
    String words = outcome(user, node, "{'allocation':" + ALLOCATION + "}", change);
    switch (refused) {
      case "" -> assertThat(words).isEmpty();
      case "binding" ->
          assertThat(words)
              .startsWith("422 ")
              .contains(
                  "status: Forbidden: changing status.allocation or status.reservedFor requires"
                      + " resource=\"resourceclaims/binding\", verb=\"patch\" permission:"
                      + " resourceclaims.resource.k8s.io is forbidden: User"
                      + " \"system:serviceaccount:default:"
                      + user
                      + "\" cannot patch resource \"resourceclaims/binding\" in API group"
                      + " \"resource.k8s.io\" at the cluster scope");
      default ->
          assertThat(words)
              .startsWith("422 ")
              .contains(
                  "status.devices: Forbidden: changing status.devices requires"
                      + " resource=\"resourceclaims/driver\", verb=\"[");
    }
  }

  @Test
  void theRefusalNamesTheDriverAndTheVerb() {
    String devices = "{'devices':[{'driver':'b.example','pool':'p','device':'e'}]}";
    assertThat(outcome("neighbour", "n1", "{'allocation':" + ALLOCATION + "}", devices))
        .contains(
            "verb=\"[associated-node:patch arbitrary-node:patch]\" permission:"
                + " resourceclaims.resource.k8s.io \"b.example\" is forbidden: User"
                + " \"system:serviceaccount:default:neighbour\" cannot associated-node:patch"
                + " resource \"resourceclaims/driver\" in API group \"resource.k8s.io\" in the"
                + " namespace \"default\"");
  }

  @Test
  void whatGoesWithItsDeviceIsNobodysChange() {
    String before =
        "{'allocation':"
            + ALLOCATION
            + ",'devices':[{'driver':'a.example','pool':'p','device':'d'}]}";
    assertThat(outcome("binder", "", before, "{'allocation':null}")).isEmpty();
    assertThat(outcome("binder", "", before, "{'devices':[]}")).contains("resourceclaims/driver");
  }
}
