package dev.coracle.controllers.internal.storagemigration;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.GroupResource;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.NamespacedName;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.Timestamps;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.WriteOptions;
import dev.coracle.client.Informer;
import dev.coracle.client.Lister;
import dev.coracle.controllers.internal.Environment;
import dev.coracle.controllers.internal.LoopController;
import dev.coracle.controllers.internal.ResourceCatalog;
import dev.coracle.controllers.internal.status.Conditions;
import io.smallrye.mutiny.Uni;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Writes every object of a resource once more as it is, so that it lies in the store as it would if
 * it were made today: in the version that its definition stores now, encrypted with the first key
 * of the configuration (KEP-4192). What lies there so already is not written.
 */
public final class StorageVersionMigrator extends LoopController {

  private static final String NAME = "storage-version-migrator-controller";
  private static final String RUNNING = "Running";
  private static final String SUCCEEDED = "Succeeded";
  private static final String FAILED = "Failed";

  /** A definition may be so new that it is not known here. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private static final Duration AGAIN = Duration.ofSeconds(5);
  private static final int PAGE = 500;
  private static final int CONCURRENCY = 8;

  /** What asking again does not change. */
  private static final Set<StatusReason> FINAL =
      Set.of(
          StatusReason.INVALID,
          StatusReason.FORBIDDEN,
          StatusReason.BAD_REQUEST,
          StatusReason.METHOD_NOT_ALLOWED);

  private final ResourceCatalog catalog;
  private final Lister migrations;

  public StorageVersionMigrator(Environment env, ResourceCatalog catalog) {
    super(NAME, env);
    this.catalog = catalog;
    Informer informer = env.informer(Resources.STORAGE_VERSION_MIGRATIONS);
    this.migrations = informer.lister();
    onAny(informer, loop::enqueue);
  }

  @Override
  public Uni<Result> reconcile(NamespacedName name) {
    KubeObject migration = migrations.get("", name.name()).orElse(null);
    if (migration == null
        || migration.isDeleting()
        || Conditions.isTrue(migration, SUCCEEDED)
        || Conditions.isTrue(migration, FAILED)) {
      return DONE;
    }
    GroupResource resource =
        new GroupResource(
            migration.text("spec", "resource", "group"),
            migration.text("spec", "resource", "resource"));
    Optional<ResourceCatalog.Entry> entry =
        catalog.find(resource).filter(e -> e.verbs().containsAll(List.of("list", "update")));
    if (entry.isEmpty()) {
      boolean young = created(migration).plus(PATIENCE).isAfter(env.now());
      return young
          ? Uni.createFrom().item(Result.requeueAfter(AGAIN))
          : end(migration, FAILED, "resource does not exist in discovery");
    }
    return begun(migration, entry.get())
        .chain(running ->
            page(entry.get(), "")
                .chain(() -> end(running, SUCCEEDED, ""))
                .onFailure(StorageVersionMigrator::isFinal)
                .recoverWithUni(e ->
                    end(
                        running,
                        FAILED,
                        "migration encountered unhandled error: " + e.getMessage())))
        .onFailure(e -> StatusException.isNotFound(e) || StatusException.isConflict(e))
        // It is gone, or comes here again by what was written of it.
        .recoverWithItem(Result.DONE);
  }

  private static Instant created(KubeObject migration) {
    Instant made = Timestamps.parse(migration.text("metadata", "creationTimestamp"));
    return made == null ? Instant.EPOCH : made;
  }

  private static boolean isFinal(Throwable failure) {
    return failure instanceof StatusException e && FINAL.contains(e.reason());
  }

  /** As it is once its beginning is told of. */
  private Uni<KubeObject> begun(KubeObject migration, ResourceCatalog.Entry entry) {
    if (!migration.text("status", "resourceVersion").isEmpty()
        && Conditions.isTrue(migration, RUNNING)) {
      return Uni.createFrom().item(migration);
    }
    return env.client()
        .list(entry.resource(), "", ListOptions.ALL.withLimit(1, ""))
        .chain(now ->
            update(
                migration,
                status -> {
                  status.put("resourceVersion", now.resourceVersion());
                  set(status, RUNNING, "True", "StorageVersionMigrationInProgress", "");
                }));
  }

  private Uni<Result> end(KubeObject migration, String type, String message) {
    String reason = "StorageVersionMigration" + type;
    return update(
            migration,
            status -> {
              if (Conditions.isTrue(migration, RUNNING)) {
                set(status, RUNNING, "False", reason, message);
              }
              set(status, type, "True", reason, message);
            })
        .replaceWith(Result.DONE);
  }

  private void set(ObjectNode status, String type, String value, String reason, String message) {
    Instant now = env.now();
    Conditions.set(status, type, value, reason, message, now);
  }

  private Uni<KubeObject> update(KubeObject migration, Consumer<ObjectNode> change) {
    return env.client()
        .updateStatus(
            Resources.STORAGE_VERSION_MIGRATIONS,
            migration.with(tree -> change.accept(tree.withObjectProperty("status"))));
  }

  private Uni<Void> page(ResourceCatalog.Entry entry, String from) {
    return env.client()
        .list(entry.resource(), "", ListOptions.ALL.withLimit(PAGE, from))
        .chain(page ->
            all(entry, page)
                .chain(() ->
                    page.continueToken().isEmpty()
                        ? Uni.createFrom().voidItem()
                        : page(entry, page.continueToken())));
  }

  private Uni<Void> all(ResourceCatalog.Entry entry, KubeList page) {
    if (page.items().isEmpty()) {
      return Uni.createFrom().voidItem();
    }
    return Uni.join()
        .all(page.items().stream().map(object -> rewrite(entry, object)).toList())
        .usingConcurrencyOf(CONCURRENCY)
        .andFailFast()
        .replaceWithVoid();
  }

  /** Who has changed or made it meanwhile has written it anew. */
  private Uni<Void> rewrite(ResourceCatalog.Entry entry, KubeObject object) {
    return Uni.createFrom()
        .deferred(() -> env.client().update(entry.resource(), object, "", WriteOptions.by(NAME)))
        .replaceWithVoid()
        .onFailure(e -> StatusException.isNotFound(e) || StatusException.isConflict(e))
        .recoverWithNull();
  }
}
