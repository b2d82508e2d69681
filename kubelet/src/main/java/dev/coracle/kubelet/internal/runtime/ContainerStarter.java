package dev.coracle.kubelet.internal.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.Json;
import dev.coracle.cri.v1.ContainerConfig;
import dev.coracle.cri.v1.PodSandboxConfig;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.host.LogLinks;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.image.ImageManager;
import dev.coracle.kubelet.internal.metrics.StartMetrics;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.DownwardApi;
import dev.coracle.kubelet.internal.pod.GoText;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ContainerMounts.Mounted;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Starts one container: back-off, image, configuration, create, start, postStart hook. Blocks. */
final class ContainerStarter {
  private final RuntimeService runtime;
  private final ImageManager images;
  private final ContainerEnv env;
  private final ContainerMounts mounts;
  private final ContainerConfigs configs;
  private final LifecycleHooks hooks;
  private final PodKiller killer;
  private final PodEvents events;
  private final PodPaths paths;
  private final Function<Pod, DownwardApi.Facts> facts;
  private final ContainerExtras.Source extras;
  private final StartMetrics metrics;
  private final LogLinks links;

  ContainerStarter(
      RuntimeService runtime,
      ImageManager images,
      ContainerEnv env,
      ContainerMounts mounts,
      ContainerConfigs configs,
      LifecycleHooks hooks,
      PodKiller killer,
      PodEvents events,
      PodPaths paths,
      Function<Pod, DownwardApi.Facts> facts,
      ContainerExtras.Source extras,
      StartMetrics metrics) {
    this.runtime = runtime;
    this.images = images;
    this.env = env;
    this.mounts = mounts;
    this.configs = configs;
    this.hooks = hooks;
    this.killer = killer;
    this.events = events;
    this.paths = paths;
    this.links = new LogLinks(paths);
    this.facts = facts;
    this.extras = extras;
    this.metrics = metrics;
  }

  /** What all containers of one sync share. */
  record Frame(
      Pod pod,
      PodContext context,
      PodRuntimeStatus status,
      String sandboxId,
      PodSandboxConfig sandbox,
      List<String> podIps,
      Map<String, Mounted> volumes) {
    String podIp() {
      return podIps.isEmpty() ? "" : podIps.getFirst();
    }
  }

  /** Answers the new container's id. */
  String start(Frame frame, ContainerSpec container) throws StartException {
    backOff(frame, container);
    metrics.started(container);
    try {
      return begin(frame, container);
    } catch (StartException e) {
      metrics.failed(container, e.reason());
      throw e;
    }
  }

  private String begin(Frame frame, ContainerSpec container) throws StartException {
    Optional<ContainerState> before = frame.status.container(container.name());
    ImageManager.Ready image = image(frame, container);
    int attempt =
        before.map(c -> c.restartCount() + 1).orElseGet(() -> attemptsLogged(frame.pod, container));
    String id = withImageVolumes(frame, container, attempt, image);
    events.normal(frame.pod, container, "Created", "Container created");
    try {
      runtime.startContainer(id);
    } catch (CriException e) {
      events.warning(frame.pod, container, "Failed", "Error: " + text(e));
      throw new StartException("RunContainerError", text(e), Optional.of(Duration.ofMillis(200)));
    }
    events.normal(frame.pod, container, "Started", "Container started");
    links.add(frame.pod, container.name(), id, attempt);
    frame.context.started(container.name());
    postStart(frame, container, id, attempt);
    return id;
  }

  /** Makes the container; images that it mounts have to be there as well as its own (KEP-4639). */
  private String withImageVolumes(
      Frame frame, ContainerSpec container, int attempt, ImageManager.Ready image)
      throws StartException {
    List<ContainerSpec> volumes = imageVolumes(frame, container);
    if (volumes.isEmpty()) {
      return create(frame, container, config(frame, container, attempt, image));
    }
    boolean mounted = false;
    metrics.imageVolumesRequested(volumes.size());
    try {
      for (ContainerSpec volume : volumes) {
        image(frame, volume);
      }
      String id = create(frame, container, config(frame, container, attempt, image));
      mounted = true;
      return id;
    } finally {
      metrics.imageVolumesMounted(volumes.size(), mounted);
    }
  }

  private static String text(CriException e) {
    return String.valueOf(e.getMessage());
  }

  private void backOff(Frame frame, ContainerSpec container) throws StartException {
    Optional<ContainerState> ended =
        frame.status.containers().stream()
            .filter(c -> c.name().equals(container.name()) && c.isExited())
            .findFirst();
    if (ended.isEmpty()) {
      return;
    }
    String key = container.name() + "_" + container.hash();
    Instant since = Instant.ofEpochSecond(0, ended.get().finishedAt());
    Duration left = frame.context.restarts().remaining(key, since);
    if (left.isZero()) {
      frame.context.restarts().next(key, since);
      return;
    }
    events.warning(
        frame.pod,
        container,
        "BackOff",
        "Back-off restarting failed container "
            + container.name()
            + " in pod "
            + frame.pod.describe());
    throw new StartException(
        "CrashLoopBackOff",
        "back-off "
            + GoText.duration(frame.context.restarts().delay(key))
            + " restarting failed container="
            + container.name()
            + " pod="
            + frame.pod.describe(),
        Optional.of(left));
  }

  private ImageManager.Ready image(Frame frame, ContainerSpec container) throws StartException {
    try {
      return images.ensure(frame.pod, container, frame.context, frame.sandbox);
    } catch (ImageManager.Unavailable e) {
      events.warning(frame.pod, container, "Failed", "Error: " + e.reason());
      throw new StartException(e.reason(), String.valueOf(e.getMessage()), e.retryAfter());
    }
  }

