package dev.coracle.kubelet.internal.dra;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.dra.v1.Claim;
import dev.coracle.dra.v1.Device;
import dev.coracle.kubelet.internal.host.KeyedLocks;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerExtras;
import dev.coracle.kubelet.internal.runtime.NodeDevices.NotReady;
import dev.coracle.kubelet.internal.runtime.ObjectSource;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.podresources.v1.CDIDevice;
import dev.coracle.podresources.v1.ClaimResource;
import dev.coracle.podresources.v1.DynamicResource;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What pods have of their claims: has drivers prepare the devices of claims for this node's pods,
 * tells what each container has of them and how they fare, and has the drivers undo it after the
 * last pod of a claim. Drivers are called for one claim one at a time.
 */
public final class DraManager implements ContainerExtras.Source {
  public static final String TYPE = "DRAPlugin";

  private final DraDrivers drivers;
  private final PreparedClaims prepared;
  private final KeyedLocks locks = new KeyedLocks();
  private final DeviceHealths healths;
  private volatile @Nullable ObjectSource objects;

  /**
   * @param file where is kept what is prepared
   * @param touched hears the uid of a pod one of whose devices fares otherwise than before
   */
  public DraManager(Vertx vertx, Timers timers, Path file, Consumer<String> touched) {
    this.prepared = new PreparedClaims(file);
    this.healths = new DeviceHealths(timers, devices -> prepared.holders(devices).forEach(touched));
    this.drivers = new DraDrivers(vertx, healths);
  }

  public DraDrivers drivers() {
    return drivers;
  }

  /**
   * @param source shows claims
   */
  public void objects(ObjectSource source) {
    objects = source;
  }

  /** Reads what is prepared; before the first pod is looked at. */
  public void restore() {
    prepared.restore();
  }

  /** Makes the devices of the pod's claims ready; may be called at any time any number of times. */
  public void prepare(Pod pod) throws NotReady {
    try {
      prepareClaims(pod);
    } catch (NotReady e) {
      throw new NotReady("prepare dynamic resources: " + e.getMessage());
    }
  }

  private void prepareClaims(Pod pod) throws NotReady {
    for (JsonNode entry : pod.spec().path("resourceClaims")) {
      prepare(pod, claimName(pod, entry));
    }
    prepare(pod, extended(pod).path("resourceClaimName").asText(""));
  }

  /** What the scheduler says of the claim that it made for extended resources (KEP-5004). */
  private static JsonNode extended(Pod pod) {
    return pod.status().path("extendedResourceClaimStatus");
  }

  /**
   * @param name of a claim; empty where none is needed
   */
  private void prepare(Pod pod, String name) throws NotReady {
    if (name.isEmpty()) {
      return;
    }
    try {
      KubeObject claim = claim(pod, name);
      locks.<Boolean, NotReady>with(claim.uid(), () -> prepare(pod, claim));
    } catch (CriException e) {
      throw new NotReady("NodePrepareResources: " + e.describe());
    } catch (StatusException e) {
      throw new NotReady(String.valueOf(e.getMessage()));
    }
  }

  private KubeObject claim(Pod pod, String name) throws NotReady {
    ObjectSource source = objects;
    if (source == null) {
      throw new NotReady("ResourceClaims cannot be read yet");
    }
    KubeObject claim = source.get(pod.uid(), Resources.RESOURCE_CLAIMS, pod.namespace(), name);
    boolean reserved = false;
    for (JsonNode consumer : claim.at("status", "reservedFor")) {
      reserved |= consumer.path("uid").asText("").equals(pod.uid());
    }
    if (!claim.at("status", "allocation").isObject()) {
      throw new NotReady("ResourceClaim " + name + " is not allocated");
    }
    if (!reserved) {
      throw new NotReady(
          "pod "
              + pod.name()
              + "("
              + pod.uid()
              + ") is not allowed to use ResourceClaim "
              + name
              + "("
              + claim.uid()
              + ")");
    }
    return claim;
  }

  private static String claimName(Pod pod, JsonNode entry) throws NotReady {
    if (entry.hasNonNull("resourceClaimName")) {
      return entry.path("resourceClaimName").asText();
    }
    for (JsonNode status : pod.status().path("resourceClaimStatuses")) {
      if (status.path("name").equals(entry.path("name"))) {
        return status.path("resourceClaimName").asText("");
      }
    }
    throw new NotReady("ResourceClaim for " + entry.path("name").asText("") + " not created yet");
  }

  private boolean prepare(Pod pod, KubeObject claim) throws NotReady {
    if (prepared.join(claim.uid(), pod.uid())) {
      return false;
    }
    Set<String> names = new TreeSet<>();
    claim
        .at("status", "allocation", "devices", "results")
        .forEach(r -> names.add(r.path("driver").asText("")));
    Claim wanted = message(claim.namespace(), claim.name(), claim.uid());
    List<PreparedClaim.Device> devices = new ArrayList<>();
    for (String name : names) {
      for (Device d : drivers.prepare(name, wanted)) {
        devices.add(
            new PreparedClaim.Device(
                name,
                d.getPoolName(),
                d.getDeviceName(),
                share(claim, name, d),
                d.getRequestNamesList(),
                d.getCdiDeviceIdsList()));
      }
    }
    prepared.keep(
        new PreparedClaim(
            claim.namespace(), claim.name(), claim.uid(), names, Set.of(pod.uid()), devices));
    return true;
  }

  /** What the scheduler has allocated of this device; a driver tells only which device it is. */
  private static String share(KubeObject claim, String driver, Device device) {
    for (JsonNode r : claim.at("status", "allocation", "devices", "results")) {
      if (r.path("driver").asText("").equals(driver)
          && r.path("pool").asText("").equals(device.getPoolName())
          && r.path("device").asText("").equals(device.getDeviceName())
          && (device.getRequestNamesCount() == 0
              || device.getRequestNamesList().contains(r.path("request").asText("")))) {
        return r.path("shareID").asText("");
      }
    }
    return "";
  }

