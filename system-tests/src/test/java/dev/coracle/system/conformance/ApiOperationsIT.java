package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Resources whose conformance is that every verb works. */
@Conformance
class ApiOperationsIT {

  @Test
  @DisplayName(
      "[sig-api-machinery] API priority and fairness should support FlowSchema API operations"
          + " [Conformance]")
  void flowSchemas(Space space) {
    new ApiOperations(
            space,
            "flowschemas.flowcontrol.apiserver.k8s.io",
            """
            apiVersion: flowcontrol.apiserver.k8s.io/v1
            kind: FlowSchema
            spec:
              matchingPrecedence: 10000
              priorityLevelConfiguration: {name: global-default}
              distinguisherMethod: {type: ByUser}
              rules:
              - subjects: [{kind: User, user: {name: example-e2e-non-existent-user}}]
                nonResourceRules: [{verbs: ['*'], nonResourceURLs: ['*']}]
            """)
        .status(
            "{status: {conditions: [{type: PatchStatusFailed, status: 'False', reason: e2e,"
                + " message: m, lastTransitionTime: '2026-01-01T00:00:00Z'}]}}")
        .field("/spec/matchingPrecedence", "9999", "9000")
        .run();
  }

  @Test
  @DisplayName(
      "[sig-api-machinery] API priority and fairness should support PriorityLevelConfiguration API"
          + " operations [Conformance]")
  void priorityLevels(Space space) {
    new ApiOperations(
            space,
            "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io",
            """
            apiVersion: flowcontrol.apiserver.k8s.io/v1
            kind: PriorityLevelConfiguration
            spec:
              type: Limited
              limited: {nominalConcurrencyShares: 2, limitResponse: {type: Reject}}
            """)
        .status("{status: {conditions: [{type: PatchStatusFailed, status: 'False', reason: e2e}]}}")
        .field("/spec/limited/nominalConcurrencyShares", "4", "6")
        .run();
  }

  @Test
  @DisplayName(
      "[sig-network] Ingress API should support creating Ingress API operations [Conformance]")
  void ingresses(Space space) {
    new ApiOperations(
            space,
            "ingresses.networking.k8s.io",
            """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            spec:
              defaultBackend: {service: {name: defaultbackend, port: {number: 80}}}
              rules:
              - host: foo.bar.com
                http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: test, port: {number: 8080}}}}]}
            """)
        .status("{status: {loadBalancer: {ingress: [{ip: 169.1.1.1}]}}}")
        .run();
  }

  @Test
  @DisplayName(
      "[sig-network] IngressClass API should support creating IngressClass API operations"
          + " [Conformance]")
  void ingressClasses(Space space) {
    new ApiOperations(
            space,
            "ingressclasses.networking.k8s.io",
            """
            apiVersion: networking.k8s.io/v1
            kind: IngressClass
            spec: {controller: example.com/controller}
            """)
        .run();
  }

  @Test
  @DisplayName(
      "[sig-network] EndpointSlice should support creating EndpointSlice API operations"
          + " [Conformance]")
  void endpointSlices(Space space) {
    new ApiOperations(
            space,
            "endpointslices.discovery.k8s.io",
            """
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            addressType: IPv4
            endpoints: [{addresses: [1.2.3.4, 5.6.7.8]}]
            ports: []
            """)
        .run();
  }

  @Test
  @DisplayName("[sig-node] RuntimeClass should support RuntimeClasses API operations [Conformance]")
  void runtimeClasses(Space space) {
    new ApiOperations(
            space,
            "runtimeclasses.node.k8s.io",
            """
            apiVersion: node.k8s.io/v1
            kind: RuntimeClass
            handler: conformance-handler
            """)
        .run();
  }

  @Test
  @DisplayName(
      "[sig-storage] CSIStorageCapacity should support CSIStorageCapacities API operations"
          + " [Conformance]")
  void storageCapacities(Space space) {
    new ApiOperations(
            space,
            "csistoragecapacities.storage.k8s.io",
            """
            apiVersion: storage.k8s.io/v1
            kind: CSIStorageCapacity
            storageClassName: e2e.example.com
            """)
        .run();
  }

  @Test
  @DisplayName("[sig-apps] CronJob should support CronJob API operations [Conformance]")
  void cronJobs(Space space) {
    new ApiOperations(
            space,
            "cronjobs.batch",
            """
            apiVersion: batch/v1
            kind: CronJob
            spec:
              schedule: "*/1 * * * *"
              suspend: true
              concurrencyPolicy: Allow
              jobTemplate:
                spec:
                  template:
                    spec: {restartPolicy: OnFailure, containers: [{name: c, image: $IMAGE}]}
            """)
        .status("{status: {lastScheduleTime: '2026-01-01T00:00:00Z'}}")
        .run();
  }

