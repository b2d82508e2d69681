package dev.coracle.kubelet.internal.dra;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.dra.v1.Claim;
import dev.coracle.dra.v1.DRAPluginGrpcClient;
import dev.coracle.dra.v1.Device;
import dev.coracle.dra.v1.NodePrepareResourceResponse;
import dev.coracle.dra.v1.NodePrepareResourcesRequest;
import dev.coracle.dra.v1.NodeUnprepareResourceResponse;
import dev.coracle.dra.v1.NodeUnprepareResourcesRequest;
import dev.coracle.kubelet.internal.grpc.UnixChannel;
import dev.coracle.kubelet.internal.host.KeyedLocks;
import dev.coracle.kubelet.internal.host.Timers;
import dev.coracle.kubelet.internal.plugin.PluginHandler;
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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has drivers prepare the devices of claims for this node's pods, and undo that after the last pod
 * of a claim. What is prepared is kept in a file, since a later kubelet has to undo it. State is
 * guarded by this; drivers are called without it, for one claim one at a time.
 */
public final class DraManager implements PluginHandler, ContainerExtras.Source {
  public static final String TYPE = "DRAPlugin";
  private static final String SERVICE = "v1.DRAPlugin";
  private static final Duration LIMIT = Duration.ofSeconds(45);
  private static final Logger LOG = LoggerFactory.getLogger(DraManager.class);

  private record Driver(String endpoint, UnixChannel channel, DeviceHealths.Watch watch)
      implements AutoCloseable {
    @Override
    public void close() {
      watch.close();
      channel.close();
    }
  }

  private final Vertx vertx;
  private final Path file;
  private final Map<String, Driver> drivers = new ConcurrentHashMap<>();
  private final Map<String, PreparedClaim> prepared = new TreeMap<>();
  private final KeyedLocks locks = new KeyedLocks();
  private final DeviceHealths healths;
  private final Consumer<String> touched;
  private volatile @Nullable ObjectSource objects;

  /**
   * @param file where is kept what is prepared
   * @param touched hears the uid of a pod one of whose devices fares otherwise than before
   */
  public DraManager(Vertx vertx, Timers timers, Path file, Consumer<String> touched) {
    this.vertx = vertx;
    this.file = file;
    this.touched = touched;
    this.healths = new DeviceHealths(timers, this::changed);
  }

  /**
   * @param source shows claims
   */
  public void objects(ObjectSource source) {
    objects = source;
  }

  /** Reads what is prepared; before the first pod is looked at. */
  public synchronized void restore() {
    if (Files.exists(file)) {
      try {
        prepared.putAll(PreparedClaim.map(Json.parseObject(Files.readString(file)).path("claims")));
      } catch (IOException | RuntimeException e) {
        LOG.atWarn()
            .addKeyValue("file", file)
            .addKeyValue("why", e.getMessage())
            .log("Which claims are prepared cannot be read, and is taken as none");
      }
    }
  }

  @Override
  public void register(Plugin plugin) {
    if (!plugin.versions().contains(SERVICE)) {
      throw new IllegalArgumentException(
          "DRA driver "
              + plugin.name()
              + ": none of the services "
              + plugin.versions()
              + " is supported, this kubelet speaks "
              + SERVICE);
    }
    Driver before = drivers.get(plugin.name());
    if (before != null) {
      before.watch.close();
    }
    UnixChannel channel = new UnixChannel(vertx, plugin.endpoint());
    drivers.put(
        plugin.name(),
        new Driver(plugin.endpoint(), channel, healths.watch(plugin.name(), channel)));
    if (before != null) {
      before.channel.close();
    }
  }

  @Override
  public void deregister(Plugin plugin) {
    Driver driver = drivers.get(plugin.name());
    if (driver != null && driver.endpoint.equals(plugin.endpoint())) {
      drivers.remove(plugin.name(), driver);
      driver.close();
    }
  }

