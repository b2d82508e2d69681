package dev.coracle.criruntime.internal.container;

import dev.coracle.cri.v1.IDMapping;
import dev.coracle.cri.v1.Mount;
import dev.coracle.cri.v1.MountPropagation;
import dev.coracle.criruntime.StoredImage;
import dev.coracle.criruntime.internal.image.Images;
import dev.coracle.criruntime.internal.pod.UserNamespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * What is bound into a container from the host, with every path made certain: sources exist and
 * have no symlinks left, targets lie inside the root wherever the image's symlinks point. Targets
 * are in an order in which an outer one comes before what lies in it.
 */
public record MountPlan(List<Bind> binds) {
  public MountPlan {
    binds = List.copyOf(binds);
  }

  /**
   * @param source of the host; for an image volume what each layer has of it, topmost first
   * @param target absolute inside the container
   * @param idMapped whether owners of files are seen through the pod's user namespace
   */
  public record Bind(
      List<Path> source,
      String target,
      boolean directory,
      boolean readOnly,
      boolean recursiveReadOnly,
      MountPropagation propagation,
      boolean idMapped) {
    public Bind {
      source = List.copyOf(source);
    }

    boolean isImage() {
      return source.size() > 1;
    }

    /** The directory that all sources lie in. */
    Path base() {
      Path base = Objects.requireNonNull(source.getFirst().getParent());
      for (Path part : source) {
        while (!part.startsWith(base) || part.equals(base)) {
          base = Objects.requireNonNull(base.getParent());
        }
      }
      return base;
    }

    /** The sources as seen from there, so that a list of them stays within a page. */
    List<String> names() {
      Path base = base();
      return source.stream().map(part -> base.relativize(part).toString()).toList();
    }
  }

  /** A file or directory that the runtime itself adds unless the pod mounts something there. */
  record Extra(Path source, String target, boolean readOnly) {}

  static MountPlan of(
      List<Mount> mounts,
      List<Extra> extras,
      RootView root,
      Images images,
      Optional<UserNamespace> users)
      throws IOException {
    for (Mount m : mounts) {
      if (users.isPresent()
          ? !of(m.getUidMappingsList(), users.get().uids())
              || !of(m.getGidMappingsList(), users.get().gids())
          : m.getUidMappingsCount() + m.getGidMappingsCount() > 0) {
        throw new IllegalArgumentException(
            "the ids of the mount at "
                + m.getContainerPath()
                + " are not those of the pod's user namespace");
      }
    }
    List<Bind> binds = new ArrayList<>();
    for (Extra extra : extras) {
      if (mounts.stream().noneMatch(m -> normal(m.getContainerPath()).equals(extra.target()))) {
        binds.add(
            new Bind(
                List.of(extra.source()),
                root.resolve(extra.target()),
                Files.isDirectory(extra.source()),
                extra.readOnly(),
                false,
                MountPropagation.PROPAGATION_PRIVATE,
                true));
      }
    }
    for (Mount m : mounts) {
      binds.add(
          m.hasImage() && !m.getImage().getImage().isEmpty()
              ? image(m, root, images)
              : host(m, root));
    }
    binds.sort(Comparator.comparingInt(b -> RootView.split(b.target()).size()));
    for (int i = 0; i < binds.size(); i++) {
      refuseLinks(binds.get(i), binds.subList(0, i));
    }
    return new MountPlan(binds);
  }

  private static boolean of(List<IDMapping> asked, List<IDMapping> pod) {
    return asked.isEmpty() || asked.equals(pod);
  }

  private static Bind host(Mount m, RootView root) throws IOException {
    Path source = Path.of(m.getHostPath());
    if (!source.isAbsolute()) {
      throw new IllegalArgumentException("mount source is not absolute: " + source);
    }
    if (!Files.exists(source)) {
      Files.createDirectories(source);
    }
    source = source.toRealPath();
    return new Bind(
        List.of(source),
        root.resolve(m.getContainerPath()),
        Files.isDirectory(source),
        m.getReadonly(),
        m.getRecursiveReadOnly(),
        m.getPropagation(),
        m.getUidMappingsCount() > 0 || m.getGidMappingsCount() > 0);
  }

  private static Bind image(Mount m, RootView root, Images images) throws IOException {
    String name = m.getImage().getImage();
    StoredImage image = images.find(name).orElseThrow(() -> lost("no such image: " + name));
    List<Path> parts =
        new ArrayList<>(image.layers().stream().map(images.layers()::path).toList()).reversed();
    String sub = m.getImageSubPath();
    if (!sub.isEmpty()) {
      parts = new RootView(parts).parts(sub);
      if (parts.isEmpty()) {
        throw lost("no such path in " + name + ": " + sub);
      }
      if (parts.size() > 1 && parts.stream().anyMatch(MountPlan::isAmbiguous)) {
        throw lost("a directory of several layers cannot be mounted by such a name: " + sub);
      }
    }
    return new Bind(
        parts,
        root.resolve(m.getContainerPath()),
        Files.isDirectory(parts.getFirst()),
        true,
        false,
        MountPropagation.PROPAGATION_PRIVATE,
        true);
  }

  /** Whether overlayfs would read it as more than one name. */
  private static boolean isAmbiguous(Path path) {
    return path.toString().chars().anyMatch(c -> c == ':' || c == ',' || c == '\\');
  }

  /** Begins as CRI's errors do (cri-api, ErrImageVolumeMountFailed). */
  private static IllegalArgumentException lost(String why) {
    return new IllegalArgumentException("ImageVolumeMountFailed: " + why);
  }

  // Below a volume the path is the volume's, which the image's links say nothing about; and a link
  // there could lead the mount point anywhere.
  private static void refuseLinks(Bind bind, List<Bind> outer) throws IOException {
    for (Bind o : outer) {
      if (o.directory() && !o.isImage() && bind.target().startsWith(o.target() + "/")) {
        Path at = o.source().getFirst();
        for (String part : RootView.split(bind.target().substring(o.target().length()))) {
          at = at.resolve(part);
          if (Files.isSymbolicLink(at)) {
            throw new IOException(
                "mount at " + bind.target() + " would go through a symbolic link of a volume");
          }
          if (!Files.exists(at, LinkOption.NOFOLLOW_LINKS)) {
            break;
          }
        }
      }
    }
  }

  private static String normal(String path) {
    return "/" + String.join("/", RootView.split(path));
  }
}
