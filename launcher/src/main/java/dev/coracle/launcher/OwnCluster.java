package dev.coracle.launcher;

import dev.coracle.api.Component;
import dev.coracle.launcher.pki.Pem;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * Ties a control plane to the cluster that it is one of: the uid of that cluster's {@code
 * kube-system} is kept beside the authority. A store that holds another cluster or none, as a
 * mistyped {@code --etcd-prefix} leads to, is refused before anything is written there.
 */
final class OwnCluster {

  private final Vertx vertx;
  private final Supplier<Uni<Optional<String>>> uidInStore;
  private final Path file;
  private final String where;
  private final String known;

  /**
   * @param uidInStore the uid of the store's {@code kube-system}; empty where it has none
   * @param file where the uid is kept
   * @param where the options that lead to the store, for messages
   */
  OwnCluster(Vertx vertx, Supplier<Uni<Optional<String>>> uidInStore, Path file, String where)
      throws IOException {
    this.vertx = vertx;
    this.uidInStore = uidInStore;
    this.file = file;
    this.where = where;
    this.known = Files.exists(file) ? Files.readString(file).strip() : "";
  }

  /** Starts before anything is written to the store; fails where it is another cluster's. */
  Component check() {
    return new Step(
        "cluster check",
        () ->
            known.isEmpty()
                ? Uni.createFrom().voidItem()
                : uidInStore.get().invoke(this::compare).replaceWithVoid());
  }

  private void compare(Optional<String> found) {
    if (!found.equals(Optional.of(known))) {
      throw new UserErrorException(
          "the etcd of "
              + where
              + found.map(uid -> " holds the cluster " + uid).orElse(" holds no cluster")
              + ", and this control plane is one of the cluster "
              + known
              + "; nothing was written. Correct the options, or remove "
              + file
              + " to go on there under the same authority");
    }
  }

  /** Starts when the cluster is there for certain; keeps its uid. */
  Component keep() {
    return new Step(
        "cluster uid",
        () ->
            known.isEmpty()
                ? uidInStore.get().chain(uid -> write(uid.orElse("")))
                : Uni.createFrom().voidItem());
  }

  private Uni<Void> write(String uid) {
    return Uni.createFrom()
        .completionStage(() ->
            vertx
                .<Void>executeBlocking(() -> {
                  Pem.write(file, uid + "\n");
                  return null;
                })
                .toCompletionStage());
  }

  private record Step(String name, Supplier<Uni<Void>> work) implements Component {

    @Override
    public CompletionStage<Void> start() {
      return work.get().subscribeAsCompletionStage();
    }

    @Override
    public CompletionStage<Void> stop() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public Optional<String> unhealthy() {
      return Optional.empty();
    }
  }
}
