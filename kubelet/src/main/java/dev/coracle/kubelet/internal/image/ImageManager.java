package dev.coracle.kubelet.internal.image;

import dev.coracle.cri.v1.Image;
import dev.coracle.cri.v1.PodSandboxConfig;
import dev.coracle.kubelet.config.ImageOptions;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.metrics.PodMetrics;
import dev.coracle.kubelet.internal.pod.ContainerSpec;
import dev.coracle.kubelet.internal.pod.GoText;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.PodContext;
import dev.coracle.kubelet.internal.runtime.PodStartup;
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

  private record Pulled(String imageRef, Image image, Duration took, Duration waited) {}

  private record Answer(String imageRef, Optional<PullCredential.Source> used) {}

  private final RuntimeService runtime;
  private final Keyring keyring;
  private final PullRecords records;
  private final PodEvents events;
  private final PodMetrics metrics;
  private final Clock clock;
  private final Executor executor;
  private final Semaphore slots;
  private final PullLimit limit;
  private final ImageAges ages = new ImageAges();
  private final Map<String, CompletableFuture<Pulled>> pulling = new ConcurrentHashMap<>();

  /**
   * @param records with what images were pulled
   * @param executor runs pulls, on virtual threads
   */
  public ImageManager(
      RuntimeService runtime,
      Keyring keyring,
      PullRecords records,
      PodEvents events,
      PodMetrics metrics,
      Clock clock,
      Executor executor,
      ImageOptions options) {
    this.runtime = runtime;
    this.keyring = keyring;
    this.records = records;
    this.events = events;
    this.metrics = metrics;
    this.clock = clock;
    this.executor = executor;
    this.slots = new Semaphore(options.parallelPulls(), true);
    this.limit = new PullLimit(options.rate(), clock);
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
    if (policy.equals("Always")) {
      metrics.imageEnsured(policy, "unknown", "true");
      return pull(pod, container, context, sandbox, image);
    }
    Optional<Image> found = lookup(pod, container, image);
    boolean usable = found.isPresent() && !mustPull(pod, container, context, image, found.get());
    metrics.imageEnsured(
        policy,
        Boolean.toString(found.isPresent()),
        usable ? "false" : policy.equals("Never") ? "unknown" : "true");
    if (usable) {
      events.normal(
          pod,
          container,
          "Pulled",
          "Container image "
              + GoText.quote(container.image())
              + " already present on machine and can be accessed by the pod");
      return ready(found.get());
    }
    if (policy.equals("Never")) {
      // Also of one that is here and not this pod's to have: it is not told more than that.
      String message =
          "Container image "
              + GoText.quote(container.image())
              + " is not present with pull policy of Never";
      events.warning(pod, container, "ErrImageNeverPull", message);
      throw new Unavailable("ErrImageNeverPull", message, Optional.of(Duration.ofSeconds(10)));
    }
    return pull(pod, container, context, sandbox, image);
  }

  private boolean mustPull(
      Pod pod, ContainerSpec container, PodContext context, String image, Image found) {
    try {
      return records.mustPull(image, found, () -> credentials(pod, image, context));
    } catch (CriException e) {
      events.warning(
          pod,
          container,
          "Failed",
          "Failed to pull image " + GoText.quote(container.image()) + ": " + e.describe());
      throw new Unavailable("ErrImagePull", e.describe(), Optional.of(Duration.ofMillis(500)));
    }
  }

  /**
   * Forgets how images were pulled that are not here any more.
   *
   * @param all images of the runtime
   * @param asked when it was asked for them
   */
  public void retain(java.util.Collection<Image> all, Instant asked) {
    records.retain(all, asked);
    ages.retain(all, asked);
  }

  /** Since when images are here, and when each was last needed. */
  public ImageAges ages() {
    return ages;
  }

  private Ready ready(Image found) {
    ages.use(found.getId(), clock.instant());
    return new Ready(found.getId(), found);
  }

  private static String policy(ContainerSpec container, String image) {
    String policy = container.node().path("imagePullPolicy").asText("");
    return !policy.isEmpty() ? policy : image.endsWith(":latest") ? "Always" : "IfNotPresent";
  }

  /** Asked each time: whoever else uses the runtime may have given the name to another image. */
  private Optional<Image> lookup(Pod pod, ContainerSpec container, String image) {
    try {
      return runtime.imageStatus(image);
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
          error.isEmpty() ? message : message + ": " + error,
          Optional.of(left));
    }
    events.normal(pod, container, "Pulling", "Pulling image " + quoted);
    context.startup().ifPresent(PodStartup::pulling);
    if (!limit.take()) {
      throw failed(pod, container, context, image, "pull QPS exceeded");
    }
    try {
      Pulled pulled = await(pulling(credentials(pod, image, context), image, sandbox), context);
      Image found = pulled.image();
      context.startup().ifPresent(PodStartup::pulled);
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
      return ready(found);
    } catch (CriException e) {
      throw failed(pod, container, context, image, PullProblem.text(e));
    }
  }

  private Unavailable failed(
      Pod pod, ContainerSpec container, PodContext context, String image, String why) {
    String quoted = GoText.quote(container.image());
    events.warning(pod, container, "Failed", "Failed to pull image " + quoted + ": " + why);
    Instant now = clock.instant();
    context.pulls().next(image, now);
    context.pullFailures().put(image, now);
    PullProblem problem = PullProblem.of(container.image(), why);
    context.pullErrors().put(image, problem.describe());
    return new Unavailable(
        problem.reason(), problem.message(), Optional.of(Duration.ofMillis(500)));
  }

  /**
   * Programs that give credentials may take their time, which no pod that goes waits for.
   *
   * @throws CriException the pod goes
   */
  private List<PullCredential> credentials(Pod pod, String image, PodContext context) {
    return await(CompletableFuture.supplyAsync(() -> keyring.of(pod, image), executor), context);
  }

  private CompletableFuture<Pulled> pulling(
      List<PullCredential> credentials, String image, PodSandboxConfig sandbox) {
    // Credentials make pulls of one image differ between pods, so only pulls without any are
    // shared.
    if (!credentials.isEmpty()) {
      return start(image, credentials, sandbox);
    }
    return pulling.computeIfAbsent(
        image,
        key -> {
          CompletableFuture<Pulled> future = start(key, credentials, sandbox);
          future.whenCompleteAsync((r, e) -> pulling.remove(key, future), executor);
          return future;
        });
  }

  private CompletableFuture<Pulled> start(
      String image, List<PullCredential> credentials, PodSandboxConfig sandbox) {
    Instant asked = clock.instant();
    return CompletableFuture.supplyAsync(
        () -> {
          slots.acquireUninterruptibly();
          try {
            return pulled(image, credentials, sandbox, asked);
          } finally {
            slots.release();
          }
        },
        executor);
  }

  /** It is written down before that the image is not everybody's, and after it whose it is. */
  private Pulled pulled(
      String image, List<PullCredential> credentials, PodSandboxConfig sandbox, Instant asked) {
    records.begin(image);
    Instant begun = clock.instant();
    try {
      Answer answer = withAny(image, credentials, sandbox);
      Instant done = clock.instant();
      Image found =
          runtime
              .imageStatus(image)
              .or(() -> runtime.imageStatus(answer.imageRef))
              .orElseGet(() -> Image.newBuilder().setId(answer.imageRef).build());
      records.done(image, found.getId(), answer.used);
      metrics.imagePulled(found.getSize(), Duration.between(asked, done));
      return new Pulled(
          answer.imageRef, found, Duration.between(begun, done), Duration.between(asked, done));
    } catch (CriException e) {
      records.failed(image);
      throw e;
    }
  }

  private Answer withAny(String image, List<PullCredential> credentials, PodSandboxConfig sandbox) {
    if (credentials.isEmpty()) {
      return new Answer(runtime.pullImage(image, Optional.empty(), sandbox), Optional.empty());
    }
    CriException last = null;
    for (PullCredential credential : credentials) {
      try {
        return new Answer(
            runtime.pullImage(image, Optional.of(credential.auth()), sandbox), credential.source());
      } catch (CriException e) {
        last = e;
      }
    }
    throw java.util.Objects.requireNonNull(last);
  }

  /** Waits for something, unless the pod goes first; the thing itself goes on for others. */
  private static <T> T await(CompletableFuture<T> thing, PodContext context) {
    CompletableFuture.anyOf(thing, context.cancelled()).handle((r, e) -> r).join();
    if (!thing.isDone()) {
      throw new CriException(CriException.Code.CANCELLED, "context canceled");
    }
    try {
      return thing.join();
    } catch (java.util.concurrent.CompletionException e) {
      if (e.getCause() instanceof CriException cri) {
        throw cri;
      }
      throw e;
    }
  }
}
