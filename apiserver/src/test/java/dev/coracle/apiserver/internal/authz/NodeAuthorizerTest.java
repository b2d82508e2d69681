package dev.coracle.apiserver.internal.authz;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.MemoryStore;
import dev.coracle.apiserver.UserInfo;
import dev.coracle.apiserver.internal.authz.Authorizer.Decision;
import dev.coracle.apiserver.internal.authz.Authorizer.Verdict;
import dev.coracle.apiserver.internal.http.RequestInfo;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the node n1 may, of whose two pods one uses things, and what n2's belongs to n2. */
class NodeAuthorizerTest {

  private static final Vertx VERTX = Vertx.vertx();
  private static final MemoryStore STORE = new MemoryStore();
  private static NodeAuthorizer nodes;

  @BeforeAll
  static void start() {
    put(
        STORE,
        new GroupResource("", "pods"),
        """
        {'apiVersion':'v1','kind':'Pod','metadata':{'name':'p','namespace':'d'},
         'spec':{'nodeName':'n1','serviceAccountName':'robot',
          'resourceClaims':[{'name':'a','resourceClaimName':'named'},{'name':'b','resourceClaimTemplateName':'t'}],
          'volumes':[{'name':'s','secret':{'secretName':'s'}},
           {'name':'c','persistentVolumeClaim':{'claimName':'pvc'}}]},
         'status':{'resourceClaimStatuses':[{'name':'b','resourceClaimName':'p-b-x'}]}}\
        """);
    put(
        STORE,
        new GroupResource("", "pods"),
        """
        {'apiVersion':'v1','kind':'Pod','metadata':{'name':'q','namespace':'d'},
         'spec':{'nodeName':'n2'}}\
        """);
    for (String node : List.of("n1", "n2")) {
      put(
          STORE,
          new GroupResource("resource.k8s.io", "resourceslices"),
          "{'apiVersion':'resource.k8s.io/v1','kind':'ResourceSlice','metadata':{'name':'of-"
              + node
              + "'},'spec':{'nodeName':'"
              + node
              + "'}}");
      put(
          STORE,
          new GroupResource("storage.k8s.io", "volumeattachments"),
          "{'apiVersion':'storage.k8s.io/v1','kind':'VolumeAttachment','metadata':{'name':'of-"
              + node
              + "'},'spec':{'nodeName':'"
              + node
              + "'}}");
    }
    put(
        STORE,
        new GroupResource("", "persistentvolumes"),
        """
        {'apiVersion':'v1','kind':'PersistentVolume','metadata':{'name':'pv'},
         'spec':{'claimRef':{'namespace':'d','name':'pvc'},
          'csi':{'nodeStageSecretRef':{'namespace':'csi','name':'stage'}}}}\
        """);
    for (String node : List.of("n1", "n2")) {
      put(
          STORE,
          new GroupResource("", "persistentvolumes"),
          """
          {'apiVersion':'v1','kind':'PersistentVolume','metadata':{'name':'local-of-%s',
            'annotations':{'pv.kubernetes.io/provisioned-by':'coracle.dev/local',
             'coracle.dev/node':'%s'}},'spec':{'local':{'path':'/v'}}}\
          """
              .formatted(node, node));
    }
    nodes = authorizer();
    nodes.start().await().atMost(Duration.ofSeconds(30));
  }

  private static NodeAuthorizer authorizer() {
    return new NodeAuthorizer(
        VERTX,
        STORE,
        List.of(
            PolicyRule.of(
                Json.parseObject(
                    "{\"verbs\":[\"list\"],\"apiGroups\":[\"\"],\"resources\":[\"services\"]}"))));
  }

  @AfterAll
  static void stop() throws Exception {
    nodes.stop();
    VERTX.close().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
  }

  private static void put(MemoryStore store, GroupResource resource, String json) {
    ObjectNode tree = Json.parseObject(json.replace('\'', '"'));
    store.create(resource, KubeObject.of(tree)).await().atMost(Duration.ofSeconds(10));
  }

  private static Decision answer(NodeAuthorizer authorizer, Attributes attributes) {
    return authorizer.ask(attributes).await().atMost(Duration.ofSeconds(10));
  }

  private static Decision decide(String method, String path) {
    return answer(nodes, attributes(method, path));
  }

