package dev.coracle.apiserver.internal.registry;

import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.selector.FieldSelector;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** The fields that field selectors may name, per resource (Kubernetes docs, "Field Selectors"). */
public final class SelectableFields {

  private static final Set<String> COMMON = Set.of("metadata.name", "metadata.namespace");

  private static final Map<String, List<String>> BUILT_IN =
      Map.ofEntries(
          Map.entry(
              "pods",
              List.of(
                  "spec.nodeName",
                  "spec.restartPolicy",
                  "spec.schedulerName",
                  "spec.serviceAccountName",
                  "spec.hostNetwork",
                  "status.phase",
                  "status.podIP",
                  "status.podIPs",
                  "status.nominatedNodeName")),
          Map.entry(
              "events",
              List.of(
                  "involvedObject.kind",
                  "involvedObject.namespace",
                  "involvedObject.name",
                  "involvedObject.uid",
                  "involvedObject.apiVersion",
                  "involvedObject.resourceVersion",
                  "involvedObject.fieldPath",
                  "reason",
                  "reportingComponent",
                  "source",
                  "type")),
          Map.entry(
              "events.events.k8s.io",
              List.of(
                  "regarding.kind",
                  "regarding.namespace",
                  "regarding.name",
                  "regarding.uid",
                  "regarding.apiVersion",
                  "regarding.resourceVersion",
                  "regarding.fieldPath",
                  "reason",
                  "reportingController",
                  "type")),
          Map.entry("namespaces", List.of("status.phase", "name")),
          Map.entry("nodes", List.of("spec.unschedulable")),
          Map.entry("secrets", List.of("type")),
          Map.entry("services", List.of("spec.clusterIP", "spec.type")),
          Map.entry("replicationcontrollers", List.of("status.replicas")),
          Map.entry("replicasets.apps", List.of("status.replicas")),
          Map.entry("jobs.batch", List.of("status.successful")),
          Map.entry("certificatesigningrequests.certificates.k8s.io", List.of("spec.signerName")),
          Map.entry("clustertrustbundles.certificates.k8s.io", List.of("spec.signerName")),
          Map.entry(
              "podcertificaterequests.certificates.k8s.io",
              List.of("spec.signerName", "spec.podName", "spec.nodeName")),
          Map.entry("resourceslices.resource.k8s.io", List.of("spec.nodeName", "spec.driver")),
          Map.entry(
              "ipaddresses.networking.k8s.io",
              List.of(
                  "spec.parentRef.group",
                  "spec.parentRef.resource",
                  "spec.parentRef.namespace",
                  "spec.parentRef.name")));

  /** What fields are that stand elsewhere in an object, or that are more than a text. */
  private static final Map<String, Function<KubeObject, String>> READERS =
      Map.of(
          "pods/spec.hostNetwork",
          orZero("false", "spec", "hostNetwork"),
          "nodes/spec.unschedulable",
          orZero("false", "spec", "unschedulable"),
          "replicationcontrollers/status.replicas",
          orZero("0", "status", "replicas"),
          "replicasets.apps/status.replicas",
          orZero("0", "status", "replicas"),
          "jobs.batch/status.successful",
          orZero("0", "status", "succeeded"),
          "namespaces/name",
          KubeObject::name,
          "events/source",
          SelectableFields::source);

  private SelectableFields() {}

  /** All selectable paths of a type, as clients name them. */
  public static Set<String> of(ResourceType type) {
    Set<String> out = new LinkedHashSet<>(COMMON);
    if (type.custom()) {
      out.addAll(type.rules().selectableFields());
    } else {
      out.addAll(BUILT_IN.getOrDefault(type.groupResource().toString(), List.of()));
    }
    return out;
  }

  /** How each of the paths is read from an object of the resource; empty where it is unset. */
  public static Map<String, Function<KubeObject, String>> readers(
      GroupResource resource, Set<String> paths) {
    Map<String, Function<KubeObject, String>> out = new HashMap<>();
    for (String path : paths) {
      String[] steps = path.split("\\.");
      out.put(path, READERS.getOrDefault(resource + "/" + path, object -> object.text(steps)));
    }
    return out;
  }

  /** A number or truth value, which in Kubernetes' objects is never unset. */
  private static Function<KubeObject, String> orZero(String zero, String... steps) {
    return object -> {
      String text = object.text(steps);
      return text.isEmpty() ? zero : text;
    };
  }

  private static String source(KubeObject event) {
    String component = event.text("source", "component");
    return component.isEmpty() ? event.text("reportingComponent") : component;
  }

  /** Whether a built-in kind has more of them than its name and namespace. */
  public static boolean hasOwn(ResourceType type) {
    return BUILT_IN.containsKey(type.groupResource().toString());
  }

  /** The selector in terms of the stored version's fields. */
  public static FieldSelector stored(ResourceType type, FieldSelector fields) {
    if (!type.resource().group().equals("events.k8s.io") || fields.isEverything()) {
      return fields;
    }
    return new FieldSelector(
        fields.requirements().stream()
            .map(r ->
                new FieldSelector.Requirement(
                    r.field()
                        .replace("regarding.", "involvedObject.")
                        .replace("reportingController", "reportingComponent"),
                    r.equal(),
                    r.value()))
            .toList());
  }
}
