package dev.coracle.kubelet.internal.device;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.deviceplugin.v1beta1.ContainerAllocateResponse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.zip.CRC32;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What pods hold, kept in a file with a checksum, since the containers outlive the kubelet and the
 * plugins do not know whom they serve. A file that cannot be read counts as none, and is told.
 */
final class DeviceCheckpoint {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceCheckpoint.class);

  /**
   * @param resources whose plugins had registered
   */
  record State(List<DeviceAllocation> allocations, Collection<String> resources) {
    static final State EMPTY = new State(List.of(), List.of());
  }

  private final Path file;

  DeviceCheckpoint(Path file) {
    this.file = file;
  }

  void write(State state) throws IOException {
    ObjectNode data = Json.object();
    ArrayNode entries = data.putArray("PodDeviceEntries");
    for (DeviceAllocation a : state.allocations()) {
      ObjectNode entry =
          entries
              .addObject()
              .put("PodUID", a.podUid())
              .put("ContainerName", a.container())
              .put("ResourceName", a.resource())
              .put("AllocResp", Base64.getEncoder().encodeToString(a.response().toByteArray()));
      a.ids().forEach(entry.putArray("DeviceIDs")::add);
    }
    new TreeSet<>(state.resources()).forEach(data.putArray("RegisteredResources")::add);
    ObjectNode whole = Json.object();
    whole.set("Data", data);
    whole.put("Checksum", checksum(data));
    Files.createDirectories(Objects.requireNonNull(file.getParent()));
    Path next = file.resolveSibling(file.getFileName() + ".tmp");
    Files.write(next, Json.bytes(whole));
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  State read() {
    if (!Files.exists(file)) {
      return State.EMPTY;
    }
    try {
      JsonNode whole = Json.parseObject(Files.readString(file));
      JsonNode data = whole.path("Data");
      if (whole.path("Checksum").asLong() != checksum(data)) {
        throw new IOException("checkpoint is corrupted");
      }
      List<DeviceAllocation> allocations = new ArrayList<>();
      for (JsonNode e : data.path("PodDeviceEntries")) {
        List<String> ids = new ArrayList<>();
        e.path("DeviceIDs").forEach(id -> ids.add(id.asText()));
        allocations.add(
            new DeviceAllocation(
                e.path("PodUID").asText(),
                e.path("ContainerName").asText(),
                e.path("ResourceName").asText(),
                ids,
                ContainerAllocateResponse.parseFrom(
                    Base64.getDecoder().decode(e.path("AllocResp").asText()))));
      }
      List<String> resources = new ArrayList<>();
      data.path("RegisteredResources").forEach(r -> resources.add(r.asText()));
      return new State(allocations, resources);
    } catch (IOException | RuntimeException e) {
      LOG.atWarn()
          .addKeyValue("file", file)
          .addKeyValue("why", e.getMessage())
          .log("Which devices pods hold cannot be read, and is taken as none");
      return State.EMPTY;
    }
  }

  private static long checksum(JsonNode data) {
    CRC32 crc = new CRC32();
    crc.update(Json.bytes(data));
    return crc.getValue();
  }
}
