package dev.coracle.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.launcher.config.StoreOptions;
import dev.coracle.watchhub.EmbeddedStorage;
import dev.coracle.watchhub.EtcdStorage;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which storage the options make, and which options make none. */
class StateStoreTest {

  private static final String ETCD = "https://127.0.0.1:2379";

  @TempDir Path directory;
  private Vertx vertx;
  private DataDirectory data;

  @BeforeEach
  void open() {
    vertx = Vertx.vertx();
    data = DataDirectory.open(directory.resolve("data"));
  }

  @AfterEach
  void close() throws Exception {
    data.close();
    vertx.close().await();
  }

  private StateStore store(StoreOptions options) throws Exception {
    return StateStore.of(vertx, options, data, new SimpleMeterRegistry());
  }

  private static StoreOptions options(
      List<String> servers, String ca, String user, String passwordFile, String serve, long quota) {
    return new StoreOptions(servers, "/registry", ca, "", "", user, passwordFile, serve, quota);
  }

  @Test
  void theDefaultIsEmbeddedAndShownToNobody() throws Exception {
    StateStore store = store(StoreOptions.EMBEDDED);
    assertThat(store.storage()).isInstanceOf(EmbeddedStorage.class);
    assertThat(store.frontend()).isEmpty();
    assertThat(store.etcdctl()).isEmpty();
    assertThat(data.pki().resolve("etcd")).doesNotExist();
  }

  @Test
  void etcdTakesSeveralEndpointsAndAPasswordFromAFile() throws Exception {
    Path password = Files.writeString(directory.resolve("password"), "secret\n");
    StateStore store =
        store(
            options(
                List.of(ETCD, "https://127.0.0.2:2379"), "", "root", password + "", "", 1L << 30));
    assertThat(store.storage()).isInstanceOf(EtcdStorage.class);
  }

  @Test
  void theEtcdPortHasAnAuthorityOfItsOwn() throws Exception {
    StateStore store = store(options(List.of(), "", "", "", "127.0.0.1:0", 1L << 30));
    assertThat(store.frontend()).isPresent();
    Path pki = data.pki().resolve("etcd");
    assertThat(pki.resolve("ca.crt")).exists();
    assertThat(store.etcdctl())
        .contains("ETCDCTL_CACERT=" + pki.resolve("ca.crt"))
        .contains("ETCDCTL_CERT=" + pki.resolve("client.crt"));
  }

  @Test
  void whatCannotBeIsToldInOneLine() {
    List<String> none = List.of();
    refused(options(List.of(ETCD), "", "", "", "2379", 1L << 30), "--serve-etcd shows");
    refused(options(none, "", "", "", "host:port", 1L << 30), "is not HOST:PORT");
    refused(options(List.of(ETCD), "", "root", "", "", 1L << 30), "--etcd-password-file");
    refused(options(List.of(ETCD), "/none", "", "", "", 1L << 30), "--etcd-cafile: /none");
    refused(options(none, "", "", "", "", 1000), "--quota-backend-bytes must be at least");
    refused(options(List.of("ftp://x"), "", "", "", "", 1L << 30), "not an etcd endpoint");
    refused(
        options(List.of(ETCD, "http://127.0.0.1:1"), "", "", "", "", 1L << 30), "all http or all");
  }

  private void refused(StoreOptions options, String why) {
    assertThatThrownBy(() -> store(options))
        .isInstanceOf(UserErrorException.class)
        .hasMessageContaining(why);
  }
}
