package dev.coracle.apiserver.internal.identity;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.apiserver.ApiCalls;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Clock;
import java.time.Duration;

/**
 * This server's Lease in {@code kube-system}, made anew when it starts, renewed as long as it runs
 * and removed when it ends. Nothing waits for it: a failure is told and left to the next turn, of
 * which the Lease lasts hundreds. Safe on any thread.
 */
public final class ServerLease {

  static final String NAMESPACE = "kube-system";
  static final String LABEL = "apiserver.kubernetes.io/identity";
  static final String COMPONENT = "kube-apiserver";

  public static final Duration RENEWAL = Duration.ofSeconds(10);
  private static final int LASTS_SECONDS = 3600;
  private static final WriteOptions OPTIONS = WriteOptions.by("kube-apiserver");
  private static final GroupVersionKind KIND =
      new GroupVersionKind("coordination.k8s.io", "v1", "Lease");

  private final ApiCalls calls;
  private final ServerId id;
  private final Clock clock;
  private final Heartbeat heart;

  /**
   * @param calls as the server itself
   */
  public ServerLease(Vertx vertx, ApiCalls calls, ServerId id, Clock clock, Duration renewal) {
    this.calls = calls;
    this.id = id;
    this.clock = clock;
    this.heart =
        new Heartbeat(vertx, "lease " + id.name(), renewal, this::make, this::renew, this::remove);
  }

  /** Returns at once. */
  public void start() {
    heart.start().subscribe().with(_ -> {});
  }

  /** Its Lease goes, where the store can be reached in time. */
  public Uni<Void> stop() {
    return heart.stop();
  }

  /** What an earlier server left behind tells of that one. */
  private Uni<?> make() {
    return remove().chain(this::create);
  }

  private Uni<Void> remove() {
    return calls
        .delete(Resources.LEASES, NAMESPACE, id.name(), DeleteOptions.DEFAULT)
        .onFailure(StatusException::isNotFound)
        .recoverWithNull()
        .replaceWithVoid();
  }

  private Uni<?> create() {
    return calls.create(
        Resources.LEASES,
        NAMESPACE,
        KubeObject.create(
            KIND,
            NAMESPACE,
            id.name(),
            lease -> {
              lease
                  .withObjectProperty("metadata")
                  .putObject("labels")
                  .put(LABEL, COMPONENT)
                  .put("kubernetes.io/hostname", id.hostname());
              lease
                  .putObject("spec")
                  .put("holderIdentity", id.name())
                  .put("leaseDurationSeconds", LASTS_SECONDS)
                  .put("renewTime", Timestamps.microTime(clock.instant()));
            }),
        OPTIONS);
  }

  private Uni<?> renew() {
    Patch patch =
        Patch.merge(lease ->
            lease
                .putObject("spec")
                .put("leaseDurationSeconds", LASTS_SECONDS)
                .put("renewTime", Timestamps.microTime(clock.instant())));
    return calls
        .patch(Resources.LEASES, NAMESPACE, id.name(), patch, "", OPTIONS)
        .onFailure(StatusException::isNotFound)
        .recoverWithUni(() -> create().onItem().castTo(KubeObject.class));
  }
}
