package dev.coracle.system.conformance;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The keys of a ConfigMap or a Secret as files in a pod, as a volume of its own or projected: what
 * is tried of all four alike.
 */
enum KeysAsFiles {
  CONFIG_MAP("configmaps", "ConfigMap", "data", "configMap: {name: "),
  SECRET("secrets", "Secret", "stringData", "secret: {secretName: "),
  PROJECTED_CONFIG_MAP("configmaps", "ConfigMap", "data", "configMap: {name: "),
  PROJECTED_SECRET("secrets", "Secret", "stringData", "secret: {name: ");

  private static final String MODE_AND = "stat -L -c %a ";

  private final String resource;
  private final String kind;
  private final String data;
  private final String source;

  KeysAsFiles(String resource, String kind, String data, String source) {
    this.resource = resource;
    this.kind = kind;
    this.data = data;
    this.source = source;
  }

  private boolean isProjected() {
    return this == PROJECTED_CONFIG_MAP || this == PROJECTED_SECRET;
  }

  /**
   * @param ofVolume what the volume has beside its source, ending in a comma, or empty
   * @param ofSource what the source has beside the object's name, beginning with one, or empty
   */
  private String volume(String ofVolume, String object, String ofSource) {
    return isProjected()
        ? "{projected: {" + ofVolume + "sources: [{" + source + object + ofSource + "}}]}}"
        : "{" + source + object + ofSource + (ofVolume.isEmpty() ? "" : ", " + ofVolume) + "}}";
  }

  private String volume(String ofSource) {
    return volume("", "keys", ofSource);
  }

  private void create(Space space, String name, String pairs) {
    space.create(
        "{apiVersion: v1, kind: %s, metadata: {name: %s}, %s: {%s}}"
            .formatted(kind, name, data, pairs));
  }

  /** Puts these in the place of all that it had, whatever its version is. */
  private void replace(Space space, String name, String pairs) {
    space.update(
        Manifest.parse(
            "{apiVersion: v1, kind: %s, metadata: {name: %s}, %s: {%s}}"
                .formatted(kind, name, data, pairs)));
  }

  void create(Space space) {
    create(space, "keys", "data-1: value-1, data-2: value-2, data-3: value-3");
  }

  void asFiles(Space space) {
    create(space);
    TestPod pod =
        new TestPod("reader")
            .readOnly("v", volume(""), "/v")
            .script(MODE_AND + "/v/data-1; cat /v/data-1; echo; ls /v");
    assertThat(space.run(pod)).isEqualTo("644\nvalue-1\ndata-1\ndata-2\ndata-3\n");
  }

  void asNonRoot(Space space) {
    create(space);
    TestPod pod =
        new TestPod("reader")
            .spec("{securityContext: {runAsUser: 1000}}")
            .readOnly("v", volume(""), "/v")
            .script("id -u; " + MODE_AND + "/v/data-1; cat /v/data-1");
    assertThat(space.run(pod)).isEqualTo("1000\n644\nvalue-1\n");
  }

  void asNonRootWithGroup(Space space) {
    create(space);
    TestPod pod =
        new TestPod("reader")
            .spec("{securityContext: {runAsUser: 1000, fsGroup: 1001}}")
            .readOnly("v", volume("defaultMode: 288, ", "keys", ""), "/v")
            .script("id -u; stat -L -c '%a %g' /v/data-1; cat /v/data-1");
    assertThat(space.run(pod)).isEqualTo("1000\n440 1001\nvalue-1\n");
  }

  void withDefaultMode(Space space) {
    create(space);
    TestPod pod =
        new TestPod("reader")
            .readOnly("v", volume("defaultMode: 256, ", "keys", ""), "/v")
            .script(MODE_AND + "/v/data-1; cat /v/data-1");
    assertThat(space.run(pod)).isEqualTo("400\nvalue-1\n");
  }

  void withMappings(Space space) {
    create(space);
    TestPod pod =
        new TestPod("reader")
            .readOnly("v", volume(", items: [{key: data-2, path: path/to/data-2}]"), "/v")
            .script(MODE_AND + "/v/path/to/data-2; cat /v/path/to/data-2; echo; ls /v");
    assertThat(space.run(pod)).isEqualTo("644\nvalue-2\npath\n");
  }

  void withItemMode(Space space) {
    create(space);
    TestPod pod =
        new TestPod("reader")
            .readOnly("v", volume(", items: [{key: data-2, path: a/b, mode: 256}]"), "/v")
            .script(MODE_AND + "/v/a/b; cat /v/a/b");
    assertThat(space.run(pod)).isEqualTo("400\nvalue-2\n");
  }

  void mappingsAsNonRoot(Space space) {
    create(space);
    TestPod pod =
        new TestPod("reader")
            .spec("{securityContext: {runAsUser: 1000}}")
            .readOnly("v", volume(", items: [{key: data-2, path: path/to/data-2}]"), "/v")
            .script("id -u; " + MODE_AND + "/v/path/to/data-2; cat /v/path/to/data-2");
    assertThat(space.run(pod)).isEqualTo("1000\n644\nvalue-2\n");
  }

  void twice(Space space) {
    create(space);
    TestPod pod =
        new TestPod("reader")
            .readOnly("one", volume(""), "/one")
            .readOnly("two", volume(""), "/two")
            .script("cat /one/data-1 /two/data-1");
    assertThat(space.run(pod)).isEqualTo("value-1value-1\n");
  }

  void updates(Space space) {
    create(space);
    space.start(
        new TestPod("reader")
            .readOnly("v", volume(""), "/v")
            .script("while true; do cat /v/data-1; echo; sleep 1; done"));
    space.awaitLog("reader", "main", "value-1");
    replace(space, "keys", "data-1: changed");
    space.awaitLog("reader", "main", "changed");
  }

  void optionalUpdates(Space space) {
    create(space, "deleted", "data-1: value-1");
    create(space, "updated", "data-1: value-1");
    space.start(
        new TestPod("reader")
            .readOnly("d", volume("", "deleted", ", optional: true"), "/d")
            .readOnly("u", volume("", "updated", ", optional: true"), "/u")
            .readOnly("c", volume("", "created", ", optional: true"), "/c")
            .script(
                """
                while true; do
                  for f in d/data-1 u/data-1 u/data-3 c/data-1; do
                    echo -n "$f=$(cat /$f 2>/dev/null || echo none) "
                  done
                  echo .; sleep 1
                done
                """));
    space.awaitLog(
        "reader", "main", "d/data-1=value-1 u/data-1=value-1 u/data-3=none c/data-1=none .");
    space.delete(resource, "deleted");
    replace(space, "updated", "data-3: value-3");
    create(space, "created", "data-1: value-1");
    space.awaitLog(
        "reader", "main", "d/data-1=none u/data-1=none u/data-3=value-3 c/data-1=value-1 .");
  }
}
