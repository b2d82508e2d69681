package dev.coracle.system.conformance;

import static org.assertj.core.api.Assertions.assertThat;

/** What a pod knows of itself as files, as a volume of its own or projected. */
enum DownwardFiles {
  PLAIN("{downwardAPI: {%sitems: [%s]}}"),
  PROJECTED("{projected: {%ssources: [{downwardAPI: {items: [%s]}}]}}");

  private static final String RESOURCES =
      "{resources: {requests: {cpu: 250m, memory: 32Mi}, limits: {cpu: 1250m, memory: 64Mi}}}";
  private static final String NAME = "{path: value, fieldRef: {fieldPath: metadata.name}}";

  private final String form;

  DownwardFiles(String form) {
    this.form = form;
  }

  private String volume(String ofVolume, String items) {
    return form.formatted(ofVolume, items);
  }

  private TestPod reader(String resource, String divisor, String resources) {
    String item =
        "{path: value, resourceFieldRef: {containerName: main, resource: %s, divisor: %s}}"
            .formatted(resource, divisor);
    return new TestPod("reader")
        .volume("v", volume("", item), "/v")
        .container(resources)
        .script("cat /v/value");
  }

  /** A request or a limit of the container, in units of the divisor. */
  void resource(Space space, String resource, String divisor, String value) {
    assertThat(space.run(reader(resource, divisor, RESOURCES))).isEqualTo(value + "\n");
  }

  /** Without a limit it is what the node can give. */
  void allocatable(Space space, String resource) {
    String value = space.run(reader("limits." + resource, "1", "{resources: {}}"));
    String node = Space.text(space.get("pods", "reader"), "/spec/nodeName");
    String allocatable =
        Space.text(
            space.api().get("/api/v1/nodes/" + node).ok(), "/status/allocatable/" + resource);
    assertThat(value).isEqualTo(Amount.whole(allocatable) + "\n");
  }

  void podName(Space space) {
    TestPod pod =
        new TestPod("reader")
            .volume("v", volume("", NAME), "/v")
            .script("stat -L -c %a /v/value; cat /v/value; echo; ls /v");
    assertThat(space.run(pod)).isEqualTo("644\nreader\nvalue\n");
  }

  void defaultMode(Space space) {
    TestPod pod =
        new TestPod("reader")
            .volume("v", volume("defaultMode: 256, ", NAME), "/v")
            .script("stat -L -c %a /v/value; cat /v/value");
    assertThat(space.run(pod)).isEqualTo("400\nreader\n");
  }

  void itemMode(Space space) {
    String item = "{path: value, mode: 256, fieldRef: {fieldPath: metadata.name}}";
    TestPod pod =
        new TestPod("reader")
            .volume("v", volume("", item), "/v")
            .script("stat -L -c %a /v/value; cat /v/value");
    assertThat(space.run(pod)).isEqualTo("400\nreader\n");
  }

  /**
   * @param field labels or annotations
   */
  void updates(Space space, String field) {
    String item = "{path: value, fieldRef: {fieldPath: metadata.%s}}".formatted(field);
    space.start(
        new TestPod("reader")
            .meta("{%s: {builder: bar}}".formatted(field))
            .volume("v", volume("", item), "/v")
            .script("while true; do cat /v/value; echo; sleep 1; done"));
    space.awaitLog("reader", "main", "builder=\"bar\"");
    space.merge("pods", "reader", "{metadata: {%s: {builder: foo}}}".formatted(field));
    space.awaitLog("reader", "main", "builder=\"foo\"");
  }
}
