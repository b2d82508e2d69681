package dev.coracle.apiserver.warning;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.schema.ResourceDefinition;
import dev.coracle.api.validation.FieldPath;
import dev.coracle.api.validation.NameRules;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * What to tell whoever writes an object that is valid, and hardly meant that way or on its way out.
 * Runs on decoded and defaulted trees that have passed validation.
 */
public final class KindWarnings {

  /** Of one kind, new or changed. */
  @FunctionalInterface
  private interface Rules {
    void tell(ObjectNode object, Consumer<String> to);
  }

  private static final FieldPath ANNOTATIONS = FieldPath.METADATA.child("annotations");
  private static final String CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class";
  private static final String MOUNTABLE = "kubernetes.io/enforce-mountable-secrets";
  private static final String CLASS_TEXT =
      "deprecated since v1.8; use \"storageClassName\" attribute instead";
  private static final Map<String, String> VOLUMES =
      Map.of(
          "cephfs", "deprecated in v1.28, non-functional in v1.31+",
          "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+",
          "scaleIO", "deprecated in v1.16, non-functional in v1.22+",
          "storageos", "deprecated in v1.22, non-functional in v1.25+",
          "glusterfs", "deprecated in v1.25, non-functional in v1.26+",
          "rbd", "deprecated in v1.28, non-functional in v1.31+");

  private static final Map<String, Rules> ALL =
      Map.ofEntries(
          Map.entry("/Pod", (o, to) -> new PodWarnings(o, FieldPath.ROOT, to).tell()),
          Map.entry("/PodTemplate", (o, to) -> template(o.path("template"), "template", to)),
          Map.entry("/ReplicationController", WorkloadWarnings::template),
          Map.entry("apps/Deployment", WorkloadWarnings::template),
          Map.entry("apps/ReplicaSet", WorkloadWarnings::template),
          Map.entry("apps/DaemonSet", WorkloadWarnings::template),
          Map.entry("apps/StatefulSet", WorkloadWarnings::template),
          Map.entry("batch/Job", WorkloadWarnings::job),
          Map.entry("batch/CronJob", WorkloadWarnings::cronJob),
          Map.entry("/Service", KindWarnings::service),
          Map.entry("/Node", KindWarnings::node),
          Map.entry("/PersistentVolume", KindWarnings::volume),
          Map.entry("/PersistentVolumeClaim", KindWarnings::claim),
          Map.entry("apiextensions.k8s.io/CustomResourceDefinition", CustomWarnings::formats),
          Map.entry("discovery.k8s.io/EndpointSlice", KindWarnings::endpoints),
          Map.entry("networking.k8s.io/NetworkPolicy", KindWarnings::policy),
          Map.entry("node.k8s.io/RuntimeClass", KindWarnings::runtimeClass),
          Map.entry("resource.k8s.io/ResourceSlice", KindWarnings::slice),
          Map.entry("storage.k8s.io/StorageClass", KindWarnings::storageClass),
          Map.entry("storage.k8s.io/CSIStorageCapacity", KindWarnings::capacity));

  /** Kinds whose objects' names become parts of host names. */
  private static final List<String> NAMES_PODS =
      List.of(
          "/ReplicationController",
          "apps/Deployment",
          "apps/ReplicaSet",
          "batch/Job",
          "batch/CronJob");

  private KindWarnings() {}

  /** Of a new object. */
  public static void ofCreate(ResourceDefinition resource, ObjectNode object, Consumer<String> to) {
    if (!resource.builtIn()) {
      CustomWarnings.finalizers(object, Json.NODES.missingNode(), to);
      return;
    }
    String kind = resource.kind().group() + "/" + resource.kind().kind();
    if (kind.equals("/Pod")) {
      name(object, "the Pod's hostname", to);
    } else if (NAMES_PODS.contains(kind)) {
      name(object, "Pod names and hostnames", to);
    } else if (kind.equals("networking.k8s.io/Ingress")
        && annotation(object, "kubernetes.io/ingress.class")
        && !object.path("spec").hasNonNull("ingressClassName")) {
      to.accept(
          "annotation \"kubernetes.io/ingress.class\" is deprecated, please use"
              + " 'spec.ingressClassName' instead");
    }
    if (kind.equals("discovery.k8s.io/EndpointSlice")
        && object.path("addressType").asText("").equals("FQDN")) {
      to.accept("spec.addressType: FQDN endpoints are deprecated");
    }
    Rules rules = ALL.get(kind);
    if (rules != null) {
      rules.tell(object, to);
    }
    WorkloadWarnings.always(kind, object, true, to);
    account(kind, object, Json.NODES.missingNode(), to);
  }

