package dev.coracle.system.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a pod knows of itself, as projected files. */
@Conformance
class ProjectedDownwardIT {

  private static String items(String items) {
    return "{projected: {sources: [{downwardAPI: {items: [" + items + "]}}]}}";
  }

  private static String resource(String resource, String divisor) {
    return items(
        "{path: value, resourceFieldRef: {containerName: main, resource: %s, divisor: %s}}"
            .formatted(resource, divisor));
  }

  private static TestPod pod(String volume, String resources) {
    return new TestPod("reader")
        .volume("v", volume, "/v")
        .container(resources)
        .script("cat /v/value");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected downwardAPI should provide container's cpu limit [Conformance]"
          + " [NodeConformance]")
  void limitsCpu(Space space) {
    assertThat(
            space.run(
                pod(
                    resource("limits.cpu", "1m"),
                    "{resources: {requests: {cpu: 250m, memory: 32Mi}, limits: {cpu: 1250m, memory:"
                        + " 64Mi}}}")))
        .isEqualTo("1250\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected downwardAPI should provide container's cpu request [Conformance]"
          + " [NodeConformance]")
  void requestsCpu(Space space) {
    assertThat(
            space.run(
                pod(
                    resource("requests.cpu", "1m"),
                    "{resources: {requests: {cpu: 250m, memory: 32Mi}, limits: {cpu: 1250m, memory:"
                        + " 64Mi}}}")))
        .isEqualTo("250\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected downwardAPI should provide container's memory limit [Conformance]"
          + " [NodeConformance]")
  void limitsMemory(Space space) {
    assertThat(
            space.run(
                pod(
                    resource("limits.memory", "1Mi"),
                    "{resources: {requests: {cpu: 250m, memory: 32Mi}, limits: {cpu: 1250m, memory:"
                        + " 64Mi}}}")))
        .isEqualTo("64\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected downwardAPI should provide container's memory request [Conformance]"
          + " [NodeConformance]")
  void requestsMemory(Space space) {
    assertThat(
            space.run(
                pod(
                    resource("requests.memory", "1Mi"),
                    "{resources: {requests: {cpu: 250m, memory: 32Mi}, limits: {cpu: 1250m, memory:"
                        + " 64Mi}}}")))
        .isEqualTo("32\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected downwardAPI should provide node allocatable (cpu) as default cpu"
          + " limit if the limit is not set [Conformance] [NodeConformance]")
  void defaultCpu(Space space) {
    String value = space.run(pod(resource("limits.cpu", "1"), "{resources: {}}"));
    String node = Space.text(space.get("pods", "reader"), "/spec/nodeName");
    String allocatable =
        Space.text(space.api().get("/api/v1/nodes/" + node).ok(), "/status/allocatable/cpu");
    assertThat(value).isEqualTo(Amount.whole(allocatable) + "\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected downwardAPI should provide node allocatable (memory) as default"
          + " memory limit if the limit is not set [Conformance] [NodeConformance]")
  void defaultMemory(Space space) {
    String value = space.run(pod(resource("limits.memory", "1"), "{resources: {}}"));
    String node = Space.text(space.get("pods", "reader"), "/spec/nodeName");
    String allocatable =
        Space.text(space.api().get("/api/v1/nodes/" + node).ok(), "/status/allocatable/memory");
    assertThat(value).isEqualTo(Amount.whole(allocatable) + "\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected downwardAPI should provide podname only [Conformance]"
          + " [NodeConformance]")
  void podName(Space space) {
    String volume = items("{path: value, fieldRef: {fieldPath: metadata.name}}");
    assertThat(space.run(pod(volume, "{resources: {}}"))).isEqualTo("reader\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected downwardAPI should set DefaultMode on files [LinuxOnly]"
          + " [Conformance] [NodeConformance]")
  void defaultMode(Space space) {
    String volume =
        "{projected: {defaultMode: 256, sources: [{downwardAPI: {items: [{path: value, fieldRef:"
            + " {fieldPath: metadata.name}}]}}]}}";
    TestPod pod = new TestPod("reader").volume("v", volume, "/v").script("stat -L -c %a /v/value");
    assertThat(space.run(pod)).isEqualTo("400\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected downwardAPI should set mode on item file [LinuxOnly] [Conformance]"
          + " [NodeConformance]")
  void itemMode(Space space) {
    String volume = items("{path: value, mode: 256, fieldRef: {fieldPath: metadata.name}}");
    TestPod pod = new TestPod("reader").volume("v", volume, "/v").script("stat -L -c %a /v/value");
    assertThat(space.run(pod)).isEqualTo("400\n");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected downwardAPI should update annotations on modification [Conformance]"
          + " [NodeConformance]")
  void updateAnnotations(Space space) {
    String volume = items("{path: value, fieldRef: {fieldPath: metadata.annotations}}");
    space.start(
        new TestPod("reader")
            .meta("{annotations: {builder: bar}}")
            .volume("v", volume, "/v")
            .script("while true; do cat /v/value; echo; sleep 1; done"));
    space.awaitLog("reader", "main", "builder=\"bar\"");
    space.merge("pods", "reader", "{metadata: {annotations: {builder: foo}}}");
    space.awaitLog("reader", "main", "builder=\"foo\"");
  }

  @Test
  @DisplayName(
      "[sig-storage] Projected downwardAPI should update labels on modification [Conformance]"
          + " [NodeConformance]")
  void updateLabels(Space space) {
    String volume = items("{path: value, fieldRef: {fieldPath: metadata.labels}}");
    space.start(
        new TestPod("reader")
            .meta("{labels: {builder: bar}}")
            .volume("v", volume, "/v")
            .script("while true; do cat /v/value; echo; sleep 1; done"));
    space.awaitLog("reader", "main", "builder=\"bar\"");
    space.merge("pods", "reader", "{metadata: {labels: {builder: foo}}}");
    space.awaitLog("reader", "main", "builder=\"foo\"");
  }
}
