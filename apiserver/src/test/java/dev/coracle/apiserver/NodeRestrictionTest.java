package dev.coracle.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import java.nio.file.Path;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a kubelet may not, whatever it is authorised to do (Kubernetes docs, "Admission
 * Controllers": NodeRestriction).
 */
class NodeRestrictionTest {

  private static final GroupVersionResource ROLES =
      new GroupVersionResource("rbac.authorization.k8s.io", "v1", "clusterroles");
  private static final GroupVersionResource BINDINGS =
      new GroupVersionResource("rbac.authorization.k8s.io", "v1", "clusterrolebindings");
  private static final GroupVersionResource DRIVERS =
      new GroupVersionResource("storage.k8s.io", "v1", "csidrivers");

  @TempDir static Path dir;
  private static TestServer server;
  private static ApiCalls admin;
  private static ApiCalls node;
  private static KubeObject machine;
  private static KubeObject mine;
  private static KubeObject other;

  @BeforeAll
  static void start() throws Exception {
    server = new TestServer(dir);
    admin = server.server().callsAs(UserInfo.of("admin", UserInfo.MASTERS));
    node = server.server().callsAs(UserInfo.component("system:node:n1"));
    create(
        admin,
        ROLES,
        "{'metadata':{'name':'nodes'},'rules':[{'apiGroups':['*'],'resources':['*'],"
            + "'verbs':['create','update','patch','delete']}]}");
    create(
        admin,
        BINDINGS,
        """
        {'metadata':{'name':'nodes'},'subjects':[{'kind':'Group','name':'system:nodes',
           'apiGroup':'rbac.authorization.k8s.io'}],
         'roleRef':{'kind':'ClusterRole','name':'nodes',
           'apiGroup':'rbac.authorization.k8s.io'}}\
        """);
    machine = create(admin, Resources.NODES, "{'metadata':{'name':'n1','labels':{'a':'b'}}}");
    create(admin, Resources.NODES, "{'metadata':{'name':'n2'}}");
    create(
        admin, Resources.SERVICE_ACCOUNTS, "{'metadata':{'name':'default','namespace':'default'}}");
    create(
        admin,
        DRIVERS,
        "{'metadata':{'name':'d.example'},'spec':{'tokenRequests':[{'audience':'driver'}]}}");
    mine = create(admin, Resources.PODS, pod("mine", "n1"));
    other = create(admin, Resources.PODS, pod("other", "n2"));
    create(
        admin,
        Resources.PERSISTENT_VOLUME_CLAIMS,
        "{'metadata':{'name':'claim','namespace':'default'},'spec':{'accessModes':['ReadWriteOnce'],"
            + "'resources':{'requests':{'storage':'1Gi'}}}}");
    // The binding was written a moment ago.
    Awaitility.await().until(() -> !patch("nodes", "n1", "", "{}").contains("cannot patch"));
  }

  private static String pod(String name, String node) {
    return """
    {'metadata':{'name':'%s','namespace':'default'},'spec':{'nodeName':'%s',
     'containers':[{'name':'c','image':'i'}],'volumes':[
       {'name':'v','projected':{'sources':[
         {'serviceAccountToken':{'path':'t','audience':'vault'}}]}},
       {'name':'w','csi':{'driver':'d.example'}}]}}\
    """
        .formatted(name, node);
  }

  @AfterAll
  static void stop() throws Exception {
    if (server != null) {
      server.close();
    }
  }

  private static KubeObject create(ApiCalls as, GroupVersionResource resource, String json) {
    ObjectNode tree = (ObjectNode) Json.parse(json.replace('\'', '"'));
    KubeObject object = KubeObject.of(tree);
    return as.create(resource, object.namespace(), object, WriteOptions.NONE)
        .await()
        .indefinitely();
  }

  private interface Attempt {
    void run();
  }

  /** Empty, or the words of the refusal. */
  private static String refusal(Attempt attempt) {
    try {
      attempt.run();
      return "";
    } catch (StatusException e) {
      return e.status().code() + " " + e.getMessage();
    }
  }

  private static String patch(String resource, String name, String subresource, String patch) {
    String namespace = resource.equals("nodes") ? "" : "default";
    return refusal(() ->
        node.patch(
                new GroupVersionResource("", "v1", resource),
                namespace,
                name,
                Patch.merge(tree -> tree.setAll((ObjectNode) Json.parse(patch.replace('\'', '"')))),
                subresource,
                WriteOptions.NONE)
            .await()
            .indefinitely());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "nodes | n1 | '' | {'metadata':{'labels':{'a':'c'}}} | ''",
        "nodes | n1 | '' | {'metadata':{'labels':{'node.kubernetes.io/x':'y'}}} | ''",
        "nodes | n1 | '' | {'metadata':{'labels':{'topology.kubernetes.io/zone':'y'}}} | ''",
        "nodes | n1 | '' | {'metadata':{'labels':{'node-restriction.kubernetes.io/x':'y'}}} |"
            + " is not allowed to modify labels: node-restriction.kubernetes.io/x",
        "nodes | n1 | '' | {'metadata':{'labels':{'a.node-restriction.kubernetes.io/x':'y'}}} |"
            + " is not allowed to modify labels: a.node-restriction.kubernetes.io/x",
        "nodes | n1 | '' | {'metadata':{'labels':{'node-role.kubernetes.io/x':'','k8s.io/z':''}}} |"
            + " is not allowed to modify labels: k8s.io/z, node-role.kubernetes.io/x",
        "nodes | n1 | '' | {'spec':{'taints':[{'key':'k','effect':'NoSchedule'}]}} | node \"n1\" is"
            + " not allowed to modify taints",
        "nodes | n2 | '' | {'metadata':{'labels':{'a':'c'}}} | node \"n1\" is not allowed to modify"
            + " node \"n2\"",
        "pods | mine | status | {'status':{'phase':'Running'}} | ''",
        "pods | other | status | {'status':{'phase':'Running'}} | node \"n1\" can only update pod"
            + " status for pods with spec.nodeName set to itself",
        "pods | mine | status | {'status':{'resourceClaimStatuses':[{'name':'x',"
            + "'resourceClaimName':'y'}]}} | cannot update resource claim statues",
        "pods | mine | '' | {'metadata':{'labels':{'a':'b'}}} | node \"n1\" can only create and"
            + " delete mirror pods",
        "persistentvolumeclaims | claim | status | {'status':{'capacity':{'storage':'2Gi'}}} | ''",
        "persistentvolumeclaims | claim | status | {'status':{'phase':'Lost'}} | node \"n1\" is not"
            + " allowed to update fields other than",
        "persistentvolumeclaims | claim | '' | {'metadata':{'labels':{'a':'b'}}} | may only update"
            + " PVC status",
      })
  void changes(String resource, String name, String subresource, String patch, String refused) {
    String words = patch(resource, name, subresource, patch);
    if (refused.isEmpty()) {
      assertThat(words).isEmpty();
    } else {
      assertThat(words).startsWith("403").contains(refused);
    }
  }

  private static String mirror(String spec, String owner) {
    return """
    {'metadata':{'name':'mirror','namespace':'default',
      'annotations':{'kubernetes.io/config.mirror':'x'},'ownerReferences':[%s]},
     'spec':{'nodeName':'n1','containers':[{'name':'c','image':'i'}]%s}}\
    """
        .formatted(owner, spec);
  }

  private static String owner(String uid) {
    return "{'apiVersion':'v1','kind':'Node','name':'n1','controller':true,'uid':'" + uid + "'}";
  }

  @Test
  void itMakesMirrorsOfItsOwnStaticPodsAlone() {
    String own = owner(machine.uid());
    assertThat(refusal(() -> create(node, Resources.PODS, pod("plain", "n1"))))
        .contains("annotation, node \"n1\" can only create mirror pods");
    assertThat(refusal(() -> create(node, Resources.PODS, mirror("", ""))))
        .contains("can only create pods with an owner reference set to itself");
    assertThat(refusal(() -> create(node, Resources.PODS, mirror("", owner("7")))))
        .contains("node n1 UID mismatch: expected 7 got " + machine.uid());
    assertThat(
            refusal(() ->
                create(node, Resources.PODS, mirror(",'imagePullSecrets':[{'name':'s'}]", own))))
        .contains("a mirror pod may not reference secrets");
    assertThat(
            refusal(() ->
                create(
                    node,
                    Resources.PODS,
                    mirror(
                        ",'volumes':[{'name':'v','persistentVolumeClaim':{'claimName':'c'}}]",
                        own))))
        .contains("node \"n1\" can not create pods that reference persistentvolumeclaims");
    assertThat(refusal(() -> create(node, Resources.PODS, mirror("", own)))).isEmpty();
    node.delete(Resources.PODS, "default", "mirror", DeleteOptions.now()).await().indefinitely();
  }

  private static String token(String audiences, String bound) {
    return refusal(() ->
        node.createSubresource(
                Resources.SERVICE_ACCOUNTS,
                "default",
                "default",
                "token",
                KubeObject.parse(
                    ("{'apiVersion':'authentication.k8s.io/v1','kind':'TokenRequest','metadata':{},"
                            + "'spec':{'audiences':"
                            + audiences
                            + bound
                            + "}}")
                        .replace('\'', '"')),
                WriteOptions.NONE)
            .await()
            .indefinitely());
  }

  private static String bound(String name, String uid) {
    return ",'boundObjectRef':{'apiVersion':'v1','kind':'Pod','name':'"
        + name
        + "','uid':'"
        + uid
        + "'}";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "['vault'] | ''",
        "['driver'] | ''",
        "[] | ''",
        "['elsewhere'] | audience \"elsewhere\" not found in pod spec volume",
        "['vault','driver'] | node may only request 0 or 1 audiences",
      })
  void tokensAreForWhomThePodHasThemMade(String audiences, String refused) {
    assertThat(token(audiences, bound("mine", mine.uid())))
        .contains(refused)
        .satisfies(words -> assertThat(words.isEmpty()).isEqualTo(refused.isEmpty()));
  }

  @Test
  void tokensAreBoundToPodsOfTheNode() {
    assertThat(token("['vault']", "")).contains("node requested token not bound to a pod");
    assertThat(token("['vault']", bound("mine", "")))
        .contains("node requested token with a pod binding without a uid");
    assertThat(token("['vault']", bound("mine", "7")))
        .contains("the UID in the bound object reference (7) does not match the UID in record.");
    assertThat(token("['vault']", bound("other", other.uid())))
        .contains("node requested token bound to a pod scheduled on a different node");
  }

  @Test
  void podsOfOtherNodesStay() {
    assertThat(
            refusal(() ->
                node.delete(Resources.PODS, "default", "other", DeleteOptions.now())
                    .await()
                    .indefinitely()))
        .contains("node \"n1\" can only delete pods with spec.nodeName set to itself");
    assertThat(
            refusal(() ->
                node.createSubresource(
                        Resources.PODS,
                        "default",
                        "other",
                        "eviction",
                        KubeObject.parse(
                            "{\"apiVersion\":\"policy/v1\",\"kind\":\"Eviction\","
                                + "\"metadata\":{\"name\":\"other\",\"namespace\":\"default\"}}"),
                        WriteOptions.NONE)
                    .await()
                    .indefinitely()))
        .contains("node n1 can only evict pods with spec.nodeName set to itself");
  }

  @Test
  void slicesAreOfItsOwnDevices() {
    String slice =
        "{'metadata':{'name':'s'},'spec':{'driver':'d.example','nodeName':'n2','pool':{'name':'p',"
            + "'generation':1,'resourceSliceCount':1}}}";
    assertThat(
            refusal(() ->
                create(
                    node,
                    new GroupVersionResource("resource.k8s.io", "v1", "resourceslices"),
                    slice)))
        .contains("can only create ResourceSlice with the same NodeName as the requesting node");
  }
}
