package dev.coracle.kubelet.internal.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.cri.v1.Image;
import dev.coracle.kubelet.config.PullVerification;
import dev.coracle.kubelet.internal.metrics.PodMetrics;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * With which credentials this kubelet has pulled the images that are here, so that a pod without
 * them does not get a private image just because another pod has brought it to the node (KEP-2535).
 * Kept where upstream keeps it, in {@code ROOT/image_manager}: an ImagePullIntent while a pull is
 * under way, an ImagePulledRecord after it. What a predecessor was pulling when it ended counts as
 * pulled with credentials that nobody knows.
 *
 * <p>Guarded by its own lock; files are small and written while it is held.
 */
public final class PullRecords {
  private static final Logger LOG = LoggerFactory.getLogger(PullRecords.class);
  private static final String VERSION = "kubelet.config.k8s.io/v1beta1";

  private record Pulled(Instant updated, Map<String, PullAccess> byName) {}

  private final Optional<Path> directory;
  private final PullVerification verification;
  private final Clock clock;
  private final PodMetrics metrics;
  private final Map<String, Pulled> pulled = new HashMap<>();
  private final Map<String, Integer> intents = new HashMap<>();
  private final Set<String> unfinished = new HashSet<>();

  /** Files of records that could not be read: of these images nobody knows whose they are. */
  private final Set<String> unreadable = new HashSet<>();

  /**
   * @param directory where it is written down; empty: nowhere
   */
  public PullRecords(
      Optional<Path> directory, PullVerification verification, Clock clock, PodMetrics metrics) {
    this.metrics = metrics;
    this.directory = directory;
    this.verification = verification;
    this.clock = clock;
    directory.ifPresent(this::read);
  }

  /**
   * Whether an image that is here has to be asked for at its registry all the same. Under a name
   * that the image itself bears and that this kubelet has never pulled it by, it came otherwise:
   * then it counts as preloaded, also where the same image was pulled by another name as well.
   *
   * @param image its name as the pod has it, with a tag
   * @param found the runtime's
   * @param shown the pod's credentials; asked for only where they decide
   */
  public boolean mustPull(String image, Image found, Supplier<List<PullCredential>> shown) {
    Check check = Check.ERROR;
    try {
      check = check(image, found, shown);
      return check == Check.MUST_AUTHENTICATE;
    } finally {
      metrics.mustPullChecked(check.text);
    }
  }

  /** What it came to, in metrics' words. */
  private enum Check {
    POLICY_ALLOWED("credentialPolicyAllowed"),
    RECORD_FOUND("credentialRecordFound"),
    MUST_AUTHENTICATE("mustAuthenticate"),
    ERROR("error");

    private final String text;

    Check(String text) {
      this.text = text;
    }
  }

  private Check check(String image, Image found, Supplier<List<PullCredential>> shown) {
    String name = ImageReference.fullName(image);
    String id = found.getId();
    PullAccess access;
    synchronized (this) {
      Pulled record = pulled.get(id);
      boolean ours =
          record != null && (record.byName.containsKey(name) || !bears(found, name))
              || intents.containsKey(image)
              || unfinished.contains(image)
              || !unreadable.isEmpty() && unreadable.contains(fileName(id));
      if (!verification.isNeeded(name, ours)) {
        return Check.POLICY_ALLOWED;
      }
      access =
          record == null ? PullAccess.NOBODY : record.byName.getOrDefault(name, PullAccess.NOBODY);
    }
    if (access.everybody()) {
      return Check.RECORD_FOUND;
    }
    if (access.sources().isEmpty()) {
      return Check.MUST_AUTHENTICATE;
    }
    for (PullCredential credential : shown.get()) {
      Optional<PullCredential.Source> mine = credential.source();
      if (mine.isPresent() && access.opensTo(mine.get())) {
        if (!access.sources().contains(mine.get())) {
          record(name, id, Optional.of(mine));
        }
        return Check.RECORD_FOUND;
      }
    }
    return Check.MUST_AUTHENTICATE;
  }

  /** How many images there are records of on the disk. */
  public synchronized int pulled() {
    return directory.isEmpty() ? 0 : pulled.size();
  }

  /** How many pulls are under way, or were when a predecessor ended, by what the disk has. */
  public synchronized int pulling() {
    Set<String> all = new HashSet<>(unfinished);
    all.addAll(intents.keySet());
    return directory.isEmpty() ? 0 : all.size();
  }

  private static boolean bears(Image image, String name) {
    return Stream.concat(image.getRepoTagsList().stream(), image.getRepoDigestsList().stream())
        .anyMatch(n -> ImageReference.fullName(n).equals(name));
  }

  /** A pull begins. */
  public synchronized void begin(String image) {
    if (intents.merge(image, 1, Integer::sum) == 1) {
      write("pulling", image, object("ImagePullIntent").put("image", image));
    }
  }

  /**
   * A pull has ended well.
   *
   * @param used whose the credential was that the registry was shown; empty: the node's, or it was
   *     shown none, so that anybody may have the image
   */
  public void done(String image, String id, Optional<PullCredential.Source> used) {
    record(ImageReference.fullName(image), id, Optional.of(used));
    failed(image);
  }

