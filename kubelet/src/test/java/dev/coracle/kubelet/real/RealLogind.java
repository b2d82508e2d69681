package dev.coracle.kubelet.real;

import dev.coracle.kubelet.internal.dbus.DBusConnection;
import dev.coracle.kubelet.internal.dbus.DBusMessage;
import dev.coracle.kubelet.internal.dbus.DBusReader;
import dev.coracle.kubelet.internal.dbus.DBusWriter;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assumptions;

/**
 * A bus and a systemd-logind of a test, in a directory of the test and with mounts of its own. In
 * place of systemd itself there is a stand-in on the bus: it notes which unit is started, and has
 * logind read its configuration again when it is asked to.
 */
public final class RealLogind implements AutoCloseable {
  private static final Path LOGIND = Path.of("/lib/systemd/systemd-logind");
  private static final String LOGIN = "org.freedesktop.login1";
  private static final String SYSTEMD = "org.freedesktop.systemd1";
  private static final String MANAGER = "/org/freedesktop/systemd1";
  private static final String JOB = MANAGER + "/job/7";

  private final Path dir;
  private final List<Process> processes = new ArrayList<>();
  private volatile Process logind;
  private volatile CompletableFuture<String> started = new CompletableFuture<>();
  private volatile Runnable atStart = () -> {};
  private DBusConnection systemd;

  public RealLogind(Path dir) throws Exception {
    this.dir = dir;
    Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "logind needs root");
    Assumptions.assumeTrue(Files.isExecutable(LOGIND), "systemd is not installed");
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of("/usr/bin/dbus-daemon")), "dbus is not installed");
    Files.createDirectories(overrides());
    Files.writeString(
        dir.resolve("bus.conf"),
        """
        <!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
          "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
        <busconfig><type>system</type><listen>unix:path=%s</listen><auth>EXTERNAL</auth>
        <policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/>
        <allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>
        """
            .formatted(bus()));
    start();
  }

  public Path bus() {
    return dir.resolve("bus");
  }

  public Path overrides() {
    return dir.resolve("logind.conf.d");
  }

  /** Starts what {@link #close} ended. */
  public void start() throws Exception {
    Process daemon =
        new ProcessBuilder(
                "/usr/bin/dbus-daemon",
                "--config-file=" + dir.resolve("bus.conf"),
                "--nofork",
                "--print-address")
            .redirectError(dir.resolve("bus.log").toFile())
            .start();
    processes.add(daemon);
    if (daemon.inputReader().readLine() == null) {
      throw new IOException(Files.readString(dir.resolve("bus.log")));
    }
    systemd = DBusConnection.open(bus(), this::serve, () -> {});
    systemd.call(
        DBusMessage.call(
            DBusConnection.BUS,
            "/org/freedesktop/DBus",
            DBusConnection.BUS,
            "RequestName",
            "su",
            new DBusWriter().string(SYSTEMD).int32(0).bytes()));
    logind =
        new ProcessBuilder(
                "unshare",
                "--mount",
                "--propagation",
                "private",
                "sh",
                "-c",
                "mount -t tmpfs tmpfs /run && mkdir -p /run/systemd /run/dbus"
                    + " && mount -t tmpfs tmpfs /etc/systemd && mkdir /etc/systemd/logind.conf.d"
                    + " && mount --bind \"$0\" /etc/systemd/logind.conf.d"
                    + " && exec env DBUS_SYSTEM_BUS_ADDRESS=unix:path=\"$1\" "
                    + LOGIND,
                overrides().toString(),
                bus().toString())
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("logind.log").toFile())
            .start();
    processes.add(logind);
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(20))
        .ignoreExceptions()
        .until(() -> inhibitors() != null);
  }

  private void serve(DBusMessage message) {
    if (message.type() != DBusMessage.Type.CALL) {
      return;
    }
    try {
      switch (message.member()) {
        case "Get" ->
            systemd.send(
                message.answer("v", new DBusWriter().signature("s").string("loaded").bytes()));
        case "StartUnit" -> {
          atStart.run();
          started.complete(message.read().string());
          systemd.send(message.answer("o", new DBusWriter().string(JOB).bytes()));
        }
        case "KillUnit" -> Thread.ofVirtual().start(() -> reload(message));
        default -> systemd.send(message.answer("", new byte[0]));
      }
    } catch (IOException e) {
      started.completeExceptionally(e);
    }
  }

  private void reload(DBusMessage message) {
    try {
      DBusReader in = message.read();
      if (in.string().equals("systemd-logind.service") && in.string().equals("all")) {
        String signal = Integer.toString(in.int32());
        new ProcessBuilder("kill", "-" + signal, Long.toString(logind.pid())).start().waitFor();
      }
      systemd.send(message.answer("", new byte[0]));
    } catch (IOException | InterruptedException e) {
      started.completeExceptionally(e);
    }
  }

  private DBusMessage ask(String member, String signature, byte[] body) throws IOException {
    return systemd.call(
        DBusMessage.call(
            LOGIN, "/org/freedesktop/login1", LOGIN + ".Manager", member, signature, body));
  }

  /** Who delays what: {@code shutdown kubelet delay}. */
  public List<String> inhibitors() throws IOException {
    DBusReader in = ask("ListInhibitors", "", new byte[0]).read();
    List<String> out = new ArrayList<>();
    int length = in.int32();
    in.align(8);
    int end = in.position() + length;
    while (in.position() < end) {
      in.align(8);
      String what = in.string();
      String who = in.string();
      in.string();
      out.add(what + " " + who + " " + in.string());
      in.int32();
      in.int32();
    }
    return out;
  }

  /**
   * The machine is switched off.
   *
   * @param whenItGoes runs when nothing delays it any more
   * @return completes then, with the unit that is started
   */
  public CompletableFuture<String> powerOff(Runnable whenItGoes) throws IOException {
    started = new CompletableFuture<>();
    atStart = whenItGoes;
    ask("PowerOff", "b", new DBusWriter().int32(0).bytes());
    return started;
  }

  /** What was started is called off. */
  public void callOff() throws IOException {
    systemd.send(
        new DBusMessage(
            DBusMessage.Type.SIGNAL,
            0,
            0,
            MANAGER,
            SYSTEMD + ".Manager",
            "JobRemoved",
            "",
            "",
            "",
            "uoss",
            new DBusWriter()
                .int32(7)
                .string(JOB)
                .string("poweroff.target")
                .string("canceled")
                .bytes(),
            ByteOrder.LITTLE_ENDIAN,
            List.of()));
  }

  @Override
  public void close() throws Exception {
    Optional.ofNullable(systemd).ifPresent(DBusConnection::close);
    for (Process process : processes.reversed()) {
      process.destroy();
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    }
    processes.clear();
  }
}
