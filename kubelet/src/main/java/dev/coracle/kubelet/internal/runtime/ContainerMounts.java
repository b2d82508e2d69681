package dev.coracle.kubelet.internal.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.cri.v1.Device;
import dev.coracle.cri.v1.ImageSpec;
import dev.coracle.cri.v1.Mount;
import dev.coracle.cri.v1.MountPropagation;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Expansion;
import dev.coracle.kubelet.internal.pod.HostName;
import dev.coracle.kubelet.internal.pod.HostsFile;
import dev.coracle.kubelet.internal.pod.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Predicate;

/**
 * What is mounted into a container: its volumes, {@code /etc/hosts}, the file for its last words.
 */
public final class ContainerMounts {
  /**
   * A volume that is ready on this host.
   *
   * @param path its directory or file, null for an image volume
   * @param image an image volume's reference, empty otherwise
   * @param device whether the path is (a link to) a block device
   * @param group by which containers may use it besides their own groups
   */
  public record Mounted(
      @org.jspecify.annotations.Nullable Path path,
      boolean readOnly,
      String image,
      boolean device,
      OptionalLong group) {
    public Mounted(@org.jspecify.annotations.Nullable Path path, boolean readOnly, String image) {
      this(path, readOnly, image, false, OptionalLong.empty());
    }

    public static Mounted device(Path link, boolean readOnly) {
      return new Mounted(link, readOnly, "", true, OptionalLong.empty());
    }

    public Mounted ofGroup(long gid) {
      return new Mounted(path, readOnly, image, device, OptionalLong.of(gid));
    }

    public static Mounted at(Path path) {
      return new Mounted(path, false, "");
    }

    public static Mounted readOnlyAt(Path path) {
      return new Mounted(path, true, "");
    }
  }

  private final PodPaths paths;
  private final String clusterDomain;
  private final SubPaths subPaths;
  private final Predicate<Pod> recursive;

  /**
   * @param recursive whether a pod's runtime makes mounts read-only all the way down
   */
  public ContainerMounts(PodPaths paths, String clusterDomain, Predicate<Pod> recursive) {
    this.paths = paths;
    this.clusterDomain = clusterDomain;
    this.recursive = recursive;
    this.subPaths = new SubPaths(paths);
  }

  public List<Mount> of(
      Pod pod,
      ContainerSpec container,
      int attempt,
      Map<String, Mounted> volumes,
      Map<String, String> env,
      List<String> podIps) {
    List<Mount> out = new ArrayList<>();
    boolean hosts = true;
    try {
      int index = 0;
      for (JsonNode mount : container.node().path("volumeMounts")) {
        out.add(volume(pod, container, index++, mount, volumes, env));
        hosts &= !mount.path("mountPath").asText("").equals("/etc/hosts");
      }
      if (hosts) {
        out.add(hosts(pod, podIps));
      }
      String last = container.node().path("terminationMessagePath").asText("/dev/termination-log");
      if (!last.isEmpty()) {
        out.add(termination(pod, container, attempt, last));
      }
    } catch (IOException e) {
      throw new ConfigException(String.valueOf(e.getMessage()));
    }
    return out;
  }

  /** The block volumes of a container. */
  public List<Device> devices(ContainerSpec container, Map<String, Mounted> volumes) {
    List<Device> out = new ArrayList<>();
    for (JsonNode device : container.node().path("volumeDevices")) {
      String inside = device.path("devicePath").asText("");
      if (!inside.startsWith("/")) {
        throw new ConfigException(
            "error DevicePath `"
                + inside
                + "` must be an absolute path for container \""
                + container.name()
                + "\"");
      }
      String name = device.path("name").asText("");
      Mounted volume = volumes.get(name);
      if (volume == null || !volume.device()) {
        throw new ConfigException(
            "cannot find volume \""
                + name
                + "\" to pass into container \""
                + container.name()
                + "\"");
      }
      out.add(
          Device.newBuilder()
              .setHostPath(String.valueOf(volume.path()))
              .setContainerPath(inside)
              .setPermissions(volume.readOnly() ? "r" : "mrw")
              .build());
    }
    return out;
  }