  /** A pull has ended otherwise. */
  public synchronized void failed(String image) {
    if (intents.merge(image, -1, Integer::sum) <= 0) {
      intents.remove(image);
      remove("pulling", image);
    }
  }

  /**
   * Settles what a predecessor was pulling when it ended, and forgets images that are gone.
   *
   * @param present every image of the runtime
   * @param asked when they were asked for: what was written since stays
   */
  public void retain(Collection<Image> present, Instant asked) {
    Set<String> open;
    synchronized (this) {
      open = Set.copyOf(unfinished);
    }
    Set<String> ids = new HashSet<>();
    for (Image image : present) {
      ids.add(image.getId());
      if (!open.isEmpty()) {
        List<String> names = new ArrayList<>(image.getRepoTagsList());
        names.addAll(image.getRepoDigestsList());
        names.stream()
            .filter(open::contains)
            .forEach(n -> record(ImageReference.fullName(n), image.getId(), Optional.empty()));
      }
    }
    synchronized (this) {
      for (String image : List.copyOf(unfinished)) {
        if (!intents.containsKey(image)) {
          remove("pulling", image);
        }
      }
      unfinished.clear();
      pulled
          .entrySet()
          .removeIf(e -> {
            boolean gone = !ids.contains(e.getKey()) && e.getValue().updated.isBefore(asked);
            if (gone) {
              remove("pulled", e.getKey());
            }
            return gone;
          });
    }
  }

  /**
   * @param used empty: pulled, and nobody knows with what
   */
  private synchronized void record(
      String name, String id, Optional<Optional<PullCredential.Source>> used) {
    Pulled before = pulled.get(id);
    Map<String, PullAccess> byName = new TreeMap<>(before == null ? Map.of() : before.byName);
    byName.putIfAbsent(name, PullAccess.NOBODY);
    used.ifPresent(u -> byName.computeIfPresent(name, (_, access) -> access.with(u)));
    if (before != null && before.byName.equals(byName)) {
      return;
    }
    Pulled now = new Pulled(clock.instant(), Map.copyOf(byName));
    pulled.put(id, now);
    unreadable.remove(fileName(id));
    write("pulled", id, toJson(id, now));
  }

  private static ObjectNode object(String kind) {
    return Json.object().put("kind", kind).put("apiVersion", VERSION);
  }

  private static ObjectNode toJson(String id, Pulled record) {
    ObjectNode out =
        object("ImagePulledRecord")
            .put("lastUpdatedTime", Timestamps.time(record.updated))
            .put("imageRef", id);
    ObjectNode mapping = out.putObject("credentialMapping");
    record.byName.forEach((name, access) -> access.into(mapping.putObject(name)));
    return out;
  }

  private void read(Path directory) {
    for (JsonNode node : files(directory.resolve("pulled"))) {
      Instant updated = Timestamps.parse(node.path("lastUpdatedTime").asText(""));
      Map<String, PullAccess> byName = new TreeMap<>();
      node.path("credentialMapping")
          .properties()
          .forEach(e -> byName.put(e.getKey(), PullAccess.of(e.getValue())));
      pulled.put(
          node.path("imageRef").asText(""),
          new Pulled(updated == null ? Instant.EPOCH : updated, Map.copyOf(byName)));
    }
    for (JsonNode node : files(directory.resolve("pulling"))) {
      unfinished.add(node.path("image").asText(""));
    }
  }

  private List<JsonNode> files(Path directory) {
    List<JsonNode> out = new ArrayList<>();
    if (!Files.isDirectory(directory)) {
      return out;
    }
    try (var list = Files.list(directory)) {
      for (Path file : list.toList()) {
        String name = file.getFileName().toString();
        if (!name.startsWith("sha256-") || name.endsWith(".tmp")) {
          continue;
        }
        try {
          out.add(Json.parse(Files.readAllBytes(file)));
        } catch (IOException | StatusException e) {
          unreadable.add(name);
          LOG.atWarn()
              .addKeyValue("file", file)
              .addKeyValue("why", e.getMessage())
              .log("A record of a pulled image cannot be read");
        }
      }
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("directory", directory)
          .addKeyValue("why", e.getMessage())
          .log("The records of pulled images cannot be listed");
    }
    return out;
  }

  private void write(String kind, String of, ObjectNode content) {
    if (directory.isEmpty()) {
      return;
    }
    Path file = file(directory.get(), kind, of);
    Path fresh = file.resolveSibling(file.getFileName() + ".tmp");
    try {
      Files.createDirectories(
          java.util.Objects.requireNonNull(file.getParent()),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      Files.write(fresh, Json.bytes(content));
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("file", file)
          .addKeyValue("why", e.getMessage())
          .log("With what an image was pulled cannot be written down");
    }
  }

  private void remove(String kind, String of) {
    if (directory.isEmpty()) {
      return;
    }
    try {
      Files.deleteIfExists(file(directory.get(), kind, of));
    } catch (IOException e) {
      LOG.atWarn()
          .addKeyValue("image", of)
          .addKeyValue("why", e.getMessage())
          .log("A record of a pulled image cannot be removed");
    }
  }

  private static Path file(Path directory, String kind, String of) {
    return directory.resolve(kind).resolve(fileName(of));
  }

  private static String fileName(String of) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(of.getBytes(StandardCharsets.UTF_8));
      return "sha256-" + HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
