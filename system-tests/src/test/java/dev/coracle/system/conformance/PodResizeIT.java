package dev.coracle.system.conformance;

import static dev.coracle.system.conformance.Space.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** CPU and memory of running containers, changed without a restart (KEP-1287). */
@Conformance
class PodResizeIT {

  /** What a container asks for; an empty text is nothing. */
  private record Wanted(String cpu, String cpuLimit, String memory, String memoryLimit) {

    static Wanted guaranteed(String cpu, String memory) {
      return new Wanted(cpu, cpu, memory, memory);
    }

    ObjectNode resources() {
      ObjectNode out = Json.object();
      put(out, "limits", cpuLimit, memoryLimit);
      put(out, "requests", cpu, memory);
      return out;
    }

    private static void put(ObjectNode out, String list, String cpu, String memory) {
      if (!cpu.isEmpty()) {
        out.withObject("/" + list).put("cpu", cpu);
      }
      if (!memory.isEmpty()) {
        out.withObject("/" + list).put("memory", memory);
      }
    }

    /** A CPU limit counts as the request where there is none. */
    long shares() {
      return Math.max(2, millis(cpu.isEmpty() ? cpuLimit : cpu) * 1024 / 1000);
    }

    long quota() {
      return cpuLimit.isEmpty() ? -1 : Math.max(1000, millis(cpuLimit) * 100);
    }

    private static long millis(String cpu) {
      return cpu.isEmpty() ? 0 : Long.parseLong(cpu.replace("m", ""));
    }

    long memoryBytes() {
      return Long.parseLong(memoryLimit.replace("Mi", "")) << 20;
    }
  }

  private static ArrayNode containers(List<Wanted> all) {
    ArrayNode out = Json.object().putArray("containers");
    for (int i = 0; i < all.size(); i++) {
      out.addObject().put("name", "c" + (i + 1)).set("resources", all.get(i).resources());
    }
    return out;
  }

  private static JsonNode start(Space space, List<Wanted> all) {
    TestPod pod = new TestPod("resized").spec("{restartPolicy: OnFailure}");
    ArrayNode containers = containers(all);
    containers.forEach(c -> {
      ((ObjectNode) c).put("image", TestImage.NAME).putArray("command").add("sleep").add("3600");
    });
    ((ObjectNode) pod.json().get("spec")).set("containers", containers);
    JsonNode started = space.start(pod);
    assertSpec(started, all);
    awaitStatus(space, all);
    assertKernel(space, all);
    return started;
  }

  private static void assertSpec(JsonNode pod, List<Wanted> all) {
    for (int i = 0; i < all.size(); i++) {
      assertThat(pod.at("/spec/containers/" + i + "/resources")).isEqualTo(all.get(i).resources());
    }
  }

  /** The status says what the containers have; none was started again for it. */
  private static void awaitStatus(Space space, List<Wanted> all) {
    JsonNode pod =
        space.await(
            "pods",
            "resized",
            "resized to " + all,
            p -> {
              for (int i = 0; i < all.size(); i++) {
                if (!p.at("/status/containerStatuses/" + i + "/resources")
                    .equals(all.get(i).resources())) {
                  return false;
                }
              }
              return true;
            });
    for (int i = 0; i < all.size(); i++) {
      JsonNode status = pod.at("/status/containerStatuses/" + i);
      assertThat(status.path("restartCount").asInt()).isZero();
      // What was asked for has been allocated as well as given.
      JsonNode requests = pod.at("/spec/containers/" + i + "/resources/requests");
      if (!requests.isMissingNode()) {
        assertThat(status.path("allocatedResources")).isEqualTo(requests);
      }
    }
    space.await(
        "pods",
        "resized",
        "done with its resize",
        p ->
            Space.condition(p, "PodResizePending").isMissingNode()
                && Space.condition(p, "PodResizeInProgress").isMissingNode());
  }

  /** What the kernel holds each container to, read inside of it. */
  private static void assertKernel(Space space, List<Wanted> all) {
    for (int i = 0; i < all.size(); i++) {
      Wanted wanted = all.get(i);
      String container = "c" + (i + 1);
      List<String> expected = new ArrayList<>(List.of(Long.toString(wanted.quota())));
      String files =
          """
          cd /sys/fs/cgroup
          if [ -e cpu.max ]; then
            read quota period < cpu.max; [ $quota = max ] && quota=-1; echo $quota; memory=memory.max
          else
            cat cpu/cpu.cfs_quota_us; memory=memory/memory.limit_in_bytes
          fi
          """;
      if (!wanted.memoryLimit().isEmpty()) {
        files += "cat $memory\n";
        expected.add(Long.toString(wanted.memoryBytes()));
      }
      // The weight of cgroup v2 is made of the shares by a formula of the runtime's own.
      files += "[ -e cpu.max ] || cat cpu/cpu.shares\n";
      List<String> seen = Exec.shell(space, "resized", container, files + "true").lines().toList();
      assertThat(seen.subList(0, expected.size())).as(container).isEqualTo(expected);
      if (seen.size() > expected.size()) {
        assertThat(seen.getLast()).as(container).isEqualTo(Long.toString(wanted.shares()));
      }
    }
  }