  private static Claim message(String namespace, String name, String uid) {
    return Claim.newBuilder().setNamespace(namespace).setName(name).setUid(uid).build();
  }

  /**
   * The pod has ended: claims that no other pod uses are given back.
   *
   * @throws NotReady when a driver could not be reached or refused; the pod's end waits for it
   */
  public void unprepare(String podUid) throws NotReady {
    for (PreparedClaim claim : prepared.of(podUid)) {
      locks.<Boolean, NotReady>with(claim.uid(), () -> unprepare(podUid, claim.uid()));
    }
  }

  private boolean unprepare(String podUid, String claimUid) throws NotReady {
    Optional<PreparedClaim> known = prepared.get(claimUid);
    if (known.isEmpty()) {
      return false;
    }
    PreparedClaim claim = known.get();
    PreparedClaim left = claim.without(podUid);
    if (!left.pods().isEmpty()) {
      prepared.keep(left);
      return true;
    }
    Claim undo = message(claim.namespace(), claim.name(), claim.uid());
    for (String name : claim.drivers()) {
      try {
        drivers.unprepare(name, undo);
      } catch (CriException e) {
        throw new NotReady("NodeUnprepareResources: " + e.describe());
      }
    }
    prepared.remove(claimUid);
    return true;
  }

  @Override
  public ContainerExtras of(Pod pod, ContainerSpec container) {
    List<String> cdi = new ArrayList<>();
    used(
        pod,
        container,
        (_, device) -> device.cdi().stream().filter(id -> !cdi.contains(id)).forEach(cdi::add));
    return cdi.isEmpty()
        ? ContainerExtras.NONE
        : new ContainerExtras(Map.of(), List.of(), List.of(), Map.of(), cdi, "", "");
  }

  /** What a container has of the pod's claims, by claim, as the PodResources API tells it. */
  public List<DynamicResource> resources(Pod pod, ContainerSpec container) {
    Map<String, DynamicResource.Builder> out = new LinkedHashMap<>();
    used(
        pod,
        container,
        (claim, device) -> {
          ClaimResource.Builder resource =
              ClaimResource.newBuilder()
                  .setDriverName(device.driver())
                  .setPoolName(device.pool())
                  .setDeviceName(device.device());
          if (!device.share().isEmpty()) {
            resource.setShareId(device.share());
          }
          device.cdi().forEach(id -> resource.addCdiDevices(CDIDevice.newBuilder().setName(id)));
          out.computeIfAbsent(
                  claim.uid(),
                  _ ->
                      DynamicResource.newBuilder()
                          .setClaimName(claim.name())
                          .setClaimNamespace(claim.namespace()))
              .addClaimResources(resource);
        });
    return out.values().stream().map(DynamicResource.Builder::build).toList();
  }

  /**
   * How the devices of claims fare that a container has, by the claims of its spec, as in {@code
   * allocatedResourcesStatus} (KEP-4680).
   */
  public ArrayNode health(Pod pod, ContainerSpec container) {
    ArrayNode out = Json.array();
    for (JsonNode use : container.node().path("resources").path("claims")) {
      String request = use.path("request").asText("");
      Map<String, DeviceHealths.Health> byId = new LinkedHashMap<>();
      used(pod, use, (_, device) -> byId.put(device.id(), healths.of(device.identity())));
      ArrayNode resources = Json.array();
      byId.forEach((id, health) -> {
        ObjectNode resource =
            resources.addObject().put("resourceID", id).put("health", health.health());
        if (!health.message().isEmpty()) {
          resource.put("message", health.message());
        }
      });
      if (!resources.isEmpty()) {
        out.addObject()
            .put(
                "name",
                "claim:" + use.path("name").asText("") + (request.isEmpty() ? "" : "/" + request))
            .set("resources", resources);
      }
    }
    return out;
  }

  /** The prepared devices that a container asks for. */
  private void used(
      Pod pod, ContainerSpec container, BiConsumer<PreparedClaim, PreparedClaim.Device> found) {
    for (JsonNode use : container.node().path("resources").path("claims")) {
      used(pod, use, found);
    }
    for (JsonNode mapping : extended(pod).path("requestMappings")) {
      if (mapping.path("containerName").asText("").equals(container.name())) {
        used(
            pod,
            extended(pod).path("resourceClaimName").asText(""),
            mapping.path("requestName").asText(""),
            found);
      }
    }
  }

  private void used(Pod pod, JsonNode use, BiConsumer<PreparedClaim, PreparedClaim.Device> found) {
    for (JsonNode entry : pod.spec().path("resourceClaims")) {
      if (entry.path("name").equals(use.path("name"))) {
        used(pod, entry, use.path("request").asText(""), found);
      }
    }
  }

  private void used(
      Pod pod,
      JsonNode entry,
      String request,
      BiConsumer<PreparedClaim, PreparedClaim.Device> found) {
    String name;
    try {
      name = claimName(pod, entry);
    } catch (NotReady e) {
      return; // Told when it was to be prepared.
    }
    used(pod, name, request, found);
  }

  private void used(
      Pod pod, String name, String request, BiConsumer<PreparedClaim, PreparedClaim.Device> found) {
    for (PreparedClaim claim : prepared.of(pod.uid())) {
      if (claim.name().equals(name)) {
        claim.devices().stream().filter(d -> d.isFor(request)).forEach(d -> found.accept(claim, d));
      }
    }
  }

  public void close() {
    drivers.close();
  }
}
