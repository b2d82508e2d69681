package dev.coracle.launcher.systemd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.coracle.launcher.UserErrorException;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A service manager that listens as systemd does. */
@Timeout(30)
class ServiceManagerTest {

  private static final long PID = 4711;

  @TempDir Path directory;
  private Socket listening;
  private Path path;

  @BeforeAll
  static void load() {
    Epoll.ensureAvailability();
  }

  @BeforeEach
  void listen() throws IOException {
    path = directory.resolve("notify");
    listening = bound(path.toString());
  }

  @AfterEach
  void close() throws IOException {
    listening.close();
  }

  private static Socket bound(String name) throws IOException {
    Socket socket = Socket.newSocketDomainDgram();
    socket.bind(new DomainSocketAddress(name));
    return socket;
  }

  private static List<String> heard(Socket socket) throws IOException {
    List<String> out = new ArrayList<>();
    ByteBuffer room = ByteBuffer.allocateDirect(512);
    for (int n = socket.recv(room, 0, 512); n > 0; n = socket.recv(room, 0, 512)) {
      byte[] message = new byte[n];
      room.get(0, message);
      out.add(new String(message, StandardCharsets.UTF_8));
    }
    return out;
  }

  private Map<String, String> environment(String... more) {
    Map<String, String> out = new java.util.HashMap<>(Map.of("NOTIFY_SOCKET", path.toString()));
    for (int i = 0; i < more.length; i += 2) {
      out.put(more[i], more[i + 1]);
    }
    return out;
  }

  @Test
  void hearsWhenItIsReadyAndWhenItEnds() throws Exception {
    ServiceManager manager = ServiceManager.of(environment(), PID);
    manager.status("the API server\nat https://127.0.0.1");
    manager.ready("node n1");
    manager.stopping();
    manager.stopping();
    assertThat(heard(listening))
        .containsExactly(
            "STATUS=the API server at https://127.0.0.1",
            "READY=1\nSTATUS=node n1",
            "STOPPING=1\nSTATUS=Stopping");
  }

  @Test
  void mayListenOnAnAbstractName() throws Exception {
    String name = "coracle-" + UUID.randomUUID();
    Socket abstractly = bound("\0" + name);
    try {
      ServiceManager.of(environment("NOTIFY_SOCKET", "@" + name), PID).ready("n1");
      assertThat(heard(abstractly)).containsExactly("READY=1\nSTATUS=n1");
    } finally {
      abstractly.close();
    }
  }

  @Test
  void isNotNeeded() {
    for (String name : List.of("", "vsock:2:1", directory.resolve("nobody").toString())) {
      ServiceManager nobody = ServiceManager.of(environment("NOTIFY_SOCKET", name), PID);
      nobody.ready("n1");
      nobody.watch(Optional::empty);
      nobody.stopping();
    }
  }

  @Test
  void isFedWhileNothingIsWrongAndUntilTheEnd() throws Exception {
    List<String> heard = new ArrayList<>();
    var wrong = new java.util.concurrent.atomic.AtomicReference<>(Optional.of("stuck"));
    var asked = new java.util.concurrent.Semaphore(0);
    ServiceManager manager =
        ServiceManager.of(
            environment("WATCHDOG_USEC", "1000002", "WATCHDOG_PID", Long.toString(PID)), PID);
    manager.watch(() -> {
      asked.release();
      return wrong.get();
    });
    asked.acquire(2);
    assertThat(heard(listening)).isEmpty();
    wrong.set(Optional.empty());
    await()
        .untilAsserted(() -> {
          heard.addAll(heard(listening));
          assertThat(heard).contains("WATCHDOG=1");
        });
    wrong.set(Optional.of("ending"));
    manager.stopping();
    await()
        .untilAsserted(() -> {
          heard.addAll(heard(listening));
          assertThat(heard.subList(heard.indexOf("STOPPING=1\nSTATUS=Stopping"), heard.size()))
              .contains("WATCHDOG=1");
        });
  }

  @Test
  void saysWhatTimeOfAWatchdogCannotBeKept() {
    for (var bad :
        Map.of("1000000", "more than 1s", "0", "more than 1s", "x", "no number").entrySet()) {
      assertThatThrownBy(() -> WatchdogTime.of(Map.of("WATCHDOG_USEC", bad.getKey()), PID))
          .isInstanceOf(UserErrorException.class)
          .hasMessageContaining(bad.getValue());
    }
    assertThat(WatchdogTime.of(Map.of("WATCHDOG_USEC", "5", "WATCHDOG_PID", "1"), PID)).isEmpty();
    assertThat(WatchdogTime.of(Map.of(), PID)).isEmpty();
  }
}
