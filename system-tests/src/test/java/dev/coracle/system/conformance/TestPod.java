package dev.coracle.system.conformance;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/**
 * A Pod of one container of the test image, put together step by step. It runs once and ends within
 * a second unless told otherwise. What is given as text is YAML.
 */
final class TestPod {

  private final ObjectNode pod;

  TestPod(String name) {
    pod =
        Manifest.parse(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: %s}
            spec:
              restartPolicy: Never
              terminationGracePeriodSeconds: 1
              containers:
              - {name: main, image: $IMAGE}
            """
                .formatted(name));
  }

  /** A web server on this port that answers with its name, of a pod with the label {@code app}. */
  static TestPod server(String name, String app, int port) {
    return new TestPod(name)
        .meta("{labels: {app: %s}}".formatted(app))
        .spec("{restartPolicy: Always}")
        .container("{ports: [{containerPort: %d}]}".formatted(port))
        .script("exec httpd -f -p " + port + " -h /www")
        .container(
            "{readinessProbe: {httpGet: {path: /healthz, port: %d}, periodSeconds: 1}}"
                .formatted(port));
  }

  static TestPod sleeping(String name) {
    return new TestPod(name).script("exec sleep 3600");
  }

  TestPod script(String script) {
    ArrayNode command = container().putArray("command");
    command.add("sh").add("-c").add(script);
    return this;
  }

  TestPod spec(String yaml) {
    put((ObjectNode) pod.get("spec"), yaml);
    return this;
  }

  TestPod meta(String yaml) {
    put((ObjectNode) pod.get("metadata"), yaml);
    return this;
  }

  TestPod container(String yaml) {
    put(container(), yaml);
    return this;
  }

  /** One more container. */
  TestPod also(String yaml) {
    ((ArrayNode) pod.at("/spec/containers")).add(Manifest.parse(yaml));
    return this;
  }

  /** A volume of this source, mounted here in the main container. */
  TestPod volume(String name, String source, String mountPath) {
    return source(name, source).mount("{name: %s, mountPath: %s}".formatted(name, mountPath));
  }

  /** As {@link #volume}, mounted so that it is only read. */
  TestPod readOnly(String name, String source, String mountPath) {
    return source(name, source)
        .mount("{name: %s, mountPath: %s, readOnly: true}".formatted(name, mountPath));
  }

  private TestPod source(String name, String source) {
    ObjectNode volume = Manifest.parse(source);
    volume.put("name", name);
    ((ObjectNode) pod.get("spec")).withArray("volumes").add(volume);
    return this;
  }

  TestPod mount(String yaml) {
    container().withArray("volumeMounts").add(Manifest.parse(yaml));
    return this;
  }

  ObjectNode json() {
    return pod;
  }

  String name() {
    return pod.at("/metadata/name").asText();
  }

  private ObjectNode container() {
    return (ObjectNode) pod.at("/spec/containers/0");
  }

  private static void put(ObjectNode target, String yaml) {
    Manifest.parse(yaml)
        .properties()
        .forEach((Map.Entry<String, com.fasterxml.jackson.databind.JsonNode> e) ->
            target.set(e.getKey(), e.getValue()));
  }
}