  private static void patch(Space space, List<Wanted> wanted) {
    ObjectNode patch = Json.object();
    patch.putObject("spec").set("containers", containers(wanted));
    JsonNode patched =
        space
            .api()
            .send(
                "PATCH",
                space.path("pods", "resized") + "/resize",
                "application/strategic-merge-patch+json",
                patch.toString(),
                Map.of())
            .ok();
    assertSpec(patched, wanted);
    awaitStatus(space, wanted);
    assertKernel(space, wanted);
  }

  private static void thereAndBack(Space space, List<Wanted> before, List<Wanted> after) {
    start(space, before);
    patch(space, after);
    patch(space, before);
  }

  private static final List<Wanted> THREE =
      List.of(
          Wanted.guaranteed("20m", "35Mi"),
          Wanted.guaranteed("22m", "37Mi"),
          Wanted.guaranteed("24m", "39Mi"));

  @Test
  @DisplayName(
      "[sig-node] Pod InPlace Resize Container guaranteed pods with multiple containers 3"
          + " containers - increase cpu & mem on c1, c2, decrease cpu & mem on c3 - net increase"
          + " [MinimumKubeletVersion:1.34] [Conformance]")
  void netIncrease(Space space) {
    thereAndBack(
        space,
        THREE,
        List.of(
            Wanted.guaranteed("25m", "40Mi"),
            Wanted.guaranteed("27m", "42Mi"),
            Wanted.guaranteed("19m", "34Mi")));
  }

  @Test
  @DisplayName(
      "[sig-node] Pod InPlace Resize Container guaranteed pods with multiple containers 3"
          + " containers - increase cpu & mem on c1, decrease cpu & mem on c2, c3 - net decrease"
          + " [MinimumKubeletVersion:1.34] [Conformance]")
  void netDecrease(Space space) {
    thereAndBack(
        space,
        THREE,
        List.of(
            Wanted.guaranteed("25m", "40Mi"),
            Wanted.guaranteed("17m", "32Mi"),
            Wanted.guaranteed("19m", "34Mi")));
  }

  @Test
  @DisplayName(
      "[sig-node] Pod InPlace Resize Container guaranteed pods with multiple containers 3"
          + " containers - increase: CPU (c1,c3), memory (c2, c3) ; decrease: CPU (c2)"
          + " [MinimumKubeletVersion:1.34] [Conformance]")
  void upAndDown(Space space) {
    thereAndBack(
        space,
        THREE,
        List.of(
            Wanted.guaranteed("25m", "35Mi"),
            Wanted.guaranteed("17m", "42Mi"),
            Wanted.guaranteed("29m", "44Mi")));
  }

  /** Limits and requests can be added and not be taken away, so there is no way back. */
  @Test
  @DisplayName(
      "[sig-node] Pod InPlace Resize Container burstable pods - extended 6 containers - various"
          + " operations performed (including adding limits and requests)"
          + " [MinimumKubeletVersion:1.34] [Conformance]")
  void added(Space space) {
    start(
        space,
        List.of(
            new Wanted("20m", "", "", ""),
            new Wanted("", "", "35Mi", ""),
            new Wanted("20m", "", "35Mi", ""),
            new Wanted("20m", "", "", ""),
            new Wanted("", "", "35Mi", ""),
            new Wanted("20m", "30m", "35Mi", "45Mi")));
    patch(
        space,
        List.of(
            new Wanted("25m", "35m", "", ""),
            new Wanted("", "", "30Mi", "50Mi"),
            new Wanted("20m", "", "30Mi", ""),
            new Wanted("15m", "", "35Mi", ""),
            new Wanted("20m", "", "40Mi", ""),
            new Wanted("15m", "25m", "40Mi", "50Mi")));
  }

  /** Values that the kernel rounds to the same. */
  @Test
  @DisplayName(
      "[sig-node] Pod InPlace Resize Container burstable pods - extended resize with equivalents"
          + " [MinimumKubeletVersion:1.34] [Conformance]")
  void equivalents(Space space) {
    thereAndBack(
        space, List.of(new Wanted("2m", "10m", "", "")), List.of(new Wanted("1m", "5m", "", "")));
  }

  @Test
  @DisplayName(
      "[sig-node] Pod InPlace Resize Container resize pod via the replace endpoint"
          + " [MinimumKubeletVersion:1.34] [Conformance]")
  void replaced(Space space) {
    assertThat(start(space, List.of(new Wanted("20m", "", "35Mi", ""))).at("/metadata/generation"))
        .isEqualTo(Json.parse("1"));
    List<Wanted> wanted = List.of(new Wanted("25m", "", "40Mi", ""));
    space.edit(
        "pods",
        "resized",
        "resize",
        p ->
            ((ObjectNode) p.at("/spec/containers/0"))
                .set("resources", wanted.getFirst().resources()));
    JsonNode updated = space.get("pods", "resized");
    assertSpec(updated, wanted);
    assertThat(text(updated, "/metadata/generation")).isEqualTo("2");
    awaitStatus(space, wanted);
    assertKernel(space, wanted);
    Awaitility.await()
        .untilAsserted(() ->
            assertThat(space.api().get(space.path("pods", "resized") + "/resize").ok())
                .isEqualTo(space.get("pods", "resized")));
  }
}
