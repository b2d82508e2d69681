package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a namespace may use. */
@Conformance
class ResourceQuotaIT {

  private static void quota(Space space, String name, String spec) {
    space.create(
        "{apiVersion: v1, kind: ResourceQuota, metadata: {name: %s}, spec: {%s}}"
            .formatted(name, spec));
    space.await("resourcequotas", name, "counted", q -> !q.at("/status/used").isMissingNode());
  }

  private static void awaitUsed(Space space, String quota, String resource, String amount) {
    space.await(
        "resourcequotas",
        quota,
        "at " + amount + " " + resource,
        q -> amount.equals(q.path("status").path("used").path(resource).asText()));
  }

  private static String used(Space space, String quota, String resource) {
    return space.get("resourcequotas", quota).path("status").path("used").path(resource).asText();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ResourceQuota should create a ResourceQuota and ensure its status is"
          + " promptly calculated. [Conformance]")
  void promptly(Space space) {
    quota(space, "q", "hard: {pods: '5', services: '10', cpu: '1', memory: 500Mi}");
    awaitUsed(space, "q", "pods", "0");
    awaitUsed(space, "q", "cpu", "0");
    assertThat(text(space.get("resourcequotas", "q"), "/status/hard/memory")).isEqualTo("500Mi");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a"
          + " configMap. [Conformance]")
  void configMaps(Space space) {
    awaitRootCa(space);
    quota(space, "q", "hard: {configmaps: '2'}");
    awaitUsed(space, "q", "configmaps", "1");
    space.create("{apiVersion: v1, kind: ConfigMap, metadata: {name: map}}");
    awaitUsed(space, "q", "configmaps", "2");
    assertThat(
            space
                .tryCreate("{apiVersion: v1, kind: ConfigMap, metadata: {name: more}}")
                .refused(403)
                .path("message")
                .asText())
        .isEqualTo(
            "configmaps \"more\" is forbidden: exceeded quota: q, requested: configmaps=1, used:"
                + " configmaps=2, limited: configmaps=2");
    space.delete("configmaps", "map");
    awaitUsed(space, "q", "configmaps", "1");
  }