  @Test
  @DisplayName("[sig-node] [DRA] CRUD Tests resource.k8s.io/v1 DeviceClass [Conformance]")
  void deviceClasses(Space space) {
    new ApiOperations(
            space,
            "deviceclasses.resource.k8s.io",
            """
            apiVersion: resource.k8s.io/v1
            kind: DeviceClass
            spec: {selectors: [{cel: {expression: 'device.driver == "a.example.com"'}}]}
            """)
        .run();
  }

  @Test
  @DisplayName("[sig-node] [DRA] CRUD Tests resource.k8s.io/v1 ResourceClaim [Conformance]")
  void resourceClaims(Space space) {
    new ApiOperations(
            space,
            "resourceclaims.resource.k8s.io",
            """
            apiVersion: resource.k8s.io/v1
            kind: ResourceClaim
            spec: {devices: {requests: [{name: req-0, exactly: {deviceClassName: some-class}}]}}
            """)
        .status(
            "{status: {allocation: {devices: {results: [{request: req-0, driver: a.example.com,"
                + " pool: p, device: d}]}}}}")
        .run();
  }

  @Test
  @DisplayName("[sig-node] [DRA] CRUD Tests resource.k8s.io/v1 ResourceClaimTemplate [Conformance]")
  void resourceClaimTemplates(Space space) {
    new ApiOperations(
            space,
            "resourceclaimtemplates.resource.k8s.io",
            """
            apiVersion: resource.k8s.io/v1
            kind: ResourceClaimTemplate
            spec: {spec: {devices: {requests: [{name: req-0, exactly: {deviceClassName: some-class}}]}}}
            """)
        .run();
  }

  @Test
  @DisplayName("[sig-node] [DRA] CRUD Tests resource.k8s.io/v1 ResourceSlice [Conformance]")
  void resourceSlices(Space space) {
    new ApiOperations(
            space,
            "resourceslices.resource.k8s.io",
            """
            apiVersion: resource.k8s.io/v1
            kind: ResourceSlice
            spec:
              driver: a.example.com
              nodeName: no-such-node
              pool: {name: pool, generation: 1, resourceSliceCount: 1}
              devices: [{name: device-0}]
            """)
        .run();
  }

  @Test
  @DisplayName(
      "[sig-storage] CSIInlineVolumes should run through the lifecycle of a CSIDriver"
          + " [Conformance]")
  void csiDrivers(Space space) {
    new ApiOperations(
            space,
            "csidrivers.storage.k8s.io",
            """
            apiVersion: storage.k8s.io/v1
            kind: CSIDriver
            spec: {volumeLifecycleModes: [Persistent, Ephemeral], fsGroupPolicy: ReadWriteOnceWithFSType}
            """)
        .run();
  }

  @Test
  @DisplayName(
      "[sig-storage] CSINodes CSI Conformance should run through the lifecycle of a csinode"
          + " [Conformance]")
  void csiNodes(Space space) {
    new ApiOperations(
            space,
            "csinodes.storage.k8s.io",
            """
            apiVersion: storage.k8s.io/v1
            kind: CSINode
            spec: {drivers: null}
            """)
        .run();
  }

  @Test
  @DisplayName(
      "[sig-storage] StorageClasses CSI Conformance should run through the lifecycle of a"
          + " StorageClass [Conformance]")
  void storageClasses(Space space) {
    new ApiOperations(
            space,
            "storageclasses.storage.k8s.io",
            """
            apiVersion: storage.k8s.io/v1
            kind: StorageClass
            provisioner: e2e-fake-provisioner
            """)
        .run();
  }

  @Test
  @DisplayName(
      "[sig-storage] VolumeAttributesClass [FeatureGate:VolumeAttributesClass] should run through"
          + " the lifecycle of a VolumeAttributesClass [Conformance]")
  void volumeAttributesClasses(Space space) {
    new ApiOperations(
            space,
            "volumeattributesclasses.storage.k8s.io",
            """
            apiVersion: storage.k8s.io/v1
            kind: VolumeAttributesClass
            driverName: e2e-fake-provisioner
            parameters: {iops: "100"}
            """)
        .run();
  }

  @Test
  @DisplayName(
      "[sig-storage] VolumeAttachment Conformance should run through the lifecycle of a"
          + " VolumeAttachment [Conformance]")
  void volumeAttachments(Space space) {
    new ApiOperations(space, ATTACHMENTS, attachment(space, "")).run();
  }

  private static final String ATTACHMENTS = "volumeattachments.storage.k8s.io";

  /** Of a volume that is not there, to a node that is. The uid is for the server to give. */
  private static String attachment(Space space, String name) {
    return """
    apiVersion: storage.k8s.io/v1
    kind: VolumeAttachment
    metadata: {uid: mine%s}
    spec: {attacher: e2e-test.storage.k8s.io, nodeName: %s, source: {persistentVolumeName: pv-%s}}
    status: {attached: false}
    """
        .formatted(name.isEmpty() ? "" : ", name: " + name, space.node(), Space.unique());
  }