  /** Of an object that is changed itself, not by a subresource. */
  public static void ofUpdate(
      ResourceDefinition resource, ObjectNode now, JsonNode before, Consumer<String> to) {
    if (!resource.builtIn()) {
      CustomWarnings.finalizers(now, before, to);
      return;
    }
    String kind = resource.kind().group() + "/" + resource.kind().kind();
    Rules rules = ALL.get(kind);
    if (rules != null && !WorkloadWarnings.isTold(kind, now, before)) {
      rules.tell(now, to);
    }
    WorkloadWarnings.always(kind, now, false, to);
    account(kind, now, before, to);
  }

  private static void account(String kind, JsonNode now, JsonNode before, Consumer<String> to) {
    if (kind.equals("/ServiceAccount")
        && annotation(now, MOUNTABLE)
        && !annotation(before, MOUNTABLE)) {
      to.accept(
          ANNOTATIONS.key(MOUNTABLE)
              + ": deprecated in v1.32+; prefer separate namespaces to isolate access to mounted"
              + " secrets");
    }
  }

  private static boolean annotation(JsonNode object, String key) {
    return object.path("metadata").path("annotations").has(key);
  }

  private static void name(ObjectNode object, String used, Consumer<String> to) {
    List<String> problems = NameRules.dnsLabel(object.path("metadata").path("name").asText(""));
    if (!problems.isEmpty()) {
      to.accept(
          "metadata.name: this is used in "
              + used
              + ", which can result in surprising behavior; a DNS label is recommended: ["
              + String.join(" ", problems)
              + "]");
    }
  }

  private static void slice(ObjectNode slice, Consumer<String> to) {
    String driver = slice.path("spec").path("driver").asText("");
    if (!driver.equals(driver.toLowerCase(Locale.ROOT))) {
      to.accept(
          "spec.driver: driver names should be lowercase; \""
              + driver
              + "\" contains uppercase characters");
    }
  }

  private static void template(JsonNode template, String at, Consumer<String> to) {
    new PodWarnings(template, FieldPath.ROOT.child(at), to).tell();
  }

