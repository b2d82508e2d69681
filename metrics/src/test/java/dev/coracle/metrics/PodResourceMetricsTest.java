package dev.coracle.metrics;

import static dev.coracle.metrics.MetricsFixture.put;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.Resources;
import dev.coracle.client.fake.FakeClient;
import org.junit.jupiter.api.Test;

/** What pods ask for together, as the scheduler counts it. */
class PodResourceMetricsTest {

  private final FakeClient client = new FakeClient();

  private void pod(String name, String spec, String phase) {
    put(
        client,
        Resources.PODS,
        "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'%s','namespace':'shop'},'spec':{%s},'status':{'phase':'%s'}}"
            .formatted(name, spec, phase));
  }

  private String scrape() {
    return KubeStateMetrics.ofPodResources(client, Runnable::run).scrape().await().indefinitely();
  }

  @Test
  void aPodCountsOnceWithAllOfItsContainersAndItsOverhead() {
    pod(
        "web",
        "'nodeName':'n1','schedulerName':'default-scheduler','priority':7,'overhead':{'cpu':'50m'},"
            + "'containers':[{'name':'a','resources':{'requests':{'cpu':'250m','memory':'64Mi','hugepages-2Mi':'2Mi'},"
            + "'limits':{'nvidia.com/gpu':'2','memory':'128Mi'}}},"
            + "{'name':'b','resources':{'requests':{'cpu':'200m','memory':'0'}}}]",
        "Running");
    String of =
        "{namespace=\"shop\",pod=\"web\",node=\"n1\",scheduler=\"default-scheduler\",priority=\"7\",resource=";
    assertThat(scrape())
        .contains(
            "# TYPE kube_pod_resource_request gauge",
            "# TYPE kube_pod_resource_limit gauge",
            "kube_pod_resource_request" + of + "\"cpu\",unit=\"cores\"} 0.5\n",
            "kube_pod_resource_request" + of + "\"memory\",unit=\"bytes\"} 67108864\n",
            "kube_pod_resource_request" + of + "\"hugepages-2Mi\",unit=\"bytes\"} 2097152\n",
            "kube_pod_resource_limit" + of + "\"memory\",unit=\"bytes\"} 134217728\n",
            "kube_pod_resource_limit" + of + "\"nvidia.com/gpu\",unit=\"\"} 2\n")
        .doesNotContain("kube_pod_resource_limit" + of + "\"cpu\"");
  }

  @Test
  void onlyWhatHasEndedOnANodeIsLeftOut() {
    String asks = "'containers':[{'name':'a','resources':{'requests':{'cpu':'1','memory':'0'}}}]";
    pod("waits", asks, "Pending");
    pod("nowhere", asks, "Failed");
    pod("done", "'nodeName':'n1'," + asks, "Succeeded");
    pod("failed", "'nodeName':'n1'," + asks, "Failed");
    assertThat(scrape().lines().filter(l -> !l.startsWith("#")))
        .containsExactlyInAnyOrder(
            "kube_pod_resource_request{namespace=\"shop\",pod=\"waits\",node=\"\",scheduler=\"\",priority=\"\",resource=\"cpu\",unit=\"cores\"} 1",
            "kube_pod_resource_request{namespace=\"shop\",pod=\"nowhere\",node=\"\",scheduler=\"\",priority=\"\",resource=\"cpu\",unit=\"cores\"} 1");
  }
}
