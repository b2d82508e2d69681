package dev.coracle.cridocker.internal.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.cri.v1.LinuxSandboxSecurityContext;
import dev.coracle.cri.v1.NamespaceMode;
import dev.coracle.cri.v1.NamespaceOption;
import dev.coracle.cri.v1.PodSandboxConfig;
import dev.coracle.cri.v1.PodSandboxMetadata;
import dev.coracle.cri.v1.PortMapping;
import dev.coracle.cridocker.internal.engine.Engine;
import dev.coracle.cridocker.internal.engine.EngineException;
import dev.coracle.criruntime.network.PodNetwork;
import dev.coracle.criruntime.server.NotFoundException;
import dev.coracle.criruntime.server.Times;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Pod sandboxes: a container of Docker each, which only sleeps and holds the pod's namespaces. It
 * has no network of Docker's: the pod is connected by the same network as the built-in runtime's
 * (ADR 0185). Docker keeps the state, the labels say what is a sandbox of this cluster. All methods
 * block and are thread-safe.
 */
public final class SandboxService {
  private static final Logger LOG = LoggerFactory.getLogger(SandboxService.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final SecureRandom RANDOM = new SecureRandom();

  /** Containers that hold a pod together should be the last to go, as upstream has it. */
  private static final int OOM_SCORE = -998;

  private final Engine engine;
  private final EngineFacts facts;
  private final String clusterId;
  private final PodNetwork network;
  private final PauseImage image;
  private final SandboxState state;
  private final Map<String, ReentrantLock> locks = new ConcurrentHashMap<>();

  public SandboxService(
      Engine engine, EngineFacts facts, String clusterId, PodNetwork network, Path directory)
      throws IOException {
    this.engine = engine;
    this.facts = facts;
    this.clusterId = clusterId;
    this.network = network;
    this.image = new PauseImage(engine, facts.architecture());
    this.state = new SandboxState(directory);
  }

  public PodNetwork network() {
    return network;
  }

  /** The daemon's name for the OCI runtime; empty for its default. */
  private String runtime(String handler) {
    if (handler.isEmpty() || facts.runtimes().contains(handler)) {
      return handler;
    }
    throw new IllegalArgumentException(
        "no runtime for \"" + handler + "\" is configured in Docker; it has " + facts.runtimes());
  }

  /** Makes a sandbox ready and tells its id; after a failure nothing is left of it. */
  public String run(PodSandboxConfig config, String handler) throws IOException {
    if (!config.hasMetadata() || config.getMetadata().getName().isEmpty()) {
      throw new IllegalArgumentException("sandbox config must include metadata with a name");
    }
    NamespaceOption namespaces = namespaces(config);
    if (namespaces.hasUsernsOptions()
        && namespaces.getUsernsOptions().getMode() == NamespaceMode.POD) {
      // Docker maps the users of all containers alike, by an option of its daemon.
      throw new UnsupportedOperationException(
          "a pod cannot have users of its own on Docker, which maps those of all containers alike:"
              + " leave hostUsers away, or run the pod on a node with another container runtime");
    }
    String id = create(Names.of(config.getMetadata()), body(config, runtime(handler)));
    try {
      state.create(id, config);
      engine.post("/containers/" + id + "/start");
      if (namespaces.getNetwork() != NamespaceMode.NODE) {
        connect(id, config);
      }
      return id;
    } catch (IOException | RuntimeException e) {
      discard(id);
      throw e;
    }
  }

  private String create(String name, ObjectNode body) throws IOException {
    try {
      return create(engine, name, body);
    } catch (EngineException e) {
      if (!e.isNotFound()) {
        throw e;
      }
      // The image is missing: the first sandbox of all, or somebody removed it.
      image.load();
      return create(engine, name, body);
    }
  }

  /** Creates a container; where its name is taken something random is added. */
  static String create(Engine engine, String name, ObjectNode body) throws EngineException {
    try {
      return engine
          .post("/containers/create?name=" + Engine.encode(name), body)
          .path("Id")
          .asText();
    } catch (EngineException e) {
      if (!e.isConflict()) {
        throw e;
      }
      byte[] more = new byte[4];
      RANDOM.nextBytes(more);
      String other = name + "_" + HexFormat.of().formatHex(more);
      return engine
          .post("/containers/create?name=" + Engine.encode(other), body)
          .path("Id")
          .asText();
    }
  }

  private static NamespaceOption namespaces(PodSandboxConfig config) {
    return config.getLinux().getSecurityContext().getNamespaceOptions();
  }

  private ObjectNode body(PodSandboxConfig config, String runtime) throws IOException {
    LinuxSandboxSecurityContext security = config.getLinux().getSecurityContext();
    ObjectNode body = JSON.createObjectNode().put("Image", PauseImage.NAME);
    ObjectNode labels = Labels.write(config.getLabelsMap(), config.getAnnotationsMap());
    labels.put(Labels.TYPE, Labels.SANDBOX).put(Labels.CLUSTER, clusterId);
    labels.put(Labels.LOG_PATH, config.getLogDirectory());
    labels.put(Labels.RUNTIME_HANDLER, runtime);
    labels.put(Labels.CREATED_AT, Long.toString(Times.now()));
    body.set("Labels", labels);
    ObjectNode host = body.putObject("HostConfig");
    boolean hostNetwork = namespaces(config).getNetwork() == NamespaceMode.NODE;
    if (hostNetwork) {
      host.put("NetworkMode", "host").put("UTSMode", "host");
    } else {
      host.put("NetworkMode", "none");
      body.put("Hostname", config.getHostname());
    }
    host.put("IpcMode", namespaces(config).getIpc() == NamespaceMode.NODE ? "host" : "shareable");
    if (namespaces(config).getPid() == NamespaceMode.NODE) {
      host.put("PidMode", "host");
    }
    common(host, runtime, config.getLinux().getCgroupParent(), OOM_SCORE);
    host.putObject("LogConfig").put("Type", "none");
    ObjectNode sysctls = host.putObject("Sysctls");
    config.getLinux().getSysctlsMap().forEach(sysctls::put);
    host.put("ReadonlyRootfs", true);
    ArrayNode options = host.putArray("SecurityOpt").add("no-new-privileges");
    SecurityOptions.seccomp(security.getSeccomp(), security.hasSeccomp(), options);
    SecurityOptions.selinux(security.getSelinuxOptions(), options);
    return body;
  }

  private void common(ObjectNode host, String runtime, String cgroupParent, long oomScore) {
    String parent = facts.cgroupParent(cgroupParent);
    if (!parent.isEmpty()) {
      host.put("CgroupParent", parent);
    }
    if (!runtime.isEmpty()) {
      host.put("Runtime", runtime);
    }
    host.put("OomScoreAdj", HostSide.oomScore(oomScore));
    host.putObject("RestartPolicy").put("Name", "no");
  }

  /** What a container takes over from its sandbox. */
  void inherit(JsonNode sandbox, ObjectNode host, long oomScore) {
    common(
        host,
        sandbox.path("Config").path("Labels").path(Labels.RUNTIME_HANDLER).asText(),
        sandbox.path("HostConfig").path("CgroupParent").asText(),
        oomScore);
  }

  private void connect(String id, PodSandboxConfig config) throws IOException {
    List<PortMapping> ports = config.getPortMappingsList();
    int pid = inspect(id).path("State").path("Pid").asInt();
    if (pid == 0) {
      throw new IOException("the sandbox's process ended at once");
    }
    PodNetwork.Pod pod = pod(id, config.getMetadata(), config.getLabelsMap(), pid, ports);
    PodNetwork.Connection connection = network.connect(pod);
    try {
      state.connected(id, new SandboxState.Network(connection, ports));
    } catch (IOException e) {
      network.disconnect(pod, connection.details());
      throw e;
    }
  }

  private static PodNetwork.Pod pod(
      String id,
      PodSandboxMetadata metadata,
      Map<String, String> labels,
      int pid,
      List<PortMapping> ports) {
    return new PodNetwork.Pod(
        id,
        metadata.getNamespace(),
        metadata.getName(),
        metadata.getUid(),
        labels,
        HostSide.networkNamespace(pid),
        ports);
  }

  private void discard(String id) {
    try {
      stop(id);
      engine.delete("/containers/" + id + "?force=1&v=1");
      state.remove(id);
    } catch (IOException e) {
      LOG.atWarn().addKeyValue("sandbox", id).setCause(e).log("sandbox left behind");
    }
  }

  private JsonNode inspect(String id) throws EngineException {
    return engine.get("/containers/" + Engine.encode(id) + "/json");
  }

  /**
   * Docker's description of the sandbox.
   *
   * @param id or an unambiguous beginning of one
   */
  public Optional<JsonNode> find(String id) throws EngineException {
    try {
      JsonNode found = inspect(id);
      return Optional.of(found).filter(f -> isOurs(f, Labels.SANDBOX));
    } catch (EngineException e) {
      if (e.isNotFound()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  public JsonNode require(String id) throws EngineException {
    return find(id).orElseThrow(() -> new NotFoundException("pod sandbox not found: " + id));
  }

  boolean isOurs(JsonNode inspected, String type) {
    JsonNode labels = inspected.path("Config").path("Labels");
    return labels.path(Labels.TYPE).asText().equals(type)
        && labels.path(Labels.CLUSTER).asText().equals(clusterId);
  }

  /** Docker's short descriptions of this cluster's containers of a type, ended ones included. */
  List<JsonNode> list(String type, String... moreLabels) throws EngineException {
    List<String> labels = new ArrayList<>(List.of(moreLabels));
    labels.add(Labels.TYPE + "=" + type);
    labels.add(Labels.CLUSTER + "=" + clusterId);
    List<JsonNode> out = new ArrayList<>();
    engine
        .get("/containers/json?all=1&" + Engine.filters(Map.of("label", labels)))
        .forEach(out::add);
    return out;
  }

  public List<JsonNode> list() throws EngineException {
    return list(Labels.SANDBOX);
  }

  /** The pod's addresses, the main one first; none on the host's network. */
  public List<String> addresses(String id) throws IOException {
    return state.network(id).map(n -> n.connection().ips()).orElse(List.of());
  }

  /** The host's end of the pod's cable, where it has one that the network tells. */
  public String cable(String id) throws IOException {
    return state.network(id).map(n -> n.connection().details().path("veth").asText("")).orElse("");
  }

  Path resolvConf(String id) {
    return state.resolvConf(id);
  }

  /** Takes back the network and ends the sandbox's process. Idempotent. */
  public void stop(String id) throws IOException {
    ReentrantLock lock = locks.computeIfAbsent(id, k -> new ReentrantLock());
    lock.lock();
    try {
      disconnect(id);
      try {
        engine.post("/containers/" + id + "/stop?t=0");
      } catch (EngineException e) {
        if (!e.isNotFound()) {
          throw e;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void disconnect(String id) throws IOException {
    Optional<SandboxState.Network> connected = state.network(id);
    if (connected.isPresent()) {
      Optional<JsonNode> sandbox = find(id);
      int pid = sandbox.map(s -> s.path("State").path("Pid").asInt()).orElse(0);
      PodSandboxMetadata metadata =
          sandbox
              .flatMap(s -> Names.parse(s.path("Name").asText()))
              .map(Names.Parsed::pod)
              .orElseGet(PodSandboxMetadata::getDefaultInstance);
      network.disconnect(
          pod(id, metadata, Map.of(), pid, connected.get().ports()),
          connected.get().connection().details());
      state.disconnected(id);
    }
  }

  /** Forgets a sandbox without containers. Idempotent. */
  public void remove(String id) throws IOException {
    stop(id);
    try {
      engine.delete("/containers/" + id + "?force=1&v=1");
    } catch (EngineException e) {
      if (!e.isNotFound()) {
        throw e;
      }
    }
    state.remove(id);
    locks.remove(id);
  }

  /** Takes the pods of an earlier run into account, and takes back what is left of gone ones. */
  public void adopt() throws IOException {
    for (String id : state.ids()) {
      Optional<JsonNode> sandbox = find(id);
      Optional<SandboxState.Network> connected = state.network(id);
      if (sandbox.isEmpty()) {
        disconnect(id);
        state.remove(id);
      } else if (connected.isPresent()) {
        JsonNode s = sandbox.get();
        network.adopt(
            pod(
                id,
                Names.parse(s.path("Name").asText())
                    .map(Names.Parsed::pod)
                    .orElseGet(PodSandboxMetadata::getDefaultInstance),
                Labels.labels(s.path("Config").path("Labels")),
                s.path("State").path("Pid").asInt(),
                connected.get().ports()),
            connected.get().connection());
      }
    }
  }
}
