package dev.coracle.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.Component;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnClusterTest {

  @TempDir Path pki;
  private final Vertx vertx = Vertx.vertx();
  private Optional<String> stored = Optional.empty();

  @AfterEach
  void close() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private OwnCluster cluster() throws Exception {
    return new OwnCluster(
        vertx,
        () -> Uni.createFrom().item(() -> stored),
        pki.resolve("cluster-uid"),
        "--etcd-servers http://etcd:2379 --etcd-prefix /a");
  }

  private static void start(Component component) throws Exception {
    component.start().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  @Test
  void theFirstStartKeepsTheUidAndLaterOnesFindIt() throws Exception {
    OwnCluster first = cluster();
    start(first.check());
    stored = Optional.of("uid-1");
    start(first.keep());
    assertThat(pki.resolve("cluster-uid")).hasContent("uid-1");
    start(cluster().check());
    start(cluster().keep());
    assertThat(pki.resolve("cluster-uid")).hasContent("uid-1");
  }

  @Test
  void anEmptyStoreIsRefused() throws Exception {
    Files.writeString(pki.resolve("cluster-uid"), "uid-1\n");
    assertThatThrownBy(() -> start(cluster().check()))
        .hasRootCauseInstanceOf(UserErrorException.class)
        .hasMessageContaining(
            "the etcd of --etcd-servers http://etcd:2379 --etcd-prefix /a holds no cluster, and"
                + " this control plane is one of the cluster uid-1; nothing was written")
        .hasMessageContaining(pki.resolve("cluster-uid").toString());
  }

  @Test
  void anotherClustersStoreIsRefused() throws Exception {
    Files.writeString(pki.resolve("cluster-uid"), "uid-1\n");
    stored = Optional.of("uid-2");
    assertThatThrownBy(() -> start(cluster().check()))
        .hasRootCauseInstanceOf(UserErrorException.class)
        .hasMessageContaining("holds the cluster uid-2, and");
  }
}
