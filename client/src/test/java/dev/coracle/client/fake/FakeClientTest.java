package dev.coracle.client.fake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import io.smallrye.mutiny.Uni;
import org.junit.jupiter.api.Test;

class FakeClientTest {

  private final FakeClient api = new FakeClient();

  private static <T> T get(Uni<T> uni) {
    return uni.await().indefinitely();
  }

  private KubeObject pod(String name) {
    return get(
        api.create(
            Resources.PODS,
            KubeObject.parse(
                "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"namespace\":\"a\","
                    + name
                    + "},\"spec\":{\"x\":1},\"status\":{\"phase\":\"Running\"}}")));
  }

  @Test
  void keepsStatusAndSpecApart() {
    KubeObject pod = pod("\"generateName\":\"p-\"");
    assertThat(pod.name()).isEqualTo("p-00001");
    assertThat(pod.text("status", "phase")).isEqualTo("Pending");
    KubeObject changed =
        pod.with(n -> {
          n.withObjectProperty("spec").put("x", 2);
          n.withObjectProperty("status").put("phase", "Running");
        });
    KubeObject status = get(api.updateStatus(Resources.PODS, changed));
    assertThat(status.at("spec", "x").asInt()).isEqualTo(1);
    assertThat(status.generation()).isEqualTo(1);
    assertThatThrownBy(() -> get(api.update(Resources.PODS, changed)))
        .satisfies(e -> assertThat(StatusException.isConflict(e)).isTrue());
    KubeObject spec =
        get(
            api.update(
                Resources.PODS,
                changed.with(n -> n.withObjectProperty("metadata").remove("resourceVersion"))));
    assertThat(spec.generation()).isEqualTo(2);
  }

  @Test
  void deletesWithGraceAndFinalizers() {
    pod("\"name\":\"p\",\"finalizers\":[\"f\"]");
    get(
        api.createSubresource(
            Resources.PODS,
            "a",
            "p",
            "binding",
            KubeObject.parse("{\"target\":{\"name\":\"n\"}}"),
            WriteOptions.NONE));
    KubeObject going = get(api.delete(Resources.PODS, "a", "p", DeleteOptions.DEFAULT));
    assertThat(going.isDeleting()).isTrue();
    assertThat(going.at("metadata", "deletionGracePeriodSeconds").asInt()).isEqualTo(30);
    get(api.delete(Resources.PODS, "a", "p", DeleteOptions.now()));
    assertThat(api.peek(Resources.PODS, "a", "p")).isNotNull();
    get(
        api.patch(
            Resources.PODS,
            "a",
            "p",
            Patch.merge(n -> n.withObjectProperty("metadata").putNull("finalizers"))));
    assertThat(api.peek(Resources.PODS, "a", "p")).isNull();
  }

  @Test
  void appliesJsonPatches() {
    pod("\"name\":\"p\"");
    KubeObject out =
        get(
            api.patch(
                Resources.PODS,
                "a",
                "p",
                Patch.json(
                    Json.parse(
                        "[{\"op\":\"test\",\"path\":\"/spec/x\",\"value\":1},"
                            + "{\"op\":\"add\",\"path\":\"/spec/l\",\"value\":[1]},"
                            + "{\"op\":\"add\",\"path\":\"/spec/l/0\",\"value\":0},"
                            + "{\"op\":\"add\",\"path\":\"/spec/l/-\",\"value\":2},"
                            + "{\"op\":\"remove\",\"path\":\"/spec/x\"}]"))));
    assertThat(out.at("spec").toString()).isEqualTo("{\"l\":[0,1,2]}");
  }
}
