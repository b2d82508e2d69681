package dev.coracle.controllers;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;

/** A custom resource of the tests. */
final class Sheep {

  static final GroupVersionResource RESOURCE =
      new GroupVersionResource("example.com", "v1", "sheep");

  private Sheep() {}

  /** Defines them, or defines them anew. */
  static void define(Cluster c, boolean scalable) {
    String scale =
        """
        ,"subresources":{"scale":{"specReplicasPath":".spec.replicas",
         "statusReplicasPath":".status.replicas","labelSelectorPath":".status.selector"}}\
        """;
    c.api.put(
        Resources.CUSTOM_RESOURCE_DEFINITIONS,
        KubeObject.parse(
            """
            {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
             "metadata":{"name":"sheep.example.com"},
             "spec":{"group":"example.com","scope":"Namespaced",
              "names":{"plural":"sheep","singular":"sheep","kind":"Sheep","listKind":"SheepList"},
              "versions":[{"name":"v1","served":true,"storage":true,
               "schema":{"openAPIV3Schema":{"type":"object"}}%s}]},
             "status":{"conditions":[{"type":"Established","status":"True"}]}}\
            """
                .formatted(scalable ? scale : "")));
    c.context.runUntilIdle();
  }

  /** The one called s, as it is stored. */
  static KubeObject put(Cluster c, int replicas, String status) {
    KubeObject stored =
        c.api.put(
            RESOURCE,
            KubeObject.parse(
                """
                {"apiVersion":"example.com/v1","kind":"Sheep",
                 "metadata":{"namespace":"default","name":"s"},
                 "spec":{"replicas":%d},"status":%s}\
                """
                    .formatted(replicas, status)));
    c.context.runUntilIdle();
    return stored;
  }
}
