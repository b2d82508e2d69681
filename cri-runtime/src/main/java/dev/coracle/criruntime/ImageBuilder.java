package dev.coracle.criruntime;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.criruntime.internal.image.Digest;
import dev.coracle.criruntime.internal.image.Platform;
import dev.coracle.criruntime.internal.image.TarWriter;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Makes an OCI image of one layer from files, directories and links, without a registry or a
 * container: the same input gives the same digest. Not thread-safe.
 *
 * <pre>{@code
 * new ImageBuilder("localhost/demo:1").file("/bin/demo", path, 0755).entrypoint("/bin/demo")
 *     .buildInto(store);
 * }</pre>
 */
public final class ImageBuilder {
  private static final ObjectMapper JSON = new ObjectMapper();

  private interface Item {
    void write(TarWriter tar, String name) throws IOException;
  }

  private final String name;
  private final Map<String, Item> items = new TreeMap<>();
  private final List<String> env = new ArrayList<>();
  private final Map<String, String> labels = new TreeMap<>();
  private List<String> entrypoint = List.of();
  private List<String> cmd = List.of();
  private String workingDir = "/";
  private String user = "";
  private String stopSignal = "";

  /**
   * @param name the image's full or short name, with a tag
   */
  public ImageBuilder(String name) {
    this.name = ImageReference.parse(name).toString();
  }

  /** A file of this machine; its content is read when the image is built. */
  public ImageBuilder file(String path, Path source, int mode) {
    return put(
        path,
        (tar, at) -> {
          try (InputStream in = Files.newInputStream(source)) {
            tar.file(at, mode, Files.size(source), in);
          }
        });
  }

  public ImageBuilder file(String path, byte[] content, int mode) {
    return put(path, (tar, at) -> tar.file(at, mode, content));
  }

  public ImageBuilder file(String path, String text, int mode) {
    return file(path, text.getBytes(StandardCharsets.UTF_8), mode);
  }

  public ImageBuilder directory(String path, int mode) {
    return put(path, (tar, at) -> tar.directory(at, mode));
  }

  public ImageBuilder symlink(String path, String target) {
    return put(path, (tar, at) -> tar.symlink(at, target));
  }

  /** Everything below a directory of this machine, with its modes; symlinks stay symlinks. */
  public ImageBuilder tree(String path, Path source) throws IOException {
    try (Stream<Path> walk = Files.walk(source)) {
      for (Path p : (Iterable<Path>) walk::iterator) {
        String to = path + "/" + source.relativize(p);
        if (Files.isSymbolicLink(p)) {
          symlink(to, Files.readSymbolicLink(p).toString());
        } else if (Files.isDirectory(p)) {
          directory(to, 0755);
        } else if (Files.isRegularFile(p, LinkOption.NOFOLLOW_LINKS)) {
          file(to, p, Files.isExecutable(p) ? 0755 : 0644);
        }
      }
    }
    return this;
  }

  public ImageBuilder entrypoint(String... words) {
    entrypoint = List.of(words);
    return this;
  }

  public ImageBuilder cmd(String... words) {
    cmd = List.of(words);
    return this;
  }

  public ImageBuilder env(String key, String value) {
    env.add(key + "=" + value);
    return this;
  }

  public ImageBuilder label(String key, String value) {
    labels.put(key, value);
    return this;
  }

  public ImageBuilder workingDir(String path) {
    workingDir = path;
    return this;
  }

  /** {@code user[:group]}, by name or number. */
  public ImageBuilder user(String value) {
    user = value;
    return this;
  }

  public ImageBuilder stopSignal(String value) {
    stopSignal = value;
    return this;
  }

  private ImageBuilder put(String path, Item item) {
    StringBuilder clean = new StringBuilder();
    for (String part : path.split("/")) {
      if (!part.isEmpty() && !part.equals(".")) {
        if (!clean.isEmpty()) {
          items.putIfAbsent(clean.toString(), (tar, at) -> tar.directory(at, 0755));
          clean.append('/');
        }
        clean.append(part);
      }
    }
    if (!clean.isEmpty()) {
      items.put(clean.toString(), item);
    }
    return this;
  }

