package dev.coracle.metrics;

import static dev.coracle.metrics.MetricsFixture.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.client.fake.FakeClient;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class KubeStateMetricsTest {
  private final FakeClient client = new FakeClient();
  private final KubeStateMetrics metrics = new KubeStateMetrics(client, Runnable::run);

  @BeforeEach
  void fill() {
    put(client, Resources.NODES, MetricsFixture.node("n1"));
    put(client, Resources.PODS, MetricsFixture.pod("web-1-a"));
    put(
        client,
        Resources.DEPLOYMENTS,
        """
        {'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'web','namespace':'shop','generation':4},
        'spec':{'replicas':3},'status':{'observedGeneration':4,'replicas':3,'readyReplicas':2,
        'conditions':[{'type':'Available','status':'True'}]}}\
        """);
    put(
        client,
        Resources.JOBS,
        """
        {'apiVersion':'batch/v1','kind':'Job','metadata':{'name':'once','namespace':'shop'},'spec':{'completions':1},
        'status':{'succeeded':1,'completionTime':'2026-01-01T00:01:00Z',
        'conditions':[{'type':'Complete','status':'True'}]}}\
        """);
    put(
        client,
        Resources.SECRETS,
        """
        {'apiVersion':'v1','kind':'Secret','metadata':{'name':'s','namespace':'shop'},'type':'Opaque',
        'data':{'password':'aHVudGVyMg=='}}\
        """);
    put(
        client,
        Resources.PERSISTENT_VOLUME_CLAIMS,
        """
        {'apiVersion':'v1','kind':'PersistentVolumeClaim','metadata':{'name':'d','namespace':'shop'},
        'spec':{'storageClassName':'local','resources':{'requests':{'storage':'1Gi'}}},'status':{'phase':'Bound'}}\
        """);
  }

  private String scrape() {
    return metrics.scrape().await().indefinitely();
  }

  @Test
  void writesThePodsUnderUpstreamsNames() {
    assertThat(scrape())
        .contains("# TYPE kube_pod_info gauge")
        .containsPattern(
            "kube_pod_info\\{namespace=\"shop\",pod=\"web-1-a\",uid=\"[^\"]+\",host_ip=\"10.0.0.7\","
                + "pod_ip=\"10.1.0.9\",node=\"n1\",created_by_kind=\"ReplicaSet\",created_by_name=\"web-1\"")
        .containsPattern("kube_pod_status_phase\\{.*phase=\"Running\"} 1\n")
        .containsPattern("kube_pod_status_phase\\{.*phase=\"Pending\"} 0\n")
        .containsPattern("kube_pod_status_ready\\{.*condition=\"true\"} 1\n")
        .contains("# TYPE kube_pod_container_status_restarts_total counter")
        .containsPattern("kube_pod_container_status_restarts_total\\{.*container=\"c\"} 3\n")
        .containsPattern(
            "kube_pod_container_status_last_terminated_reason\\{.*reason=\"OOMKilled\"} 1\n")
        .containsPattern(
            "kube_pod_container_resource_requests\\{.*node=\"n1\",resource=\"cpu\",unit=\"core\"} 0.25\n")
        .containsPattern(
            "kube_pod_container_resource_limits\\{.*resource=\"nvidia_com_gpu\",unit=\"integer\"} 1\n")
        .containsPattern(
            "kube_pod_spec_volumes_persistentvolumeclaims_info\\{.*persistentvolumeclaim=\"d\"} 1\n");
  }

  @Test
  void writesNodesAndWorkloads() {
    assertThat(scrape())
        .containsPattern(
            "kube_node_info\\{node=\"n1\",kernel_version=\"6.18\".*internal_ip=\"10.0.0.7\"} 1\n")
        .contains("kube_node_role{node=\"n1\",role=\"worker\"} 1\n")
        .contains("kube_node_status_condition{node=\"n1\",condition=\"Ready\",status=\"true\"} 1\n")
        .contains(
            "kube_node_status_allocatable{node=\"n1\",resource=\"memory\",unit=\"byte\"} 7516192768\n")
        .contains("kube_deployment_status_replicas{namespace=\"shop\",deployment=\"web\"} 3\n")
        .contains(
            "kube_deployment_status_replicas_available{namespace=\"shop\",deployment=\"web\"} 0\n")
        .contains("kube_job_complete{namespace=\"shop\",job_name=\"once\",condition=\"true\"} 1\n")
        .contains(
            "kube_persistentvolumeclaim_resource_requests_storage_bytes{namespace=\"shop\","
                + "persistentvolumeclaim=\"d\"} 1073741824\n");
  }

  @Test
  void tellsNothingOfASecretsContent() {
    assertThat(scrape()).contains("kube_secret_type").doesNotContain("aHVudGVyMg");
  }

  @Test
  void leavesOutWhatMayNotBeRead() {
    client.failWhen(call ->
        call.resource().equals(Resources.SECRETS)
            ? Optional.of(StatusException.unavailable("no"))
            : Optional.empty());
    assertThat(scrape()).doesNotContain("kube_secret").contains("kube_pod_info");
  }

  @Test
  void isReadByPromtool() throws Exception {
    assumeTrue(Promtool.installed(), "needs promtool");
    Promtool.check(scrape());
  }
}
