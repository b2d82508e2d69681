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

  /** Of every kind that upstream counts in its tests. */
  private static final String ALL =
      "hard: {pods: '5', services: '10', services.nodeports: '1', services.loadbalancers: '1',"
          + " replicationcontrollers: '10', resourcequotas: '1', cpu: '1', memory: 500Mi,"
          + " configmaps: '%1$s', secrets: '%1$s', persistentvolumeclaims: '10', requests.storage:"
          + " 10Gi, ephemeral-storage: 50Gi, count/replicasets.apps: '5',"
          + " gold.storageclass.storage.k8s.io/persistentvolumeclaims: '10',"
          + " gold.storageclass.storage.k8s.io/requests.storage: 10Gi,"
          + " requests.example.com/dongle: '3'}";

  private static final String NOTHING =
      "{pods: '0', requests.cpu: '0', requests.memory: '0', limits.cpu: '0', limits.memory: '0'}";

  private static void quota(Space space, String name, String spec) {
    space.create(
        "{apiVersion: v1, kind: ResourceQuota, metadata: {name: %s}, spec: {%s}}"
            .formatted(name, spec));
    space.await("resourcequotas", name, "counted", q -> !q.at("/status/used").isMissingNode());
  }

  /** One that counts everything, when it has counted itself; {@code q} by name. */
  private static void quotaOfAll(Space space, int mapsAndSecrets) {
    quota(space, "q", ALL.formatted(mapsAndSecrets));
    awaitUsed(space, "q", "{resourcequotas: '1'}");
  }

  /** Waits until all of these amounts are used. */
  private static void awaitUsed(Space space, String quota, String amounts) {
    JsonNode wanted = Manifest.parse(amounts);
    space.await(
        "resourcequotas",
        quota,
        "at " + wanted,
        q ->
            wanted.properties().stream()
                .allMatch(e -> q.at("/status/used").path(e.getKey()).equals(e.getValue())));
  }

  private static ObjectNode pod(String name, String requests, String limits) {
    return TestPod.sleeping(name)
        .spec("{schedulerName: nobody}")
        .container("{resources: {requests: %s, limits: %s}}".formatted(requests, limits))
        .json();
  }

  private static void deletePod(Space space, String name) {
    space.delete("pods", name, "{gracePeriodSeconds: 0}");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ResourceQuota should create a ResourceQuota and ensure its status is"
          + " promptly calculated. [Conformance]")
  void promptly(Space space) {
    quotaOfAll(space, 10);
    JsonNode quota = space.get("resourcequotas", "q");
    assertThat(quota.at("/status/hard")).isEqualTo(quota.at("/spec/hard"));
    assertThat(quota.at("/status/used").size()).isEqualTo(quota.at("/spec/hard").size());
    awaitUsed(space, "q", "{pods: '0', services: '0', cpu: '0', memory: '0', secrets: '0'}");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a"
          + " configMap. [Conformance]")
  void configMaps(Space space) {
    awaitRootCa(space);
    quotaOfAll(space, 2);
    awaitUsed(space, "q", "{configmaps: '1'}");
    space.create("{apiVersion: v1, kind: ConfigMap, metadata: {name: map}}");
    awaitUsed(space, "q", "{configmaps: '2', resourcequotas: '1'}");
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
    awaitUsed(space, "q", "{configmaps: '1'}");
  }

  private static void awaitRootCa(Space space) {
    space.awaitList("configmaps", "", "there", l -> l.size() == 1);
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a"
          + " secret. [Conformance]")
  void secrets(Space space) {
    quotaOfAll(space, 1);
    awaitUsed(space, "q", "{secrets: '0'}");
    space.create("{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {a: b}}");
    awaitUsed(space, "q", "{secrets: '1'}");
    space.tryCreate("{apiVersion: v1, kind: Secret, metadata: {name: more}}").refused(403);
    space.delete("secrets", "s");
    awaitUsed(space, "q", "{secrets: '0'}");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a"
          + " pod. [Conformance]")
  void pods(Space space) {
    quotaOfAll(space, 10);
    String dongles = "{example.com/dongle: '2'}";
    JsonNode pod =
        space.create(
            pod(
                "one",
                "{cpu: 500m, memory: 252Mi, ephemeral-storage: 30Gi, example.com/dongle: '2'}",
                dongles));
    String used =
        "{resourcequotas: '1', pods: '1', cpu: 500m, memory: 252Mi, ephemeral-storage: 30Gi,"
            + " requests.example.com/dongle: '2'}";
    awaitUsed(space, "q", used);
    assertThat(space.tryCreate(pod("two", "{cpu: 600m, memory: 100Mi}", "{}")).refused(403))
        .asString()
        .contains("exceeded quota: q, requested: cpu=600m, used: cpu=500m, limited: cpu=1");
    assertThat(
            space
                .tryCreate(
                    pod(
                        "three",
                        "{cpu: 500m, memory: 100Mi, ephemeral-storage: 1Gi, example.com/dongle:"
                            + " '2'}",
                        dongles))
                .refused(403))
        .asString()
        .contains(
            "exceeded quota: q, requested: requests.example.com/dongle=2, used:"
                + " requests.example.com/dongle=2, limited: requests.example.com/dongle=3");
    ((ObjectNode) pod.at("/spec/containers/0/resources"))
        .set("requests", Manifest.parse("{cpu: 100m, memory: 100Mi, ephemeral-storage: 10Gi}"));
    ((ObjectNode) pod.get("metadata")).remove("resourceVersion");
    space.tryUpdate(pod, "").refused(422);
    awaitUsed(space, "q", used);
    deletePod(space, "one");
    awaitUsed(
        space,
        "q",
        "{resourcequotas: '1', pods: '0', cpu: '0', memory: '0', ephemeral-storage: '0',"
            + " requests.example.com/dongle: '0'}");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a"
          + " service. [Conformance]")
  void services(Space space) {
    quotaOfAll(space, 10);
    String service =
        "{apiVersion: v1, kind: Service, metadata: {name: %s}, spec: {type: %s, selector: {a: b},"
            + " ports: [{port: 80, targetPort: 80}]%s}}";
    space.create(service.formatted("ip", "ClusterIP", ""));
    space.create(service.formatted("node", "NodePort", ""));
    space.tryCreate(service.formatted("more", "NodePort", "")).refused(403);
    space
        .tryCreate(
            service.formatted("more", "LoadBalancer", ", allocateLoadBalancerNodePorts: true"))
        .refused(403);
    awaitUsed(space, "q", "{resourcequotas: '1', services: '2', services.nodeports: '1'}");
    // Of node ports there is none left, but this one takes none.
    space.create(
        service.formatted("balanced", "LoadBalancer", ", allocateLoadBalancerNodePorts: false"));
    awaitUsed(space, "q", "{services: '3', services.nodeports: '1', services.loadbalancers: '1'}");
    for (String name : new String[] {"balanced", "node", "ip"}) {
      space.delete("services", name);
    }
    awaitUsed(space, "q", "{services: '0', services.nodeports: '0', services.loadbalancers: '0'}");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a"
          + " replica set. [Conformance]")
  void replicaSets(Space space) {
    quotaOfAll(space, 10);
    awaitUsed(space, "q", "{count/replicasets.apps: '0'}");
    space.create(Workload.replicaSet("rs", 0));
    awaitUsed(space, "q", "{count/replicasets.apps: '1'}");
    space.delete("replicasets.apps", "rs");
    awaitUsed(space, "q", "{count/replicasets.apps: '0'}");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ResourceQuota should create a ResourceQuota and capture the life of a"
          + " replication controller. [Conformance]")
  void controllers(Space space) {
    quotaOfAll(space, 10);
    awaitUsed(space, "q", "{replicationcontrollers: '0'}");
    space.create(Workload.replicationController("rc", 0));
    awaitUsed(space, "q", "{replicationcontrollers: '1'}");
    space.delete("replicationcontrollers", "rc", "{propagationPolicy: Background}");
    awaitUsed(space, "q", "{replicationcontrollers: '0'}");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ResourceQuota should be able to update and delete ResourceQuota."
          + " [Conformance]")
  void update(Space space) {
    ObjectNode quota =
        Manifest.parse(
            "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {cpu: '1',"
                + " memory: 500Mi}}}");
    space.create(quota);
    assertThat(space.get("resourcequotas", "q").at("/spec/hard")).isEqualTo(quota.at("/spec/hard"));
    // Without a version: whatever came between.
    ((ObjectNode) quota.at("/spec/hard")).put("cpu", "2").put("memory", "1Gi");
    assertThat(space.update(quota).at("/spec/hard")).isEqualTo(quota.at("/spec/hard"));
    assertThat(space.get("resourcequotas", "q").at("/spec/hard")).isEqualTo(quota.at("/spec/hard"));
    space.delete("resourcequotas", "q");
    assertThat(space.api().get(space.path("resourcequotas", "q")).code()).isEqualTo(404);
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ResourceQuota should manage the lifecycle of a ResourceQuota"
          + " [Conformance]")
  void lifecycle(Space space) {
    String label = Space.unique();
    JsonNode made =
        space.create(
            "{apiVersion: v1, kind: ResourceQuota, metadata: {name: q, labels: {set: %s}}, spec: {hard: {cpu: '1', memory: 500Mi}}}"
                .formatted(label));
    assertThat(space.get("resourcequotas", "q").at("/spec")).isEqualTo(made.at("/spec"));
    JsonNode everywhere =
        space.api().get("/api/v1/resourcequotas?labelSelector=set%3D" + label).ok();
    assertThat(Space.items(everywhere))
        .singleElement()
        .matches(q -> text(q, "/metadata/namespace").equals(space.namespace()));
    JsonNode patched =
        space.strategic(
            "resourcequotas",
            "q",
            "{metadata: {labels: {q: patched}}, spec: {hard: {memory: 750Mi}}}");
    assertThat(text(patched, "/metadata/labels/q")).isEqualTo("patched");
    assertThat(text(patched, "/spec/hard/cpu")).isEqualTo("1");
    assertThat(text(patched, "/spec/hard/memory")).isEqualTo("750Mi");
    space.deleteAll("resourcequotas", "set=" + label);
    assertThat(space.api().get(space.path("resourcequotas", "q")).code()).isEqualTo(404);
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ResourceQuota should apply changes to a resourcequota status"
          + " [Conformance]")
  void status(Space space) {
    quota(space, "q", "hard: {cpu: 500m, memory: 500Mi}");
    try (Watcher watcher = space.watch("resourcequotas", "&fieldSelector=metadata.name%3Dq")) {
      JsonNode updated =
          space.edit(
              "resourcequotas",
              "q",
              "status",
              q -> q.set("status", Manifest.parse("{hard: {cpu: 500m, memory: 500Mi}}")));
      watcher.next(e -> e.at("/object/status/hard").equals(updated.at("/spec/hard")));

      JsonNode larger =
          space.strategic("resourcequotas", "q", "{spec: {hard: {cpu: '1', memory: 1Gi}}}");
      JsonNode patched = patchStatus(space, "{status: {hard: {cpu: '1', memory: 1Gi}}}");
      assertThat(patched.at("/status/hard")).isEqualTo(larger.at("/spec/hard"));
      watcher.next(e -> e.at("/object/status/hard").equals(larger.at("/spec/hard")));
      assertThat(
              space
                  .api()
                  .get(space.path("resourcequotas", "q") + "/status")
                  .ok()
                  .at("/status/hard"))
          .isEqualTo(larger.at("/spec/hard"));

      JsonNode again = patchStatus(space, "{status: {hard: {cpu: '2', memory: 2Gi}}}");
      assertThat(again.at("/status/hard").toString())
          .isEqualTo("{\"cpu\":\"2\",\"memory\":\"2Gi\"}");
      assertThat(again.at("/spec/hard")).isEqualTo(larger.at("/spec/hard"));
      watcher.next(e -> text(e, "/object/status/hard/memory").equals("2Gi"));
      // The controller puts it right again.
      watcher.next(e -> e.at("/object/status/hard").equals(larger.at("/spec/hard")));
    }
  }

  private static JsonNode patchStatus(Space space, String yaml) {
    return space
        .tryPatch(
            space.path("resourcequotas", "q") + "/status",
            "application/strategic-merge-patch+json",
            yaml)
        .ok();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ResourceQuota should verify ResourceQuota with best effort scope."
          + " [Conformance]")
  void bestEffort(Space space) {
    quota(space, "best", "hard: {pods: '5'}, scopes: [BestEffort]");
    quota(space, "not-best", "hard: {pods: '5'}, scopes: [NotBestEffort]");
    awaitUsed(space, "best", "{pods: '0'}");
    awaitUsed(space, "not-best", "{pods: '0'}");
    space.create(pod("best", "{}", "{}"));
    awaitUsed(space, "best", "{pods: '1'}");
    awaitUsed(space, "not-best", "{pods: '0'}");
    deletePod(space, "best");
    awaitUsed(space, "best", "{pods: '0'}");
    space.create(pod("burstable", "{cpu: 500m, memory: 200Mi}", "{cpu: '1', memory: 400Mi}"));
    awaitUsed(space, "not-best", "{pods: '1'}");
    awaitUsed(space, "best", "{pods: '0'}");
    deletePod(space, "burstable");
    awaitUsed(space, "not-best", "{pods: '0'}");
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] ResourceQuota should verify ResourceQuota with terminating scopes."
          + " [Conformance]")
  void terminating(Space space) {
    String hard =
        "hard: {pods: '5', requests.cpu: '1', requests.memory: 500Mi, limits.cpu: '2',"
            + " limits.memory: 1Gi}, scopes: [%s]";
    quota(space, "ends", hard.formatted("Terminating"));
    quota(space, "stays", hard.formatted("NotTerminating"));
    awaitUsed(space, "ends", NOTHING);
    awaitUsed(space, "stays", NOTHING);
    String used =
        "{pods: '1', requests.cpu: 500m, requests.memory: 200Mi, limits.cpu: '1', limits.memory:"
            + " 400Mi}";
    ObjectNode pod = pod("long", "{cpu: 500m, memory: 200Mi}", "{cpu: '1', memory: 400Mi}");
    space.create(pod);
    awaitUsed(space, "stays", used);
    awaitUsed(space, "ends", NOTHING);
    deletePod(space, "long");
    awaitUsed(space, "stays", NOTHING);
    ((ObjectNode) pod.get("metadata")).put("name", "short");
    ((ObjectNode) pod.get("spec")).put("activeDeadlineSeconds", 3600);
    space.create(pod);
    awaitUsed(space, "ends", used);
    awaitUsed(space, "stays", NOTHING);
    deletePod(space, "short");
    awaitUsed(space, "ends", NOTHING);
  }
}