  private Mount volume(
      Pod pod,
      ContainerSpec container,
      int index,
      JsonNode mount,
      Map<String, Mounted> volumes,
      Map<String, String> env) {
    String name = mount.path("name").asText("");
    Mounted volume = volumes.get(name);
    if (volume == null || volume.device()) {
      throw new ConfigException(
          "cannot find volume \""
              + name
              + "\" to mount into container \""
              + container.name()
              + "\"");
    }
    String inside = mount.path("mountPath").asText("");
    if (!inside.startsWith("/")) {
      inside = "/" + inside;
    }
    String sub = mount.path("subPath").asText("");
    String expression = mount.path("subPathExpr").asText("");
    if (!expression.isEmpty()) {
      sub = subPath(expression, env);
    }
    Mount.Builder out = Mount.newBuilder().setContainerPath(inside);
    boolean readOnly = mount.path("readOnly").asBoolean(false) || volume.readOnly();
    if (volume.path() == null) {
      return out.setImage(ImageSpec.newBuilder().setImage(volume.image()))
          .setImageSubPath(sub)
          .setReadonly(true)
          .build();
    }
    Path path =
        sub.isEmpty()
            ? volume.path()
            : part(
                new SubPaths.Part(
                    pod.uid(), container.name(), index, name, volume.path(), checked(sub)),
                !volume.readOnly());
    return out.setHostPath(path.toString())
        .setReadonly(readOnly)
        .setRecursiveReadOnly(recursiveReadOnly(pod, mount, name))
        .setPropagation(
            switch (mount.path("mountPropagation").asText("None")) {
              case "HostToContainer" -> MountPropagation.PROPAGATION_HOST_TO_CONTAINER;
              case "Bidirectional" -> MountPropagation.PROPAGATION_BIDIRECTIONAL;
              default -> MountPropagation.PROPAGATION_PRIVATE;
            })
        .build();
  }

  private boolean recursiveReadOnly(Pod pod, JsonNode mount, String name) {
    String mode = mount.path("recursiveReadOnly").asText("Disabled");
    if (mode.equals("Disabled")) {
      return false;
    }
    String asked = "volume \"" + name + "\" requested recursive read-only mode, but it is not ";
    if (!mount.path("readOnly").asBoolean(false)) {
      throw new ConfigException(asked + "read-only");
    }
    String propagation = mount.path("mountPropagation").asText("None");
    if (!propagation.equals("None")) {
      throw new ConfigException(asked + "compatible with propagation \"" + propagation + "\"");
    }
    boolean able = recursive.test(pod);
    if (mode.equals("Enabled") && !able) {
      throw new ConfigException(asked + "supported by the runtime");
    }
    return able;
  }

  private static String checked(String sub) {
    if (sub.startsWith("/")) {
      throw new ConfigException(
          "unable to provision SubPath `" + sub + "`: must be a relative path");
    }
    if (List.of(sub.split("/", -1)).contains("..")) {
      throw new ConfigException("unable to provision SubPath `" + sub + "`: must not contain '..'");
    }
    return sub;
  }

  private Path part(SubPaths.Part part, boolean create) {
    try {
      return subPaths.of(part, create);
    } catch (IOException e) {
      throw new ConfigException(
          "failed to prepare subPath for volumeMount \""
              + part.volume()
              + "\" of container \""
              + part.container()
              + "\": "
              + e.getMessage());
    }
  }

  private Mount hosts(Pod pod, List<String> podIps) throws IOException {
    Path file = paths.hostsFile(pod.uid());
    if (paths.real()) {
      writeHosts(file, pod, podIps);
    }
    return Mount.newBuilder().setContainerPath("/etc/hosts").setHostPath(file.toString()).build();
  }

  private void writeHosts(Path file, Pod pod, List<String> podIps) throws IOException {
    JsonNode aliases = pod.spec().path("hostAliases");
    String text;
    if (pod.hostNetwork()) {
      Path host = Path.of("/etc/hosts");
      text = HostsFile.ofHost(Files.exists(host) ? Files.readString(host) : "", aliases);
    } else {
      HostName name = HostName.of(pod, clusterDomain);
      text = HostsFile.ofPod(podIps, name.name(), name.domain(), aliases);
    }
    if (!Files.exists(file) || !Files.readString(file).equals(text)) {
      Files.writeString(file, text);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    }
  }

  private Mount termination(Pod pod, ContainerSpec container, int attempt, String inside)
      throws IOException {
    Path file = paths.terminationLog(pod.uid(), container.name(), attempt);
    if (paths.real()) {
      Files.createDirectories(java.util.Objects.requireNonNull(file.getParent()));
      Files.deleteIfExists(file);
      Files.createFile(file);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
    }
    return Mount.newBuilder().setContainerPath(inside).setHostPath(file.toString()).build();
  }

  private static String subPath(String expression, Map<String, String> env) {
    try {
      return new Expansion()
          .expand(
              expression,
              reference -> {
                String value = env.get(reference);
                if (value == null || value.isEmpty()) {
                  throw new ConfigException("missing value for \"" + reference + "\"");
                }
                return value;
              });
    } catch (IllegalArgumentException e) {
      throw new ConfigException("subPathExpr: " + e.getMessage());
    }
  }
}
