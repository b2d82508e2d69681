package dev.coracle.kubelet.internal.userns;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.StatusException;
import dev.coracle.cri.v1.IDMapping;
import dev.coracle.cri.v1.NamespaceMode;
import dev.coracle.cri.v1.UserNamespace;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ConfigException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives each pod with {@code hostUsers: false} a range of the host's ids that no other pod has
 * (KEP-127). What is given stands in {@code pods/UID/userns}, as upstream writes it, on disk before
 * the pod has it, so that a later kubelet goes on with it. Thread-safe; writes block.
 */
public final class UserNamespaces {
  private static final Logger LOG = LoggerFactory.getLogger(UserNamespaces.class);
  private static final String FILE = "userns";

  /** Upstream's {@code userNamespaces.idsPerPod}, and the least there may be. */
  public static final int IDS_PER_POD = 65536;

  private static final UserNamespace OF_NODE =
      UserNamespace.newBuilder().setMode(NamespaceMode.NODE).build();

  private final PodPaths paths;
  private final int idsPerPod;
  private final int base;
  private final int ranges;
  private final Predicate<String> supported;
  private final BitSet used = new BitSet();
  private final Map<String, Integer> usedBy = new HashMap<>();

  /**
   * @param idsPerPod a multiple of {@link #IDS_PER_POD}
   * @param maxPods of the node; ids that suffice for fewer are refused
   * @param own which there are; empty: all but the host's own
   * @param supported whether the runtime can, by the handler of a RuntimeClass, or by none
   */
  public UserNamespaces(
      PodPaths paths,
      int idsPerPod,
      int maxPods,
      Optional<SubordinateIds> own,
      Predicate<String> supported) {
    this.paths = paths;
    this.idsPerPod = idsPerPod;
    this.supported = supported;
    own.ifPresent(ids -> ids.check(idsPerPod));
    // The host's own ids are the first range; the last id of all means "no id".
    this.base = own.map(ids -> (int) (ids.first() / idsPerPod)).orElse(1);
    this.ranges =
        own.map(ids -> (int) (ids.length() / idsPerPod))
            .orElse((int) (0xffff_ffffL / idsPerPod) - 1);
    if (ranges < maxPods) {
      throw new IllegalArgumentException(
          "kubelet user assigned IDs are not enough to support " + maxPods + " pods");
    }
  }

  /** Takes up what an earlier kubelet has given. */
  public synchronized void restore() throws IOException {
    for (String uid : paths.known()) {
      try {
        read(uid).ifPresent(range -> record(uid, range));
      } catch (IOException | StatusException | IllegalArgumentException e) {
        LOG.atWarn()
            .addKeyValue("uid", uid)
            .addKeyValue("why", e.getMessage())
            .log("A pod's user namespace cannot be read");
      }
    }
  }

  /**
   * The pod's users, the same each time.
   *
   * @param handler of its RuntimeClass, empty for none
   * @throws ConfigException when it cannot have what it asks for
   */
  public UserNamespace of(Pod pod, String handler) {
    if (pod.spec().path("hostUsers").asBoolean(true)) {
      return OF_NODE;
    }
    if (!supported.test(handler)) {
      throw new ConfigException(
          "can't set `spec.hostUsers: false`, "
              + (handler.isEmpty()
                  ? "runtime does"
                  : "RuntimeClass handler \"" + handler + "\" does")
              + " not support user namespaces");
    }
    IDMapping ids =
        IDMapping.newBuilder().setHostId((int) first(pod.uid())).setLength(idsPerPod).build();
    return UserNamespace.newBuilder().setMode(NamespaceMode.POD).addUids(ids).addGids(ids).build();
  }

  private synchronized long first(String uid) {
    Integer known = usedBy.get(uid);
    if (known == null) {
      try {
        known = give(uid);
      } catch (IOException e) {
        throw new ConfigException("create user namespace: " + e.getMessage());
      } catch (StatusException | IllegalArgumentException e) {
        throw new ConfigException("user namespace: " + e.getMessage());
      }
    }
    return firstOf(known);
  }

  private long firstOf(int range) {
    return ((long) base + range) * idsPerPod;
  }

  private int give(String uid) throws IOException {
    Optional<Integer> before = read(uid);
    if (before.isPresent()) {
      record(uid, before.get());
      return before.get();
    }
    int range = used.nextClearBit(0);
    if (range >= ranges) {
      throw new IOException("could not find an empty slot to allocate a user namespace");
    }
    write(uid, range);
    record(uid, range);
    return range;
  }

  private void record(String uid, int range) {
    if (used.get(range)) {
      throw new IllegalArgumentException("range picked for pod \"" + uid + "\" already taken");
    }
    used.set(range);
    usedBy.put(uid, range);
  }

  private Path file(String uid) {
    return paths.pod(uid).resolve(FILE);
  }

  /** Atomic and durable: no two pods may ever be given the same. */
  private void write(String uid, int range) throws IOException {
    if (!paths.real()) {
      return;
    }
    ObjectNode document = Json.object();
    for (String kind : List.of("uidMappings", "gidMappings")) {
      document
          .putArray(kind)
          .addObject()
          .put("hostId", firstOf(range))
          .put("containerId", 0)
          .put("length", idsPerPod);
    }
    Path directory = Files.createDirectories(paths.pod(uid));
    Path fresh = directory.resolve(FILE + ".tmp");
    try (FileChannel channel =
        FileChannel.open(
            fresh,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap(Json.bytes(document));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    Files.move(fresh, file(uid), StandardCopyOption.ATOMIC_MOVE);
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private Optional<Integer> read(String uid) throws IOException {
    if (!paths.real() || !Files.isRegularFile(file(uid))) {
      return Optional.empty();
    }
    JsonNode document = Json.parseObject(Files.readString(file(uid)));
    JsonNode ids = document.path("uidMappings");
    if (ids.size() != 1) {
      throw new IllegalArgumentException(
          "invalid user namespace configuration: no more than one mapping allowed.");
    }
    if (!ids.equals(document.path("gidMappings"))) {
      throw new IllegalArgumentException(
          "invalid user namespace configuration: GID and UID mapping should be identical");
    }
    JsonNode only = ids.path(0);
    if (only.path("containerId").asLong(-1) != 0) {
      throw new IllegalArgumentException(
          "invalid user namespace configuration: UID 0 must be mapped");
    }
    long length = only.path("length").asLong();
    if (length != idsPerPod) {
      throw new IllegalArgumentException("wrong user namespace length " + length);
    }
    long from = only.path("hostId").asLong();
    if (from % idsPerPod != 0) {
      throw new IllegalArgumentException("wrong user namespace offset specified " + from);
    }
    long range = from / idsPerPod - base;
    if (range < 0 || range >= ranges) {
      throw new IllegalArgumentException("id " + from + " is out of range");
    }
    return Optional.of((int) range);
  }

  /** The pod has ended, and nothing of it runs: others may have its ids. */
  public synchronized void release(String uid) throws IOException {
    Integer range = usedBy.get(uid);
    if (range != null) {
      if (paths.real()) {
        Files.deleteIfExists(file(uid));
      }
      usedBy.remove(uid);
      used.clear(range);
    }
  }

  /** The pods that have some. */
  synchronized Collection<String> pods() {
    return List.copyOf(usedBy.keySet());
  }
}
