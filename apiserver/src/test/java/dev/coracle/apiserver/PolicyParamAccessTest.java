package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.WriteOptions;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who writes an admission policy may read what its parameters are. */
class PolicyParamAccessTest {

  private static final String RBAC = "rbac.authorization.k8s.io";
  private static final String ADMISSION = "admissionregistration.k8s.io";
  private static final String WHO = "&{reader  [system:authenticated] map[]}";

  @TempDir static Path dir;
  private static TestServer server;
  private static ApiCalls admin;
  private static ApiCalls reader;

  @BeforeAll
  static void start() throws Exception {
    server = new TestServer(dir);
    admin = server.server().callsAs(UserInfo.of("admin", UserInfo.MASTERS));
    reader = server.server().callsAs(UserInfo.of("reader", UserInfo.AUTHENTICATED));
    create(
        admin,
        RBAC,
        "clusterroles",
        """
        {'apiVersion':'rbac.authorization.k8s.io/v1','kind':'ClusterRole',
         'metadata':{'name':'reader'},'rules':[
         {'apiGroups':['admissionregistration.k8s.io'],'resources':['*'],'verbs':['*']},
         {'apiGroups':[''],'resources':['configmaps'],'verbs':['get']}]}\
        """);
    create(
        admin,
        RBAC,
        "clusterrolebindings",
        """
        {'apiVersion':'rbac.authorization.k8s.io/v1','kind':'ClusterRoleBinding',
         'metadata':{'name':'reader'},
         'roleRef':{'apiGroup':'rbac.authorization.k8s.io','kind':'ClusterRole','name':'reader'},
         'subjects':[{'apiGroup':'rbac.authorization.k8s.io','kind':'User','name':'reader'}]}\
        """);
    Awaitility.await()
        .untilAsserted(
            () -> assertThat(policy(reader, "first", "ConfigMap")).as("role is known").isEmpty());
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  /** What came of it: empty, or why not. */
  private static String create(ApiCalls as, String group, String resource, String json) {
    KubeObject object = KubeObject.parse(json.replace('\'', '"'));
    try {
      as.create(new GroupVersionResource(group, "v1", resource), "", object, WriteOptions.NONE)
          .await()
          .indefinitely();
      return "";
    } catch (StatusException e) {
      String message = String.valueOf(e.getMessage());
      return message.substring(message.indexOf("spec."));
    }
  }

  private static String policy(ApiCalls as, String name, String kind) {
    return create(
        as,
        ADMISSION,
        "validatingadmissionpolicies",
        """
        {'apiVersion':'admissionregistration.k8s.io/v1','kind':'ValidatingAdmissionPolicy',
         'metadata':{'name':'%s'},'spec':{'paramKind':{'apiVersion':'v1','kind':'%s'},
         'matchConstraints':{'resourceRules':[{'apiGroups':['x.example'],'apiVersions':['v1'],
         'operations':['CREATE'],'resources':['xs']}]},'validations':[{'expression':'true'}]}}\
        """
            .formatted(name, kind));
  }

  private static String binding(String name, String policy, String ref) {
    return create(
        reader,
        ADMISSION,
        "validatingadmissionpolicybindings",
        """
        {'apiVersion':'admissionregistration.k8s.io/v1','kind':'ValidatingAdmissionPolicyBinding',
         'metadata':{'name':'%s'},'spec':{'policyName':'%s','validationActions':['Deny'],
         'paramRef':{%s,'namespace':'default','parameterNotFoundAction':'Deny'}}}\
        """
            .formatted(name, policy, ref));
  }

  @Test
  void aPolicysParametersAreReadByWhoMayReadThem() {
    assertThat(policy(reader, "maps", "ConfigMap")).isEmpty();
    assertThat(policy(reader, "secrets", "Secret"))
        .isEqualTo(
            "spec.paramKind: Forbidden: user "
                + WHO
                + " must have \"get\" permission on all objects of the referenced paramKind"
                + " (kind=Secret, apiVersion=v1)");
    assertThat(policy(admin, "secrets", "Secret")).isEmpty();
  }

  @Test
  void aBindingIsMadeByWhoMayGetOrListItsParameters() {
    assertThat(policy(admin, "of-maps", "ConfigMap")).isEmpty();
    assertThat(policy(admin, "of-pods", "Pod")).isEmpty();
    assertThat(policy(admin, "of-unknown", "Unknown")).isEmpty();
    assertThat(binding("one", "of-maps", "'name':'c'")).isEmpty();
    assertThat(binding("all", "of-maps", "'selector':{}"))
        .isEqualTo(
            "spec.paramRef: Forbidden: user "
                + WHO
                + " does not have \"list\" permission on the object referenced by paramRef");
    assertThat(binding("pod", "of-pods", "'name':'p'"))
        .isEqualTo(
            "spec.paramRef: Forbidden: user "
                + WHO
                + " does not have \"get\" permission on the object referenced by paramRef");
    String all = " to determine minimum required permissions and user " + WHO;
    all += " does not have \"get\" permission for all groups, versions and resources";
    assertThat(binding("none", "absent", "'name':'p'"))
        .isEqualTo("spec.paramRef: Forbidden: unable to get policy absent" + all);
    assertThat(binding("what", "of-unknown", "'name':'p'"))
        .isEqualTo("spec.paramRef: Forbidden: unable to resolve paramKind &{v1 Unknown}" + all);
  }
}