  private static Attributes attributes(String method, String path) {
    int query = path.indexOf('?');
    String plain = query < 0 ? path : path.substring(0, query);
    String selector = query < 0 ? "" : path.substring(query + 1);
    boolean watch = method.equals("WATCH");
    boolean labels = selector.startsWith("coracle.dev/");
    RequestInfo info =
        RequestInfo.of(
            watch ? "GET" : method, plain, watch, labels ? "" : selector, labels ? selector : "");
    return new Attributes(
        UserInfo.component("system:node:n1"),
        info.resourceRequest(),
        info.verb(),
        info.group(),
        info.version(),
        info.resource(),
        info.subresource(),
        info.namespace(),
        info.name(),
        info.path(),
        info.fieldSelector(),
        info.labelSelector());
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /api/v1/services",
    "GET, /api/v1/pods?spec.nodeName=n1",
    "WATCH, '/api/v1/pods?status.phase!=Failed,spec.nodeName=n1'",
    "GET, /api/v1/namespaces/d/pods/p",
    "WATCH, /api/v1/namespaces/d/pods?metadata.name=p",
    "POST, /api/v1/namespaces/d/pods",
    "DELETE, /api/v1/namespaces/d/pods/p",
    "PATCH, /api/v1/namespaces/d/pods/p/status",
    "POST, /api/v1/namespaces/d/pods/p/eviction",
    "GET, /api/v1/nodes/n1",
    "WATCH, /api/v1/nodes?metadata.name=n1",
    "POST, /api/v1/nodes",
    "PATCH, /api/v1/nodes/n1/status",
    "GET, /api/v1/namespaces/d/secrets/s",
    "WATCH, /api/v1/namespaces/d/secrets?metadata.name=s",
    "GET, /api/v1/namespaces/csi/secrets/stage",
    "GET, /api/v1/namespaces/d/persistentvolumeclaims/pvc",
    "GET, /api/v1/namespaces/d/persistentvolumeclaims?metadata.name=pvc",
    "WATCH, /api/v1/namespaces/d/persistentvolumeclaims?metadata.name=pvc",
    "PATCH, /api/v1/namespaces/d/persistentvolumeclaims/pvc/status",
    "GET, /api/v1/persistentvolumes/pv",
    "WATCH, /api/v1/persistentvolumes?metadata.name=pv",
    "GET, /api/v1/persistentvolumes?coracle.dev/node=n1",
    "WATCH, /api/v1/persistentvolumes?coracle.dev/node=n1",
    "GET, /api/v1/persistentvolumes/local-of-n1",
    "PATCH, /api/v1/persistentvolumes/local-of-n1",
    "POST, /api/v1/namespaces/d/serviceaccounts/robot/token",
    "GET, /apis/resource.k8s.io/v1/namespaces/d/resourceclaims/named",
    "GET, /apis/resource.k8s.io/v1/namespaces/d/resourceclaims/p-b-x",
    "WATCH, /apis/resource.k8s.io/v1/namespaces/d/resourceclaims?metadata.name=named",
    "GET, /apis/resource.k8s.io/v1/resourceslices/of-n1",
    "POST, /apis/resource.k8s.io/v1/resourceslices",
    "DELETE, /apis/resource.k8s.io/v1/resourceslices?spec.nodeName=n1",
    "GET, /apis/storage.k8s.io/v1/volumeattachments/of-n1",
    "WATCH, /apis/storage.k8s.io/v1/volumeattachments?metadata.name=of-n1",
    "PUT, /apis/storage.k8s.io/v1/csinodes/n1",
    "PUT, /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1",
  })
  void whatIsItsOwnANodeMay(String method, String path) {
    assertThat(decide(method, path)).isEqualTo(Decision.allow(""));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "GET|/api/v1/pods|can only list/watch pods with spec.nodeName field selector",
        "GET|/api/v1/pods?spec.nodeName=n2|can only list/watch pods with spec.nodeName field"
            + " selector",
        "WATCH|/api/v1/pods?spec.nodeName!=n1|can only list/watch pods with spec.nodeName field"
            + " selector",
        "GET|/api/v1/watch/pods?spec.nodeName=n1|can only list/watch pods with spec.nodeName field"
            + " selector",
        "GET|/api/v1/namespaces/d/pods/q|no relationship found between node 'n1' and this object",
        "PUT|/api/v1/namespaces/d/pods/p|``",
        "GET|/api/v1/nodes|node 'n1' cannot read all nodes, only its own Node object",
        "GET|/api/v1/nodes/n2|node 'n1' cannot read 'n2', only its own Node object",
        "DELETE|/api/v1/nodes/n1|``",
        "GET|/api/v1/namespaces/d/secrets/other|no relationship found between node 'n1' and this"
            + " object",
        "GET|/api/v1/namespaces/d/secrets|No Object name found",
        "GET|/api/v1/secrets|can only read namespaced object of this type",
        "DELETE|/api/v1/namespaces/d/secrets/s|can only read resources of this type",
        "GET|/api/v1/namespaces/d/persistentvolumeclaims|can only get individual resources of this"
            + " type",
        "WATCH|/api/v1/namespaces/d/persistentvolumeclaims?metadata.name=other|no relationship found"
            + " between node 'n1' and this object",
        "DELETE|/api/v1/namespaces/d/persistentvolumeclaims/pvc|can only get individual resources"
            + " of this type",
        "WATCH|/apis/storage.k8s.io/v1/volumeattachments?metadata.name=of-n2|no relationship found"
            + " between node 'n1' and this object",
        "GET|/api/v1/persistentvolumes|can only get individual resources of this type",
        "WATCH|/api/v1/persistentvolumes?coracle.dev/node!=n1|can only get individual resources of"
            + " this type",
        "GET|/api/v1/persistentvolumes?coracle.dev/node=n2|can only get individual resources of"
            + " this type",
        "GET|/api/v1/persistentvolumes/local-of-n2|no relationship found between node 'n1' and this"
            + " object",
        "PATCH|/api/v1/persistentvolumes/local-of-n2|no relationship found between node 'n1' and"
            + " this object",
        "DELETE|/api/v1/persistentvolumes/local-of-n1|can only get individual resources of this"
            + " type",
        "POST|/api/v1/namespaces/d/serviceaccounts|can only create tokens for individual service"
            + " accounts",
        "GET|/apis/resource.k8s.io/v1/resourceslices|can only list/watch/deletecollection"
            + " resourceslices with nodeName field selector",
        "GET|/apis/resource.k8s.io/v1/resourceslices/of-n2|no relationship found between node 'n1'"
            + " and this object",
        "GET|/apis/storage.k8s.io/v1/volumeattachments/of-n2|no relationship found between node"
            + " 'n1' and this object",
        "GET|/apis/storage.k8s.io/v1/csinodes/n2|can only access CSINode with the same name as the"
            + " requesting node",
        "GET|/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/n1|can only access leases"
            + " in the \"kube-node-lease\" system namespace",
        "GET|/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases|can only get, create,"
            + " update, patch, or delete a node lease",
      })
  void ofOthersItHasNoOpinion(String method, String path, String reason) {
    assertThat(decide(method, path)).isEqualTo(new Decision(Verdict.NO_OPINION, reason));
  }

  /** A kubelet may hear of its pod before the authorizer does; this one has heard of nothing. */
  @ParameterizedTest
  @CsvSource({
    "POST, /api/v1/namespaces/d/serviceaccounts/robot/token, ALLOW",
    "GET, /api/v1/namespaces/d/secrets/s, ALLOW",
    "GET, /api/v1/namespaces/d/pods/p, ALLOW",
    "GET, /api/v1/persistentvolumes/pv, ALLOW",
    "PATCH, /api/v1/persistentvolumes/local-of-n1, ALLOW",
    "GET, /api/v1/persistentvolumes/local-of-n2, NO_OPINION",
    "GET, /api/v1/persistentvolumes/absent, NO_OPINION",
    "GET, /apis/resource.k8s.io/v1/resourceslices/of-n1, ALLOW",
    "GET, /api/v1/namespaces/d/secrets/other, NO_OPINION",
    "GET, /api/v1/namespaces/e/secrets/s, NO_OPINION",
    "GET, /api/v1/namespaces/d/pods/q, NO_OPINION",
    "GET, /api/v1/namespaces/d/pods/absent, NO_OPINION",
    "GET, /apis/resource.k8s.io/v1/resourceslices/of-n2, NO_OPINION",
  })
  void whatIsNotKnownYetIsLookedUp(String method, String path, Verdict verdict) {
    NodeAuthorizer late = authorizer();
    Attributes asked = attributes(method, path);
    assertThat(late.decide(asked).open()).isTrue();
    assertThat(answer(late, asked).verdict()).isEqualTo(verdict);
  }

  @Test
  void nobodyElseIsANode() {
    Attributes asked =
        Attributes.resource(
            UserInfo.of("system:node:n1", UserInfo.AUTHENTICATED),
            "get",
            "",
            "nodes",
            "",
            "",
            "n1");
    assertThat(nodes.decide(asked)).isEqualTo(Decision.NO_OPINION);
  }
}
