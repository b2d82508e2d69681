package dev.coracle.system.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;

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
    String item = "{path: %s, resourceFieldRef: {containerName: main, resource: %s%s}}";
    String items =
        item.formatted("plain", resource, "")
            + ", "
            + item.formatted("divided", resource, ", divisor: " + divisor);
    return new TestPod("reader")
        .volume("v", volume("", items), "/v")
        .container(resources)
        .script("cat /v/plain; echo; cat /v/divided");
  }

  /** A request or a limit of the container, in whole units and in units of the divisor. */
  void resource(Space space, String resource, String plain, String divisor, String divided) {
    assertThat(space.run(reader(resource, divisor, RESOURCES)))
        .isEqualTo(plain + "\n" + divided + "\n");
  }

  /** Without a limit it is what the node can give. */
  void allocatable(Space space, String resource) {
    String value = space.run(reader("limits." + resource, "1", "{resources: {}}"));
    String node = Space.text(space.get("pods", "reader"), "/spec/nodeName");
    String allocatable =
        Amount.whole(
                Space.text(
                    space.api().get("/api/v1/nodes/" + node).ok(),
                    "/status/allocatable/" + resource))
            + "\n";
    assertThat(value).isEqualTo(allocatable + allocatable);
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

  /** One more label is seen, and what is there goes on to be. */
  void updatesLabels(Space space) {
    updates(space, "labels", "{key1: value1, key2: value2}", "key3", "value3");
    space.awaitLog("reader", "main", "key1=\"value1\"\nkey2=\"value2\"\nkey3=\"value3\"\n");
  }

  void updatesAnnotations(Space space) {
    updates(space, "annotations", "{builder: bar}", "builder", "foo");
  }

  private void updates(Space space, String field, String before, String key, String value) {
    String item = "{path: value, fieldRef: {fieldPath: metadata.%s}}".formatted(field);
    space.start(
        new TestPod("reader")
            .meta("{%s: %s}".formatted(field, before))
            .volume("v", volume("", item), "/v")
            .script("while true; do cat /v/value; echo; sleep 1; done"));
    Manifest.parse(before)
        .properties()
        .forEach(e ->
            space.awaitLog(
                "reader", "main", "%s=\"%s\"\n".formatted(e.getKey(), e.getValue().asText())));
    space.edit("pods", "reader", p -> ((ObjectNode) p.at("/metadata/" + field)).put(key, value));
    space.awaitLog("reader", "main", "%s=\"%s\"\n".formatted(key, value));
  }
}
