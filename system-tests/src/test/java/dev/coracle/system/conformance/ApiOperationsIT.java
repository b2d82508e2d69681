package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
            storageClassName: slow
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
            spec: {attachRequired: false, volumeLifecycleModes: [Ephemeral]}
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
    new ApiOperations(
            space,
            "volumeattachments.storage.k8s.io",
            """
            apiVersion: storage.k8s.io/v1
            kind: VolumeAttachment
            spec: {attacher: e2e-test.example, nodeName: no-such-node, source: {persistentVolumeName: pv}}
            """)
        .run();
  }

  @Test
  @DisplayName(
      "[sig-storage] VolumeAttachment Conformance should apply changes to a volumeattachment status"
          + " [Conformance]")
  void attachmentStatus(Space space) {
    String name = "conformance-" + Space.unique();
    space.create(
        """
        apiVersion: storage.k8s.io/v1
        kind: VolumeAttachment
        metadata: {name: %s}
        spec: {attacher: e2e-test.example, nodeName: no-such-node, source: {persistentVolumeName: pv}}
        """
            .formatted(name));
    String resource = "volumeattachments.storage.k8s.io";
    JsonNode patched = space.mergeStatus(resource, name, "{status: {attached: true}}");
    assertThat(patched.at("/status/attached").asBoolean()).isTrue();
    space.edit(
        resource, name, "status", o -> ((ObjectNode) o.get("status")).put("attached", false));
    assertThat(space.get(resource, name).at("/status/attached").asBoolean(true)).isFalse();
    space.delete(resource, name);
    space.awaitGone(resource, name);
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
    String resource = "leases.coordination.k8s.io";
    space.create(
        """
        apiVersion: coordination.k8s.io/v1
        kind: Lease
        metadata: {name: lease, labels: {deletecollection: 'true'}}
        spec: {holderIdentity: holder, leaseDurationSeconds: 30, leaseTransitions: 0, acquireTime: '2026-01-01T00:00:00.000000Z', renewTime: '2026-01-01T00:00:05.000000Z'}
        """);
    JsonNode lease = space.get(resource, "lease");
    assertThat(lease.path("spec"))
        .isEqualTo(
            Manifest.parse(
                """
                holderIdentity: holder
                leaseDurationSeconds: 30
                leaseTransitions: 0
                acquireTime: '2026-01-01T00:00:00.000000Z'
                renewTime: '2026-01-01T00:00:05.000000Z'
                """));
    space.edit(
        resource,
        "lease",
        l ->
            ((ObjectNode) l.get("spec"))
                .put("holderIdentity", "other")
                .put("leaseTransitions", 1)
                .put("leaseDurationSeconds", 45));
    assertThat(text(space.get(resource, "lease"), "/spec/holderIdentity")).isEqualTo("other");
    space.strategic(resource, "lease", "{spec: {leaseDurationSeconds: 60}}");
    JsonNode changed = space.get(resource, "lease");
    assertThat(text(changed, "/spec/holderIdentity")).isEqualTo("other");
    assertThat(changed.at("/spec/leaseTransitions").asInt()).isEqualTo(1);
    assertThat(changed.at("/spec/leaseDurationSeconds").asInt()).isEqualTo(60);
    space.create(
        "{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: second, labels:"
            + " {deletecollection: 'true'}}, spec: {holderIdentity: holder}}");
    space.create(
        "{apiVersion: coordination.k8s.io/v1, kind: Lease, metadata: {name: third}, spec:"
            + " {holderIdentity: holder}}");
    assertThat(space.list(resource)).hasSize(3);
    space.deleteAll(resource, "deletecollection=true");
    assertThat(space.list(resource)).hasSize(1);
    space.delete(resource, "third");
    assertThat(space.api().get(space.path(resource, "third")).code()).isEqualTo(404);
    assertThat(space.list(resource)).isEmpty();
  }
}