  private static List<ContainerSpec> imageVolumes(Frame frame, ContainerSpec container) {
    List<ContainerSpec> out = new ArrayList<>();
    for (JsonNode mount : container.node().path("volumeMounts")) {
      for (JsonNode volume : frame.pod.spec().path("volumes")) {
        JsonNode source = volume.path("image");
        if (source.isObject()
            && volume.path("name").asText("").equals(mount.path("name").asText(""))) {
          ObjectNode wanted = Json.object().put("name", container.name());
          wanted.put("image", source.path("reference").asText(""));
          wanted.put("imagePullPolicy", source.path("pullPolicy").asText(""));
          out.add(new ContainerSpec(wanted, container.kind(), container.index()));
        }
      }
    }
    return out;
  }

  private ContainerConfig config(
      Frame frame, ContainerSpec container, int attempt, ImageManager.Ready image)
      throws StartException {
    try {
      DownwardApi.Facts known = facts.apply(frame.pod);
      DownwardApi.Facts withIps =
          new DownwardApi.Facts(
              known.nodeName(),
              known.hostIps(),
              frame.podIps,
              known.allocatableCpu(),
              known.allocatableMemory(),
              known.allocatableEphemeral());
      Map<String, String> variables = env.of(frame.pod, container, withIps, frame.volumes);
      paths.make(paths.podLogs(frame.pod).resolve(container.name()));
      ContainerConfig.Builder config =
          configs.of(
              frame.pod,
              container,
              attempt,
              image.imageRef(),
              Optional.of(image.image()),
              variables,
              mounts.of(frame.pod, container, attempt, frame.volumes, variables, frame.podIps),
              target(frame, container));
      if (RestartAll.isPossible(frame.pod)) {
        long turn = RestartAll.of(frame.pod, frame.status).since();
        config.putAnnotations(Labels.TURN, Long.toString(turn));
      }
      config.addAllDevices(mounts.devices(container, frame.volumes));
      extras.of(frame.pod, container).addTo(config);
      SecurityContexts.withGroups(config, frame.volumes.values());
      SecurityContexts.withUsers(
          config,
          frame.sandbox.getLinux().getSecurityContext().getNamespaceOptions().getUsernsOptions());
      return config.build();
    } catch (ConfigException e) {
      String message = String.valueOf(e.getMessage());
      events.warning(frame.pod, container, "Failed", "Error: " + message);
      throw new StartException(
          "CreateContainerConfigError", message, Optional.of(Duration.ofSeconds(10)));
    } catch (IOException e) {
      throw new StartException(
          "CreateContainerConfigError",
          String.valueOf(e.getMessage()),
          Optional.of(Duration.ofSeconds(10)));
    }
  }

  private static String target(Frame frame, ContainerSpec container) {
    String name = container.node().path("targetContainerName").asText("");
    return name.isEmpty()
        ? ""
        : frame
            .status
            .container(name)
            .filter(ContainerState::isRunning)
            .map(ContainerState::id)
            .orElse("");
  }

  private String create(Frame frame, ContainerSpec container, ContainerConfig config)
      throws StartException {
    try {
      return runtime.createContainer(frame.sandboxId, config, frame.sandbox);
    } catch (CriException e) {
      events.warning(frame.pod, container, "Failed", "Error: " + text(e));
      // What was thought to be there and is not is looked for again at once, but not for ever.
      boolean again =
          frame
              .context
              .startFailure(container.name())
              .filter(f -> f.reason().equals("CreateContainerError"))
              .isPresent();
      Duration wait = again ? Duration.ofSeconds(10) : Duration.ofSeconds(e.isNotFound() ? 0 : 2);
      throw new StartException("CreateContainerError", text(e), Optional.of(wait));
    }
  }

  private void postStart(Frame frame, ContainerSpec container, String id, int attempt)
      throws StartException {
    JsonNode handler = container.node().path("lifecycle").path("postStart");
    if (!handler.isObject()) {
      return;
    }
    Optional<String> failure =
        hooks.run(
            frame.pod,
            container,
            id,
            frame.podIp(),
            handler,
            Duration.ofMinutes(10),
            frame.context.cancelled());
    if (failure.isEmpty()) {
      return;
    }
    events.warning(frame.pod, container, "FailedPostStartHook", "PostStartHook failed");
    ContainerState state =
        new ContainerState(
            id,
            container.name(),
            frame.sandboxId,
            ContainerState.State.RUNNING,
            0,
            0,
            0,
            0,
            0,
            "",
            "",
            container.image(),
            "",
            attempt,
            container.hash(),
            "",
            "",
            "",
            java.util.Optional.empty(),
            "",
            Optional.empty());
    killer.kill(
        frame.pod, state, Optional.of(container), "FailedPostStartHook", "", true, frame.podIp());
    throw new StartException("PostStartHookError", failure.get(), Optional.of(Duration.ZERO));
  }

  /**
   * The number of the next run when the runtime has forgotten the earlier ones but their logs are
   * there.
   */
  private int attemptsLogged(Pod pod, ContainerSpec container) {
    var dir = paths.podLogs(pod).resolve(container.name());
    if (!paths.real() || !Files.isDirectory(dir)) {
      return 0;
    }
    try (var list = Files.list(dir)) {
      return list.map(p -> p.getFileName().toString().split("\\.", 2)[0])
              .filter(n -> n.matches("\\d{1,9}"))
              .mapToInt(Integer::parseInt)
              .max()
              .orElse(-1)
          + 1;
    } catch (IOException e) {
      return 0;
    }
  }
}
