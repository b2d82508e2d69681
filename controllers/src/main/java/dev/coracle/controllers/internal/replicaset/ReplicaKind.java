package dev.coracle.controllers.internal.replicaset;

import dev.coracle.api.GroupVersionResource;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.selector.LabelSelector;

/**
 * The two kinds that keep so many equal pods; they differ in name and in the form of the selector.
 */
enum ReplicaKind {
  REPLICA_SET("replicaset-controller", "apps/v1", "ReplicaSet", Resources.REPLICA_SETS) {
    @Override
    LabelSelector selector(KubeObject owner) {
      return LabelSelector.of(owner.at("spec", "selector"));
    }
  },
  REPLICATION_CONTROLLER(
      "replication-controller", "v1", "ReplicationController", Resources.REPLICATION_CONTROLLERS) {
    @Override
    LabelSelector selector(KubeObject owner) {
      return LabelSelector.ofLabels(KubeObject.strings(owner.at("spec", "selector")));
    }
  };

  private final String controller;
  private final String apiVersion;
  private final String kind;
  private final GroupVersionResource resource;

  ReplicaKind(String controller, String apiVersion, String kind, GroupVersionResource resource) {
    this.controller = controller;
    this.apiVersion = apiVersion;
    this.kind = kind;
    this.resource = resource;
  }

  abstract LabelSelector selector(KubeObject owner);

  String controller() {
    return controller;
  }

  String apiVersion() {
    return apiVersion;
  }

  String kind() {
    return kind;
  }

  GroupVersionResource resource() {
    return resource;
  }
}