  @Test
  @DisplayName(
      "[sig-storage] VolumeAttachment Conformance should apply changes to a volumeattachment status"
          + " [Conformance]")
  void attachmentStatus(Space space) {
    String name = "conformance-" + Space.unique();
    assertThat(text(space.create(attachment(space, name)), "/metadata/uid")).isNotEqualTo("mine");
    JsonNode labelled =
        space.merge(ATTACHMENTS, name, "{metadata: {labels: {%s: patched}}}".formatted(name));
    assertThat(text(labelled, "/metadata/labels/" + name)).isEqualTo("patched");
    JsonNode status = space.api().get(space.path(ATTACHMENTS, name) + "/status").ok();
    assertThat(status.at("/status/attached").asBoolean(true)).isFalse();
    JsonNode patched = space.mergeStatus(ATTACHMENTS, name, "{status: {attached: true}}");
    assertThat(patched.at("/status/attached").asBoolean()).isTrue();
    JsonNode updated =
        space.edit(
            ATTACHMENTS,
            name,
            "status",
            o -> ((ObjectNode) o.get("status")).put("attached", false));
    assertThat(updated.at("/status/attached").asBoolean(true)).isFalse();
    space.delete(ATTACHMENTS, name);
    space.awaitGone(ATTACHMENTS, name);
    assertThat(space.list(ATTACHMENTS, name + "=patched")).isEmpty();
  }

  @Test
  @DisplayName(
      "[sig-storage] CSIInlineVolumes should support CSIVolumeSource in Pod API [Conformance]")
  void inlineCsi(Space space) {
    TestPod pod =
        TestPod.sleeping("inline")
            .spec("{schedulerName: nobody}")
            .volume("one", "{csi: {driver: e2e.example.com}}", "/one")
            .volume(
                "two", "{csi: {driver: e2e.example.com, fsType: ext4, readOnly: true}}", "/two");
    JsonNode created = space.create(pod.json());
    space.tryCreate(pod.json()).refused(409);
    JsonNode read = space.get("pods", "inline");
    assertThat(text(read, "/metadata/uid")).isEqualTo(text(created, "/metadata/uid"));
    assertThat(read.at("/spec/volumes/0/csi"))
        .isEqualTo(Manifest.parse("{driver: e2e.example.com}"));
    assertThat(read.at("/spec/volumes/1/csi"))
        .isEqualTo(Manifest.parse("{driver: e2e.example.com, fsType: ext4, readOnly: true}"));
    assertThat(space.list("pods")).hasSize(1);
    space.merge("pods", "inline", "{metadata: {labels: {patched: 'true'}}}");
    assertThat(space.list("pods", "patched=true")).hasSize(1);
    space.delete("pods", "inline");
    space.awaitGone("pods", "inline");
  }

  @Test
  @DisplayName("[sig-node] Lease lease API should be available [Conformance]")
  void leases(Space space) {
    ObjectNode lease = lease("lease", "", "holder", 30, "00:00:02", "00:00:05", 0);
    space.create(lease);
    JsonNode read = space.get(LEASES, "lease");
    assertThat(read.path("spec")).isEqualTo(lease.path("spec"));
    lease = lease("lease", "", "holder2", 30, "00:00:20", "00:00:50", 1);
    ((ObjectNode) lease.get("metadata"))
        .set("resourceVersion", read.at("/metadata/resourceVersion"));
    space.update(lease);
    assertThat(space.get(LEASES, "lease").path("spec")).isEqualTo(lease.path("spec"));
    lease = lease("lease", "", "holder3", 60, "00:00:50", "00:01:10", 2);
    ObjectNode patch = Json.object();
    patch.set("spec", lease.get("spec"));
    space.strategic(LEASES, "lease", patch.toString());
    assertThat(space.get(LEASES, "lease").path("spec")).isEqualTo(lease.path("spec"));
    space.create(
        lease(
            "second",
            "labels: {deletecollection: 'true'}",
            "holder",
            30,
            "00:00:02",
            "00:00:05",
            0));
    assertThat(space.list(LEASES)).hasSize(2);
    space.deleteAll(LEASES, "deletecollection=true");
    assertThat(space.list(LEASES))
        .extracting(l -> text(l, "/metadata/name"))
        .containsExactly("lease");
    space.delete(LEASES, "lease");
    assertThat(space.api().get(space.path(LEASES, "lease")).code()).isEqualTo(404);
    space.api().get(space.everywhere(LEASES)).ok();
  }

  private static final String LEASES = "leases.coordination.k8s.io";

  /** In the year one, as upstream's test has it. */
  private static ObjectNode lease(
      String name,
      String metadata,
      String holder,
      int seconds,
      String acquired,
      String renewed,
      int transitions) {
    return Manifest.parse(
        """
        apiVersion: coordination.k8s.io/v1
        kind: Lease
        metadata: {name: %s, %s}
        spec: {holderIdentity: %s, leaseDurationSeconds: %d, acquireTime: '0001-01-01T%s.000000Z', renewTime: '0001-01-01T%s.000000Z', leaseTransitions: %d}
        """
            .formatted(name, metadata, holder, seconds, acquired, renewed, transitions));
  }
}