  /** Builds and adds the image to the store; an older image of this name loses the name. */
  public StoredImage buildInto(ImageStore store) throws IOException {
    Path layer = Files.createTempFile("coracle-layer", ".tar");
    try {
      return store.add(name, config(writeLayer(layer)), layer);
    } finally {
      Files.deleteIfExists(layer);
    }
  }

  /**
   * Writes the image as an archive that any tool can load: an OCI image layout in a tar file, which
   * is also what {@code docker load} takes.
   */
  public void writeArchive(Path archive) throws IOException {
    Path layer = Files.createTempFile("coracle-layer", ".tar");
    try (TarWriter tar = new TarWriter(new BufferedOutputStream(Files.newOutputStream(archive)))) {
      String diffId = writeLayer(layer);
      byte[] config = config(diffId);
      ObjectNode manifest = JSON.createObjectNode().put("schemaVersion", 2);
      manifest.put("mediaType", "application/vnd.oci.image.manifest.v1+json");
      descriptor(
          manifest.putObject("config"),
          "application/vnd.oci.image.config.v1+json",
          Digest.of(config),
          config.length);
      descriptor(
          manifest.putArray("layers").addObject(),
          "application/vnd.oci.image.layer.v1.tar",
          diffId,
          Files.size(layer));
      byte[] manifestBytes = JSON.writeValueAsBytes(manifest);
      ObjectNode index = JSON.createObjectNode().put("schemaVersion", 2);
      ObjectNode entry = index.putArray("manifests").addObject();
      descriptor(
          entry,
          "application/vnd.oci.image.manifest.v1+json",
          Digest.of(manifestBytes),
          manifestBytes.length);
      entry
          .putObject("annotations")
          .put("io.containerd.image.name", name)
          .put("org.opencontainers.image.ref.name", ImageReference.parse(name).tag());
      // Docker before 25 knows no OCI layout: the same blobs as "docker save" names them.
      ArrayNode saved = JSON.createArrayNode();
      ObjectNode image = saved.addObject();
      image.put("Config", "blobs/sha256/" + Digest.hex(Digest.of(config)));
      image.putArray("RepoTags").add(name);
      image.putArray("Layers").add("blobs/sha256/" + Digest.hex(diffId));
      tar.file("manifest.json", 0644, JSON.writeValueAsBytes(saved));
      tar.file("oci-layout", 0644, bytes("{\"imageLayoutVersion\":\"1.0.0\"}"));
      tar.file("index.json", 0644, JSON.writeValueAsBytes(index));
      tar.file("blobs/sha256/" + Digest.hex(Digest.of(manifestBytes)), 0644, manifestBytes);
      tar.file("blobs/sha256/" + Digest.hex(Digest.of(config)), 0644, config);
      try (InputStream in = Files.newInputStream(layer)) {
        tar.file("blobs/sha256/" + Digest.hex(diffId), 0644, Files.size(layer), in);
      }
    } finally {
      Files.deleteIfExists(layer);
    }
  }

  private String writeLayer(Path file) throws IOException {
    DigestOutputStream digested =
        new DigestOutputStream(
            new BufferedOutputStream(Files.newOutputStream(file)), Digest.sha256());
    try (TarWriter tar = new TarWriter(digested)) {
      for (Map.Entry<String, Item> item : items.entrySet()) {
        item.getValue().write(tar, item.getKey());
      }
    }
    return Digest.format(digested.getMessageDigest().digest());
  }

  private byte[] config(String diffId) throws IOException {
    ObjectNode document = JSON.createObjectNode();
    document.put("architecture", Platform.here().architecture()).put("os", "linux");
    ObjectNode config = document.putObject("config");
    entrypoint.forEach(config.putArray("Entrypoint")::add);
    cmd.forEach(config.putArray("Cmd")::add);
    env.forEach(config.putArray("Env")::add);
    config.put("WorkingDir", workingDir).put("User", user);
    if (!stopSignal.isEmpty()) {
      config.put("StopSignal", stopSignal);
    }
    ObjectNode labelNode = config.putObject("Labels");
    labels.forEach(labelNode::put);
    ObjectNode rootfs = document.putObject("rootfs").put("type", "layers");
    rootfs.putArray("diff_ids").add(diffId);
    return JSON.writeValueAsBytes(document);
  }

  private static void descriptor(ObjectNode node, String type, String digest, long size) {
    node.put("mediaType", type).put("digest", digest).put("size", size);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