  private UnixChannel driver(String name) throws NotReady {
    Driver driver = drivers.get(name);
    if (driver == null) {
      throw new NotReady("DRA driver " + name + " is not registered");
    }
    return driver.channel;
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
      String name = claimName(pod, entry);
      if (!name.isEmpty()) {
        try {
          KubeObject claim = claim(pod, name);
          locks.<Boolean, NotReady>with(claim.uid(), () -> prepare(pod, claim));
        } catch (CriException e) {
          throw new NotReady("NodePrepareResources: " + e.describe());
        } catch (StatusException e) {
          throw new NotReady(String.valueOf(e.getMessage()));
        }
      }
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
    synchronized (this) {
      PreparedClaim known = prepared.get(claim.uid());
      if (known != null) {
        if (!known.pods().contains(pod.uid())) {
          keep(known.with(pod.uid()));
        }
        return false;
      }
    }
    Set<String> names = new TreeSet<>();
    claim
        .at("status", "allocation", "devices", "results")
        .forEach(r -> names.add(r.path("driver").asText("")));
    Claim wanted =
        Claim.newBuilder()
            .setNamespace(claim.namespace())
            .setName(claim.name())
            .setUid(claim.uid())
            .build();
    List<PreparedClaim.Device> devices = new ArrayList<>();
    for (String name : names) {
      NodePrepareResourceResponse answer =
          only(
              "NodePrepareResources",
              claim.uid(),
              driver(name)
                  .call(
                      DRAPluginGrpcClient.NodePrepareResources,
                      NodePrepareResourcesRequest.newBuilder().addClaims(wanted).build(),
                      LIMIT)
                  .getClaimsMap());
      if (!answer.getError().isEmpty()) {
        throw new NotReady(
            "NodePrepareResources failed for ResourceClaim "
                + claim.name()
                + ": "
                + answer.getError());
      }
      answer
          .getDevicesList()
          .forEach(d ->
              devices.add(
                  new PreparedClaim.Device(
                      name,
                      d.getPoolName(),
                      d.getDeviceName(),
                      share(claim, name, d),
                      d.getRequestNamesList(),
                      d.getCdiDeviceIdsList())));
    }
    keep(
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

  /** The answer for the one claim that was asked about; a driver may answer anything. */
  private static <T> T only(String call, String claimUid, Map<String, T> answers) throws NotReady {
    for (String uid : answers.keySet()) {
      if (!uid.equals(claimUid)) {
        throw new NotReady(call + " returned result for unknown claim UID " + uid);
      }
    }
    T answer = answers.get(claimUid);
    if (answer == null) {
      throw new NotReady(call + " skipped 1 ResourceClaims");
    }
    return answer;
  }

  private synchronized void keep(PreparedClaim claim) {
    prepared.put(claim.uid(), claim);
    save();
  }

  private void save() {
    ObjectNode out = Json.object();
    ArrayNode list = out.putArray("claims");
    prepared.values().forEach(c -> list.add(c.json()));
    try {
      Files.createDirectories(Objects.requireNonNull(file.getParent()));
      Path next = file.resolveSibling(file.getFileName() + ".tmp");
      Files.write(next, Json.bytes(out));
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      LOG.atError().addKeyValue("why", e.getMessage()).log("Prepared claims cannot be written");
    }
  }

  private synchronized List<PreparedClaim> of(String podUid) {
    return prepared.values().stream().filter(c -> c.pods().contains(podUid)).toList();
  }

  /**
   * The pod has ended: claims that no other pod uses are given back.
   *
   * @throws NotReady when a driver could not be reached or refused; the pod's end waits for it
   */
  public void unprepare(String podUid) throws NotReady {
    for (PreparedClaim claim : of(podUid)) {
      locks.<Boolean, NotReady>with(claim.uid(), () -> unprepare(podUid, claim.uid()));
    }
  }

  private boolean unprepare(String podUid, String claimUid) throws NotReady {
    PreparedClaim claim;
    synchronized (this) {
      claim = prepared.get(claimUid);
    }
    if (claim == null) {
      return false;
    }
    PreparedClaim left = claim.without(podUid);
    if (left.pods().isEmpty()) {
      for (String name : claim.drivers()) {
        try {
          unprepare(name, claim);
        } catch (CriException e) {
          throw new NotReady("NodeUnprepareResources: " + e.describe());
        }
      }
    }
    synchronized (this) {
      if (left.pods().isEmpty()) {
        prepared.remove(claimUid);
      } else {
        prepared.put(claimUid, left);
      }
      save();
    }
    return true;
  }

  private void unprepare(String driver, PreparedClaim claim) throws NotReady {
    NodeUnprepareResourceResponse answer =
        only(
            "NodeUnprepareResources",
            claim.uid(),
            driver(driver)
                .call(
                    DRAPluginGrpcClient.NodeUnprepareResources,
                    NodeUnprepareResourcesRequest.newBuilder()
                        .addClaims(
                            Claim.newBuilder()
                                .setNamespace(claim.namespace())
                                .setName(claim.name())
                                .setUid(claim.uid()))
                        .build(),
                    LIMIT)
                .getClaimsMap());
    if (!answer.getError().isEmpty()) {
      throw new NotReady(
          "NodeUnprepareResources failed for ResourceClaim "
              + claim.name()
              + ": "
              + answer.getError());
    }
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
        : new ContainerExtras(Map.of(), List.of(), List.of(), Map.of(), cdi, "");
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

  private void changed(Set<DeviceHealths.Device> devices) {
    Set<String> holders = new TreeSet<>();
    synchronized (this) {
      for (PreparedClaim claim : prepared.values()) {
        if (claim.devices().stream().anyMatch(d -> devices.contains(d.identity()))) {
          holders.addAll(claim.pods());
        }
      }
    }
    holders.forEach(touched);
  }

  /** The prepared devices that a container asks for. */
  private void used(
      Pod pod, ContainerSpec container, BiConsumer<PreparedClaim, PreparedClaim.Device> found) {
    for (JsonNode use : container.node().path("resources").path("claims")) {
      used(pod, use, found);
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
    for (PreparedClaim claim : of(pod.uid())) {
      if (claim.name().equals(name)) {
        claim.devices().stream().filter(d -> d.isFor(request)).forEach(d -> found.accept(claim, d));
      }
    }
  }

  public void close() {
    drivers.values().forEach(Driver::close);
    drivers.clear();
  }
}
