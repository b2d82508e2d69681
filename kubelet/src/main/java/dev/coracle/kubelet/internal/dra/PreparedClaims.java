package dev.coracle.kubelet.internal.dra;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The claims whose devices are ready on this node, by uid, kept in a file, since a later kubelet
 * has to undo what was prepared. Guarded by this.
 */
final class PreparedClaims {
  private static final Logger LOG = LoggerFactory.getLogger(PreparedClaims.class);

  private final Path file;
  private final Map<String, PreparedClaim> claims = new TreeMap<>();

  PreparedClaims(Path file) {
    this.file = file;
  }

  /** Reads the file; one that cannot be read counts as none, and is told. */
  synchronized void restore() {
    if (Files.exists(file)) {
      try {
        claims.putAll(PreparedClaim.map(Json.parseObject(Files.readString(file)).path("claims")));
      } catch (IOException | RuntimeException e) {
        LOG.atWarn()
            .addKeyValue("file", file)
            .addKeyValue("why", e.getMessage())
            .log("Which claims are prepared cannot be read, and is taken as none");
      }
    }
  }

  synchronized Optional<PreparedClaim> get(String uid) {
    return Optional.ofNullable(claims.get(uid));
  }

  synchronized void keep(PreparedClaim claim) {
    claims.put(claim.uid(), claim);
    save();
  }

  synchronized void remove(String uid) {
    claims.remove(uid);
    save();
  }

  /** A pod uses a claim too. False where the claim is not prepared. */
  synchronized boolean join(String uid, String podUid) {
    PreparedClaim known = claims.get(uid);
    if (known != null && !known.pods().contains(podUid)) {
      keep(known.with(podUid));
    }
    return known != null;
  }

  /** Those of a pod. */
  synchronized List<PreparedClaim> of(String podUid) {
    return claims.values().stream().filter(c -> c.pods().contains(podUid)).toList();
  }

  /** The uids of the pods that have one of these devices. */
  synchronized Set<String> holders(Set<DeviceHealths.Device> devices) {
    Set<String> out = new TreeSet<>();
    for (PreparedClaim claim : claims.values()) {
      if (claim.devices().stream().anyMatch(d -> devices.contains(d.identity()))) {
        out.addAll(claim.pods());
      }
    }
    return out;
  }

  private void save() {
    ObjectNode out = Json.object();
    ArrayNode list = out.putArray("claims");
    claims.values().forEach(c -> list.add(c.json()));
    try {
      Files.createDirectories(Objects.requireNonNull(file.getParent()));
      Path next = file.resolveSibling(file.getFileName() + ".tmp");
      Files.write(next, Json.bytes(out));
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      LOG.atError().addKeyValue("why", e.getMessage()).log("Prepared claims cannot be written");
    }
  }
}
