package dev.coracle.kubelet.internal.image;

import dev.coracle.cri.v1.AuthConfig;
import dev.coracle.cri.v1.Image;
import dev.coracle.cri.v1.PodSandboxConfig;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.GoText;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.spi.CriException;
import dev.coracle.kubelet.spi.RuntimeService;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;

/**
 * Sees to it that an image is there before its container is made: by pull policy, with back-off
 * after failures, so many pulls at once and the same image only once at a time. Blocks, on virtual
 * threads.
 *
 * <p>Which images are present is remembered from the answers of the runtime and the pulls made
 * here; a remembered image that turns out to be gone is told by {@link #gone}.
 */
public final class ImageManager {
  /** The image is there. */
  public record Ready(String imageRef, Image image) {}

  /** It is not: what the container's status says. */
  public static final class Unavailable extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final String reason;
    private final transient Optional<Duration> retryAfter;

    Unavailable(String reason, String message, Optional<Duration> retryAfter) {
      super(message, null, false, false);
      this.reason = reason;
      this.retryAfter = retryAfter;
    }

    public String reason() {
      return reason;
    }

    /** When trying again makes sense; empty: not before something changes. */
    public Optional<Duration> retryAfter() {
      return retryAfter;
    }
  }

  private record Pulled(String imageRef, Duration took, Duration waited) {}

  private final RuntimeService runtime;
  private final PullSecrets secrets;
  private final PodEvents events;
  private final Clock clock;
  private final Executor executor;
  private final Semaphore slots;
  private final Map<String, Image> present = new ConcurrentHashMap<>();
  private final Map<String, Long> lastUsed = new ConcurrentHashMap<>();
  private final Map<String, CompletableFuture<Pulled>> pulling = new ConcurrentHashMap<>();

  /**
   * @param executor runs pulls, on virtual threads
   */
  public ImageManager(
      RuntimeService runtime,
      PullSecrets secrets,
      PodEvents events,
      Clock clock,
      Executor executor,
      int parallelPulls) {
    this.runtime = runtime;
    this.secrets = secrets;
    this.events = events;
    this.clock = clock;
    this.executor = executor;
    this.slots = new Semaphore(parallelPulls, true);
  }

  /**
   * @throws Unavailable
   */
  public Ready ensure(
      Pod pod, ContainerSpec container, PodContext context, PodSandboxConfig sandbox) {
    String image;
    try {
      image = ImageReference.withTag(container.image());
    } catch (IllegalArgumentException e) {
      String message =
          "Failed to apply default image tag "
              + GoText.quote(container.image())
              + ": "
              + e.getMessage();
      events.warning(pod, container, "InspectFailed", message);
      throw new Unavailable("InvalidImageName", message, Optional.empty());
    }
    String policy = policy(container, image);
    Optional<Image> found =
        policy.equals("Always") ? Optional.empty() : lookup(pod, container, image);
    if (found.isPresent()) {
      events.normal(
          pod,
          container,
          "Pulled",
          "Container image "
              + GoText.quote(container.image())
              + " already present on machine and can be accessed by the pod");
      return ready(image, found.get());
    }
    if (policy.equals("Never")) {
      String message =
          "Container image "
              + GoText.quote(container.image())
              + " is not present with pull policy of Never";
      events.warning(pod, container, "ErrImageNeverPull", message);
      throw new Unavailable("ErrImageNeverPull", message, Optional.of(Duration.ofSeconds(10)));
    }
    return pull(pod, container, context, sandbox, image);
  }

  /** Nothing is said and nothing pulled: whether the image is there now. */
  public Optional<Image> peek(String image) {
    return Optional.ofNullable(present.get(image));
  }

  /** The runtime did not find an image that was there. */
  public void gone(String image) {
    present.remove(image);
  }

  /** Nothing is remembered any more: the runtime was restarted, or images were removed. */
  public void forgetAll() {
    present.clear();
  }

  /** Milliseconds of the clock at which each image was last needed. */
  public Map<String, Long> lastUsed() {
    return lastUsed;
  }

  private Ready ready(String image, Image found) {
    lastUsed.put(found.getId(), clock.millis());
    return new Ready(found.getId(), found);
  }

  private static String policy(ContainerSpec container, String image) {
    String policy = container.node().path("imagePullPolicy").asText("");
    return !policy.isEmpty() ? policy : image.endsWith(":latest") ? "Always" : "IfNotPresent";
  }

  private Optional<Image> lookup(Pod pod, ContainerSpec container, String image) {
    Image known = present.get(image);
    if (known != null) {
      return Optional.of(known);
    }
    try {
      Optional<Image> found = runtime.imageStatus(image);
      found.ifPresent(i -> present.put(image, i));
      return found;
    } catch (CriException e) {
      String message = "Failed to inspect image " + GoText.quote(image) + ": " + e.describe();
      events.warning(pod, container, "InspectFailed", message);
      throw new Unavailable("ImageInspectError", message, Optional.of(Duration.ofSeconds(5)));
    }
  }

  private Ready pull(
      Pod pod,
      ContainerSpec container,
      PodContext context,
      PodSandboxConfig sandbox,
      String image) {
    String quoted = GoText.quote(container.image());
    Instant failedAt = context.pullFailures().getOrDefault(image, Instant.EPOCH);
    Duration left = context.pulls().remaining(image, failedAt);
    if (!left.isZero()) {
      String message = "Back-off pulling image " + quoted;
      events.normal(pod, container, "BackOff", message);
      String error = context.pullErrors().getOrDefault(image, "");
      throw new Unavailable(
          "ImagePullBackOff",
          error.isEmpty() ? message : message + ": ErrImagePull: " + error,
          Optional.of(left));
    }
    events.normal(pod, container, "Pulling", "Pulling image " + quoted);
    try {
      Pulled pulled = await(pulling(pod, image, sandbox), context);
      Image found =
          runtime
              .imageStatus(image)
              .or(() -> runtime.imageStatus(pulled.imageRef()))
              .orElseGet(() -> Image.newBuilder().setId(pulled.imageRef()).build());
      present.put(image, found);
      context.pulls().reset(image);
      context.pullErrors().remove(image);
      events.normal(
          pod,
          container,
          "Pulled",
          "Successfully pulled image "
              + quoted
              + " in "
              + GoText.duration(pulled.took())
              + " ("
              + GoText.duration(pulled.waited())
              + " including waiting). Image size: "
              + found.getSize()
              + " bytes.");
      return ready(image, found);
    } catch (CriException e) {
      events.warning(
          pod, container, "Failed", "Failed to pull image " + quoted + ": " + e.describe());
      Instant now = clock.instant();
      context.pulls().next(image, now);
      context.pullFailures().put(image, now);
      context.pullErrors().put(image, e.describe());
      throw new Unavailable("ErrImagePull", e.describe(), Optional.of(Duration.ofMillis(500)));
    }
  }

  private CompletableFuture<Pulled> pulling(Pod pod, String image, PodSandboxConfig sandbox) {
    // Credentials make pulls of one image differ between pods, so only pulls without any are
    // shared.
    List<AuthConfig> auths = secrets.of(pod, image);
    if (!auths.isEmpty()) {
      return start(image, auths, sandbox);
    }
    return pulling.computeIfAbsent(
        image,
        key -> {
          CompletableFuture<Pulled> future = start(key, auths, sandbox);
          future.whenCompleteAsync((r, e) -> pulling.remove(key, future), executor);
          return future;
        });
  }

  private CompletableFuture<Pulled> start(
      String image, List<AuthConfig> auths, PodSandboxConfig sandbox) {
    Instant asked = clock.instant();
    return CompletableFuture.supplyAsync(
        () -> {
          slots.acquireUninterruptibly();
          try {
            Instant begun = clock.instant();
            String ref = withAny(image, auths, sandbox);
            Instant done = clock.instant();
            return new Pulled(ref, Duration.between(begun, done), Duration.between(asked, done));
          } finally {
            slots.release();
          }
        },
        executor);
  }

  private String withAny(String image, List<AuthConfig> auths, PodSandboxConfig sandbox) {
    if (auths.isEmpty()) {
      return runtime.pullImage(image, Optional.empty(), sandbox);
    }
    CriException last = null;
    for (AuthConfig auth : auths) {
      try {
        return runtime.pullImage(image, Optional.of(auth), sandbox);
      } catch (CriException e) {
        last = e;
      }
    }
    throw java.util.Objects.requireNonNull(last);
  }

  /** Waits for a pull, unless the pod goes first; the pull itself goes on for others. */
  private static Pulled await(CompletableFuture<Pulled> pull, PodContext context) {
    CompletableFuture.anyOf(pull, context.cancelled()).handle((r, e) -> r).join();
    if (!pull.isDone()) {
      throw new CriException(CriException.Code.CANCELLED, "context canceled");
    }
    try {
      return pull.join();
    } catch (java.util.concurrent.CompletionException e) {
      if (e.getCause() instanceof CriException cri) {
        throw cri;
      }
      throw e;
    }
  }
}
