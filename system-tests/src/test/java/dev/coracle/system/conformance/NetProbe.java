package dev.coracle.system.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.grpc.common.GrpcStatus;
import io.vertx.grpc.server.GrpcServer;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the test image's busybox cannot do: a gRPC health server, and datagrams. It is a program of
 * the tests' own JVM, which pods start out of the node's file system; their network is the pod's.
 */
final class NetProbe {

  private static final int MAX_DATAGRAM = 512;

  /** Written once, and by the tests alone: pods load this class too. */
  private static final class Written {
    static final Path ARGUMENTS = arguments();
  }

  private NetProbe() {}

  /** A pod of this name, with the node's files at /host. */
  static TestPod pod(String name) {
    return new TestPod(name).volume("host", "{hostPath: {path: /}}", "/host");
  }

  /** The shell's line that runs this program in such a pod. */
  static String command(String... arguments) {
    return command(NetProbe.class, arguments);
  }

  /** The same for another program of the tests. */
  static String command(Class<?> program, String... arguments) {
    return "busybox chroot /host "
        + System.getProperty("java.home")
        + "/bin/java @"
        + Written.ARGUMENTS
        + " "
        + program.getName()
        + " "
        + String.join(" ", arguments);
  }

  /** In a file, since the class path is longer than the path of a request may be. */
  private static Path arguments() {
    StringBuilder classes = new StringBuilder();
    for (String part : System.getProperty("java.class.path").split(File.pathSeparator)) {
      classes.append(Path.of(part).toAbsolutePath()).append(File.pathSeparatorChar);
    }
    try {
      return Files.writeString(
          Path.of("target", "net-probe.arguments").toAbsolutePath(),
          "-Xmx48m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData"
              + " -Dvertx.disableFileCPResolving=true -cp \""
              + classes
              + "\"");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public static void main(String[] args) throws Exception {
    switch (args[0]) {
      case "grpc-health" -> health(Integer.parseInt(args[1]));
      case "udp-server" -> answer(Integer.parseInt(args[1]), args[2]);
      case "udp-ask" -> ask(args[1], Integer.parseInt(args[2]));
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  /** {@code grpc.health.v1.Health/Check}: SERVING for the server as a whole, no other service. */
  private static void health(int port) {
    Vertx vertx = Vertx.vertx();
    GrpcServer grpc =
        GrpcServer.server(vertx)
            .callHandler(request ->
                request
                    .last()
                    .onSuccess(message -> {
                      if (message.length() == 0 && request.methodName().equals("Check")) {
                        request.response().end(Buffer.buffer(new byte[] {1 << 3, 1}));
                      } else {
                        request.response().status(GrpcStatus.NOT_FOUND).end();
                      }
                    }));
    vertx
        .createHttpServer()
        .requestHandler(grpc)
        .listen(port)
        .toCompletionStage()
        .toCompletableFuture()
        .join();
  }

  private static void answer(int port, String name) throws IOException {
    try (DatagramSocket socket = new DatagramSocket(port)) {
      System.out.println("listening");
      while (true) {
        DatagramPacket packet = new DatagramPacket(new byte[MAX_DATAGRAM], MAX_DATAGRAM);
        socket.receive(packet);
        byte[] bytes = name.getBytes(UTF_8);
        socket.send(new DatagramPacket(bytes, bytes.length, packet.getSocketAddress()));
      }
    }
  }

  /** Prints who answered; a datagram may be lost, so it asks several times. */
  private static void ask(String host, int port) throws IOException {
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.setSoTimeout(2000);
      byte[] question = "hostName".getBytes(UTF_8);
      for (int attempt = 0; attempt < 10; attempt++) {
        socket.send(
            new DatagramPacket(question, question.length, InetAddress.getByName(host), port));
        DatagramPacket packet = new DatagramPacket(new byte[MAX_DATAGRAM], MAX_DATAGRAM);
        try {
          socket.receive(packet);
          System.out.println(new String(packet.getData(), 0, packet.getLength(), UTF_8));
          return;
        } catch (SocketTimeoutException e) {
          System.err.println("no answer");
        }
      }
    }
  }
}