  private static void service(ObjectNode service, Consumer<String> to) {
    JsonNode spec = service.path("spec");
    String type = spec.path("type").asText("");
    JsonNode externalIps = spec.path("externalIPs");
    String balancer = spec.path("loadBalancerIP").asText("");
    boolean byName = type.equals("ExternalName");
    boolean headless = type.equals("ClusterIP") && spec.path("clusterIP").asText("").equals("None");
    if (annotation(service, "service.kubernetes.io/topology-aware-hints")) {
      to.accept(
          "annotation service.kubernetes.io/topology-aware-hints is deprecated, please use"
              + " service.kubernetes.io/topology-mode instead");
    }
    if (headless) {
      if (!balancer.isEmpty()) {
        to.accept("spec.loadBalancerIP is ignored for headless services");
      }
      if (!externalIps.isEmpty()) {
        to.accept("spec.externalIPs is ignored for headless services");
      }
      if (!spec.path("sessionAffinity").asText("None").equals("None")) {
        to.accept("spec.SessionAffinity is ignored for headless services");
      }
    } else if (!byName) {
      AddressWarnings.addresses(spec.path("clusterIPs"), FieldPath.SPEC.child("clusterIPs"), to);
      if (!externalIps.isEmpty()) {
        to.accept(
            "spec.externalIPs is deprecated and may no longer be implemented in some clusters");
      }
    }
    AddressWarnings.addresses(externalIps, FieldPath.SPEC.child("externalIPs"), to);
    AddressWarnings.address(balancer, FieldPath.SPEC.child("loadBalancerIP"), to);
    AddressWarnings.ranges(
        spec.path("loadBalancerSourceRanges"),
        FieldPath.SPEC.child("loadBalancerSourceRanges"),
        to);
    if (byName && !externalIps.isEmpty()) {
      to.accept("spec.externalIPs is ignored when spec.type is \"ExternalName\"");
    }
    if (!byName && !spec.path("externalName").asText("").isEmpty()) {
      to.accept("spec.externalName is ignored when spec.type is not \"ExternalName\"");
    }
    if (spec.path("trafficDistribution").asText("").equals("PreferClose")) {
      to.accept("spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"");
    }
  }

  private static void node(ObjectNode node, Consumer<String> to) {
    JsonNode spec = node.path("spec");
    if (!spec.path("externalID").asText("").isEmpty()) {
      to.accept("spec.externalID: this field is deprecated, and is unused by Kubernetes");
    }
    if (spec.hasNonNull("configSource")) {
      to.accept("spec.configSource: the spec.configSource field is deprecated");
    }
    AddressWarnings.ranges(spec.path("podCIDRs"), FieldPath.SPEC.child("podCIDRs"), to);
  }

  private static void volume(ObjectNode volume, Consumer<String> to) {
    JsonNode spec = volume.path("spec");
    classAnnotation(volume, to);
    if (spec.path("persistentVolumeReclaimPolicy").asText("").equals("Recycle")) {
      to.accept(
          "spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead,"
              + " the recommended approach is to use dynamic provisioning.");
    }
    NodeLabelWarnings.terms(
        spec.path("nodeAffinity").path("required").path("nodeSelectorTerms"),
        FieldPath.SPEC.child("nodeAffinity", "required", "nodeSelectorTerms"),
        to);
    VOLUMES.forEach((source, text) -> {
      if (spec.hasNonNull(source)) {
        to.accept(FieldPath.SPEC.child(source) + ": " + text);
      }
    });
  }

  private static void claim(ObjectNode claim, Consumer<String> to) {
    classAnnotation(claim, to);
    PodWarnings.claim(claim.path("spec"), FieldPath.SPEC, to);
  }

  private static void classAnnotation(ObjectNode object, Consumer<String> to) {
    if (annotation(object, CLASS_ANNOTATION)) {
      to.accept(ANNOTATIONS.key(CLASS_ANNOTATION) + ": " + CLASS_TEXT);
    }
  }

  private static void endpoints(ObjectNode slice, Consumer<String> to) {
    if (slice.path("addressType").asText("").equals("FQDN")) {
      return;
    }
    int i = 0;
    for (JsonNode endpoint : slice.path("endpoints")) {
      FieldPath at = FieldPath.ROOT.child("endpoints").index(i++).child("addresses");
      AddressWarnings.addresses(endpoint.path("addresses"), at, to);
    }
  }

  private static void policy(ObjectNode policy, Consumer<String> to) {
    peers(policy.path("spec").path("ingress"), "ingress", "from", to);
    peers(policy.path("spec").path("egress"), "egress", "to", to);
  }

  private static void peers(JsonNode rules, String list, String peers, Consumer<String> to) {
    int i = 0;
    for (JsonNode rule : rules) {
      FieldPath at = FieldPath.SPEC.child(list).index(i++).child(peers);
      int j = 0;
      for (JsonNode peer : rule.path(peers)) {
        FieldPath block = at.index(j++).child("ipBlock");
        AddressWarnings.range(
            peer.path("ipBlock").path("cidr").asText(""), block.child("cidr"), to);
        AddressWarnings.ranges(peer.path("ipBlock").path("except"), block.child("except"), to);
      }
    }
  }

  private static void runtimeClass(ObjectNode object, Consumer<String> to) {
    object
        .path("scheduling")
        .path("nodeSelector")
        .fieldNames()
        .forEachRemaining(label ->
            NodeLabelWarnings.of(label)
                .ifPresent(text -> to.accept("scheduling.nodeSelector: " + text)));
  }

  private static void storageClass(ObjectNode object, Consumer<String> to) {
    int i = 0;
    for (JsonNode topology : object.path("allowedTopologies")) {
      FieldPath at = FieldPath.ROOT.child("allowedTopologies").index(i++);
      int j = 0;
      for (JsonNode expression : topology.path("matchLabelExpressions")) {
        FieldPath here = at.child("matchLabelExpressions").index(j++);
        NodeLabelWarnings.of(expression.path("key").asText(""))
            .ifPresent(text -> to.accept(here + ": " + text));
      }
    }
  }

  private static void capacity(ObjectNode object, Consumer<String> to) {
    FieldPath at = FieldPath.ROOT.child("nodeTopology");
    NodeLabelWarnings.expressions(object.path("nodeTopology"), at, to);
    object
        .path("nodeTopology")
        .path("matchLabels")
        .fieldNames()
        .forEachRemaining(label ->
            NodeLabelWarnings.of(label)
                .ifPresent(text -> to.accept(at.child("matchLabels", label) + ": " + text)));
  }
}
