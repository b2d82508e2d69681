package dev.coracle.criruntime.internal.container;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.criruntime.internal.image.FileTrees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a container was made from, kept in {@code container.json}: with it a later JVM goes on even
 * if the image is gone.
 *
 * @param layers digests, lowest first
 */
public record ContainerMade(
    String sandboxId,
    String imageId,
    String imageRef,
    List<String> layers,
    ProcessSpec process,
    int stopSignal,
    String cgroup) {
  private static final ObjectMapper JSON = new ObjectMapper();

  public ContainerMade {
    layers = List.copyOf(layers);
  }

  void save(Path directory) throws IOException {
    ObjectNode n = JSON.createObjectNode().put("sandboxId", sandboxId).put("imageId", imageId);
    n.put("imageRef", imageRef).put("stopSignal", stopSignal).put("cgroup", cgroup);
    layers.forEach(n.putArray("layers")::add);
    ObjectNode p = n.putObject("process").put("cwd", process.cwd());
    p.put("uid", process.uid()).put("gid", process.gid());
    p.put("noNewPrivileges", process.noNewPrivileges());
    process.argv().forEach(p.putArray("argv")::add);
    process.env().forEach(p.putArray("env")::add);
    process.groups().forEach(p.putArray("groups")::add);
    process.bounding().forEach(p.putArray("bounding")::add);
    process.ambient().forEach(p.putArray("ambient")::add);
    FileTrees.replace(directory.resolve("container.json"), JSON.writeValueAsBytes(n));
  }

  static ContainerMade load(Path directory) throws IOException {
    JsonNode n = JSON.readTree(Files.readAllBytes(directory.resolve("container.json")));
    JsonNode p = n.path("process");
    List<Integer> groups = new ArrayList<>();
    p.path("groups").forEach(g -> groups.add(g.asInt()));
    Set<String> bounding = new TreeSet<>(texts(p.path("bounding")));
    Set<String> ambient = new TreeSet<>(texts(p.path("ambient")));
    return new ContainerMade(
        n.path("sandboxId").asText(),
        n.path("imageId").asText(),
        n.path("imageRef").asText(),
        texts(n.path("layers")),
        new ProcessSpec(
            texts(p.path("argv")),
            texts(p.path("env")),
            p.path("cwd").asText(),
            p.path("uid").asInt(),
            p.path("gid").asInt(),
            groups,
            bounding,
            ambient,
            p.path("noNewPrivileges").asBoolean()),
        n.path("stopSignal").asInt(),
        n.path("cgroup").asText());
  }

  private static List<String> texts(JsonNode array) {
    List<String> list = new ArrayList<>();
    array.forEach(t -> list.add(t.asText()));
    return list;
  }
}
