package dev.coracle.kubelet.internal.shutdown;

import dev.coracle.kubelet.internal.dbus.DBusConnection;
import dev.coracle.kubelet.internal.dbus.DBusMessage;
import dev.coracle.kubelet.internal.dbus.DBusReader;
import dev.coracle.kubelet.internal.dbus.DBusWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * systemd-logind on the system's bus (org.freedesktop.login1(5)): delays a shutdown of the machine,
 * and hears of it. Blocks.
 */
final class Logind implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Logind.class);
  private static final String LOGIN = "org.freedesktop.login1";
  private static final String LOGIN_PATH = "/org/freedesktop/login1";
  private static final String MANAGER = LOGIN + ".Manager";
  private static final String SYSTEMD = "org.freedesktop.systemd1";
  private static final String SIGNAL = "PrepareForShutdown";
  private static final int SIGHUP = 1;

  private final DBusConnection bus;

  private Logind(DBusConnection bus) {
    this.bus = bus;
  }

  /**
   * @param shutdown hears true when the machine is about to go down, false when it is not any more;
   *     must not block
   * @param lost hears that no more will be heard
   */
  static Logind open(Path socket, Consumer<Boolean> shutdown, Runnable lost) throws IOException {
    DBusConnection bus = DBusConnection.open(socket, message -> hear(message, shutdown), lost);
    try {
      bus.match(
          "type='signal',sender='"
              + LOGIN
              + "',interface='"
              + MANAGER
              + "',member='"
              + SIGNAL
              + "',path='"
              + LOGIN_PATH
              + "'");
    } catch (IOException e) {
      bus.close();
      throw e;
    }
    return new Logind(bus);
  }

  private static void hear(DBusMessage message, Consumer<Boolean> shutdown) {
    if (message.type() != DBusMessage.Type.SIGNAL
        || !message.member().equals(SIGNAL)
        || !message.face().equals(MANAGER)) {
      return;
    }
    try {
      if (!message.signature().equals("b")) {
        throw new IOException("its body is of type '" + message.signature() + "'");
      }
      shutdown.accept(message.read().truth());
    } catch (IOException e) {
      LOG.atWarn().setCause(e).log("systemd-logind tells of a shutdown in words unknown here");
    }
  }

  /** The longest that a shutdown is delayed. */
  Duration longestDelay() throws IOException {
    DBusMessage answer =
        bus.call(
            DBusMessage.call(
                LOGIN,
                LOGIN_PATH,
                "org.freedesktop.DBus.Properties",
                "Get",
                "ss",
                new DBusWriter().string(MANAGER).string("InhibitDelayMaxUSec").bytes()));
    DBusReader in = answer.read();
    String type = in.signature();
    if (!type.equals("t")) {
      throw new IOException("InhibitDelayMaxUSec from logind is not a uint64 as expected");
    }
    long micros = in.int64();
    return micros < 0 ? Duration.ofMillis(Long.MAX_VALUE) : Duration.ofNanos(micros * 1000);
  }

  /** Delays a shutdown until what comes is closed. */
  Lock inhibit() throws IOException {
    DBusMessage answer =
        bus.call(
            DBusMessage.call(
                LOGIN,
                LOGIN_PATH,
                MANAGER,
                "Inhibit",
                "ssss",
                new DBusWriter()
                    .string("shutdown")
                    .string("kubelet")
                    .string("Kubelet needs time to handle node shutdown")
                    .string("delay")
                    .bytes()));
    if (answer.descriptors().size() != 1) {
      answer.descriptors().forEach(DBusConnection::closeDescriptor);
      throw new IOException("systemd-logind gives no lock");
    }
    return new Lock(answer.descriptors().getFirst());
  }

  /** Has logind read its configuration again. */
  void reload() throws IOException {
    bus.call(
        DBusMessage.call(
            SYSTEMD,
            "/org/freedesktop/systemd1",
            SYSTEMD + ".Manager",
            "KillUnit",
            "ssi",
            new DBusWriter().string("systemd-logind.service").string("all").int32(SIGHUP).bytes()));
  }

  @Override
  public void close() {
    bus.close();
  }

  /** While it is open a shutdown waits. */
  static final class Lock implements AutoCloseable {
    private final int descriptor;
    private boolean closed;

    private Lock(int descriptor) {
      this.descriptor = descriptor;
    }

    @Override
    public synchronized void close() {
      if (!closed) {
        closed = true;
        DBusConnection.closeDescriptor(descriptor);
      }
    }
  }
}
