package dev.coracle.apiserver.internal.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DefaultRolesTest {

  /** The discovery, user-facing and component roles of Kubernetes' page on RBAC. */
  @Test
  void hasTheRolesThatClustersAreExpectedToHave() {
    assertThat(DefaultRoles.all())
        .filteredOn(o -> o.path("kind").asText().equals("ClusterRole"))
        .extracting(o -> o.at("/metadata/name").asText())
        .contains(
            "cluster-admin",
            "admin",
            "edit",
            "view",
            "system:basic-user",
            "system:discovery",
            "system:public-info-viewer",
            "system:kube-scheduler",
            "system:volume-scheduler",
            "system:kube-controller-manager",
            "system:node",
            "system:node-proxier",
            "system:auth-delegator",
            "system:heapster",
            "system:kube-aggregator",
            "system:kube-dns",
            "system:kubelet-api-admin",
            "system:node-bootstrapper",
            "system:node-problem-detector",
            "system:persistent-volume-provisioner",
            "system:monitoring");
  }
}