  private static void awaitRootCa(Space space) {
    space.awaitList("configmaps", "", "there", l -> l.size() == 1);
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a"
          + " secret. [Conformance]")
  void secrets(Space space) {
    quota(space, "q", "hard: {secrets: '1'}");
    space.create("{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {a: b}}");
    awaitUsed(space, "q", "secrets", "1");
    space.tryCreate("{apiVersion: v1, kind: Secret, metadata: {name: more}}").refused(403);
    space.delete("secrets", "s");
    awaitUsed(space, "q", "secrets", "0");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a"
          + " pod. [Conformance]")
  void pods(Space space) {
    quota(
        space,
        "q",
        "hard: {pods: '5', cpu: '1', memory: 500Mi, ephemeral-storage: 50Gi,"
            + " requests.example.com/dongle: '3'}");
    String resources =
        "{resources: {requests: {cpu: 500m, memory: 252Mi, ephemeral-storage: 30Gi,"
            + " example.com/dongle: '2'}, limits: {example.com/dongle: '2'}}}";
    space.create(
        TestPod.sleeping("one").spec("{schedulerName: nobody}").container(resources).json());
    awaitUsed(space, "q", "cpu", "500m");
    awaitUsed(space, "q", "memory", "252Mi");
    awaitUsed(space, "q", "ephemeral-storage", "30Gi");
    awaitUsed(space, "q", "requests.example.com/dongle", "2");
    space
        .tryCreate(
            TestPod.sleeping("two")
                .spec("{schedulerName: nobody}")
                .container(
                    "{resources: {requests: {cpu: 600m, memory: 100Mi, ephemeral-storage: 1Gi}}}")
                .json())
        .refused(403);
    space.tryCreate(TestPod.sleeping("three").json()).refused(403);
    space.merge("pods", "one", "{metadata: {labels: {a: b}}}");
    assertThat(used(space, "q", "cpu")).isEqualTo("500m");
    space.delete("pods", "one", "{gracePeriodSeconds: 0}");
    awaitUsed(space, "q", "pods", "0");
    awaitUsed(space, "q", "cpu", "0");
    awaitUsed(space, "q", "requests.example.com/dongle", "0");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a"
          + " service. [Conformance]")
  void services(Space space) {
    quota(
        space, "q", "hard: {services: '3', services.nodeports: '1', services.loadbalancers: '1'}");
    String service =
        "{apiVersion: v1, kind: Service, metadata: {name: %s}, spec: {type: %s, selector: {a: b},"
            + " ports: [{port: 80}]}}";
    space.create(service.formatted("ip", "ClusterIP"));
    space.create(service.formatted("node", "NodePort"));
    awaitUsed(space, "q", "services", "2");
    awaitUsed(space, "q", "services.nodeports", "1");
    space.tryCreate(service.formatted("more", "NodePort")).refused(403);
    space.tryCreate(service.formatted("more", "LoadBalancer")).refused(403);
    space.delete("services", "node");
    awaitUsed(space, "q", "services.nodeports", "0");
    space.delete("services", "ip");
    awaitUsed(space, "q", "services", "0");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a"
          + " replica set. [Conformance]")
  void replicaSets(Space space) {
    quota(space, "q", "hard: {count/replicasets.apps: '5'}");
    space.create(Workload.replicaSet("rs", 0));
    awaitUsed(space, "q", "count/replicasets.apps", "1");
    space.delete("replicasets.apps", "rs");
    awaitUsed(space, "q", "count/replicasets.apps", "0");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a"
          + " replication controller. [Conformance]")
  void controllers(Space space) {
    quota(space, "q", "hard: {replicationcontrollers: '5'}");
    space.create(Workload.replicationController("rc", 0));
    awaitUsed(space, "q", "replicationcontrollers", "1");
    space.delete("replicationcontrollers", "rc");
    awaitUsed(space, "q", "replicationcontrollers", "0");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ResourceQuota should be able to update and delete ResourceQuota."
          + " [Conformance]")
  void update(Space space) {
    quota(space, "q", "hard: {cpu: '1', memory: 500Mi}");
    space.edit(
        "resourcequotas",
        "q",
        q -> ((ObjectNode) q.at("/spec/hard")).put("cpu", "2").put("memory", "1Gi"));
    JsonNode read = space.get("resourcequotas", "q");
    assertThat(text(read, "/spec/hard/cpu")).isEqualTo("2");
    assertThat(text(read, "/spec/hard/memory")).isEqualTo("1Gi");
    space.delete("resourcequotas", "q");
    assertThat(space.api().get(space.path("resourcequotas", "q")).code()).isEqualTo(404);
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ResourceQuota should manage the lifecycle of a ResourceQuota"
          + " [Conformance]")
  void lifecycle(Space space) {
    space.create(
        "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q, labels: {set: x}}, spec: {hard:"
            + " {cpu: '1', memory: 500Mi}}}");
    JsonNode everywhere = space.api().get("/api/v1/resourcequotas?labelSelector=set%3Dx").ok();
    assertThat(Space.items(everywhere))
        .anyMatch(q -> text(q, "/metadata/namespace").equals(space.namespace()));
    JsonNode patched =
        space.strategic(
            "resourcequotas",
            "q",
            "{metadata: {labels: {q: patched}}, spec: {hard: {memory: 750Mi}}}");
    assertThat(text(patched, "/spec/hard/cpu")).isEqualTo("1");
    assertThat(text(patched, "/spec/hard/memory")).isEqualTo("750Mi");
    space.deleteAll("resourcequotas", "q=patched");
    assertThat(space.list("resourcequotas")).isEmpty();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ResourceQuota should apply changes to a resourcequota status"
          + " [Conformance]")
  void status(Space space) {
    quota(space, "q", "hard: {cpu: '500', memory: 500Gi}");
    awaitUsed(space, "q", "cpu", "0");
    try (Watcher watcher = space.watch("resourcequotas", "&fieldSelector=metadata.name%3Dq")) {
      space.edit(
          "resourcequotas",
          "q",
          "status",
          q -> ((ObjectNode) q.at("/status/hard")).put("memory", "1Gi"));
      watcher.next(e -> text(e, "/object/status/hard/memory").equals("1Gi"));
      // The controller puts it right again.
      watcher.next(e -> text(e, "/object/status/hard/memory").equals("500Gi"));
      space.mergeStatus("resourcequotas", "q", "{status: {hard: {cpu: '250'}}}");
      watcher.next(e -> text(e, "/object/status/hard/cpu").equals("250"));
      watcher.next(e -> text(e, "/object/status/hard/cpu").equals("500"));
    }
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ResourceQuota should verify ResourceQuota with best effort scope."
          + " [Conformance]")
  void bestEffort(Space space) {
    quota(space, "best", "hard: {pods: '5'}, scopes: [BestEffort]");
    quota(space, "not-best", "hard: {pods: '5'}, scopes: [NotBestEffort]");
    space.create(TestPod.sleeping("best").spec("{schedulerName: nobody}").json());
    awaitUsed(space, "best", "pods", "1");
    assertThat(used(space, "not-best", "pods")).isEqualTo("0");
    space.delete("pods", "best", "{gracePeriodSeconds: 0}");
    awaitUsed(space, "best", "pods", "0");
    space.create(
        TestPod.sleeping("burstable")
            .spec("{schedulerName: nobody}")
            .container(
                "{resources: {requests: {cpu: 10m, memory: 10Mi}, limits: {cpu: 20m, memory:"
                    + " 20Mi}}}")
            .json());
    awaitUsed(space, "not-best", "pods", "1");
    assertThat(used(space, "best", "pods")).isEqualTo("0");
    space.delete("pods", "burstable", "{gracePeriodSeconds: 0}");
    awaitUsed(space, "not-best", "pods", "0");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ResourceQuota should verify ResourceQuota with terminating scopes."
          + " [Conformance]")
  void terminating(Space space) {
    quota(
        space,
        "ends",
        "hard: {pods: '5', requests.cpu: '1', limits.cpu: '2'}, scopes: [Terminating]");
    quota(
        space,
        "stays",
        "hard: {pods: '5', requests.cpu: '1', limits.cpu: '2'}, scopes: [NotTerminating]");
    String resources = "{resources: {requests: {cpu: 500m}, limits: {cpu: '1'}}}";
    space.create(
        TestPod.sleeping("long").spec("{schedulerName: nobody}").container(resources).json());
    awaitUsed(space, "stays", "requests.cpu", "500m");
    awaitUsed(space, "stays", "limits.cpu", "1");
    assertThat(used(space, "ends", "pods")).isEqualTo("0");
    space.delete("pods", "long", "{gracePeriodSeconds: 0}");
    awaitUsed(space, "stays", "pods", "0");
    space.create(
        TestPod.sleeping("short")
            .spec("{schedulerName: nobody, activeDeadlineSeconds: 3600}")
            .container(resources)
            .json());
    awaitUsed(space, "ends", "requests.cpu", "500m");
    assertThat(used(space, "stays", "pods")).isEqualTo("0");
    space.delete("pods", "short", "{gracePeriodSeconds: 0}");
    awaitUsed(space, "ends", "pods", "0");
  }
}
