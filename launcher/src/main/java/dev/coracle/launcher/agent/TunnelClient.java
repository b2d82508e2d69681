package dev.coracle.launcher.agent;

import dev.coracle.api.Component;
import dev.coracle.client.net.SocketPump;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientAgent;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's end of its tunnel: one control connection to the API server, opened from here and kept
 * open, over which the server asks for streams; each is one more connection from here, joined with
 * the node's own kubelet (ADR 111). The node needs no open port. Owned by its context.
 */
final class TunnelClient implements Component {

  private static final Logger LOG = LoggerFactory.getLogger(TunnelClient.class);
  private static final long PING_MILLIS = 15_000;
  private static final long SILENCE_MILLIS = 45_000;
  private static final long FIRST_DELAY_MILLIS = 250;
  private static final long LONGEST_DELAY_MILLIS = 15_000;
  private static final int LONGEST_LINE = 256;
  private static final int MOST_STREAMS = 1_000;

  private final Vertx vertx;
  private final Context context;
  private final URI server;
  private final String node;
  private final Path ca;
  private final Path certificate;
  private final Path key;
  private final IntSupplier kubeletPort;
  private final NetClient local;
  private final CompletableFuture<Void> opened = new CompletableFuture<>();
  private HttpClientAgent http;
  private @Nullable NetSocket control;
  private String rest = "";
  private long ping = -1;
  private long silence = -1;
  private long retry = -1;
  private long delay = FIRST_DELAY_MILLIS;
  private boolean stopped;
  private volatile boolean connected;

  /**
   * @param kubeletPort where the node's kubelet listens on the loopback address
   */
  TunnelClient(
      Vertx vertx,
      URI server,
      String node,
      Path ca,
      NodeCertificates identity,
      IntSupplier kubeletPort) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.server = server;
    this.node = node;
    this.ca = ca;
    this.certificate = identity.certificate();
    this.key = identity.key();
    this.kubeletPort = kubeletPort;
    this.local = vertx.createNetClient(new NetClientOptions().setTcpNoDelay(true));
    this.http = client();
  }

  private HttpClientAgent client() {
    return vertx.createHttpClient(
        new HttpClientOptions()
            .setProtocolVersion(HttpVersion.HTTP_1_1)
            .setUseAlpn(false)
            .setSsl(true)
            .setTcpKeepAlive(true)
            .setTcpNoDelay(true)
            .setConnectTimeout(10_000)
            .setTrustOptions(new PemTrustOptions().addCertPath(ca.toString()))
            .setKeyCertOptions(
                new PemKeyCertOptions()
                    .setCertPath(certificate.toString())
                    .setKeyPath(key.toString())),
        new PoolOptions().setHttp1MaxSize(MOST_STREAMS));
  }

  @Override
  public String name() {
    return "tunnel";
  }

  @Override
  public CompletionStage<Void> start() {
    context.runOnContext(_ -> open());
    return opened;
  }

  @Override
  public CompletionStage<Void> stop() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    context.runOnContext(_ -> {
      stopped = true;
      vertx.cancelTimer(retry);
      if (control != null) {
        control.close();
      }
      http.close();
      local.close();
      done.complete(null);
    });
    return done;
  }

  /** Goes on with the certificate that stands in the files now; streams that run go on. */
  void renewed() {
    context.runOnContext(_ -> {
      if (!stopped) {
        http = client();
        if (control != null) {
          control.close();
        }
      }
    });
  }

  @Override
  public Optional<String> unhealthy() {
    return connected ? Optional.empty() : Optional.of("no tunnel to the API server");
  }

  private void open() {
    if (stopped) {
      return;
    }
    upgrade("").onSuccess(this::opened).onFailure(failure -> again(failure.getMessage()));
  }

  /**
   * @param stream the stream that was asked for, empty for the control connection
   */
  private Future<NetSocket> upgrade(String stream) {
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.GET)
            .setHost(server.getHost())
            .setPort(server.getPort() > 0 ? server.getPort() : 443)
            .setURI("/coracle/v1/tunnel/" + node)
            .putHeader("Connection", "Upgrade")
            .putHeader("Upgrade", "coracle-tunnel");
    if (!stream.isEmpty()) {
      options.putHeader("Coracle-Stream", stream);
    }
    return http.request(options)
        .compose(request -> {
          // How a stream ends is told by its socket.
          request.exceptionHandler(_ -> {});
          return request
              .connect()
              .compose(response ->
                  response.statusCode() == 101
                      ? Future.succeededFuture(response.netSocket().pause())
                      : Future.failedFuture("the API server answered " + response.statusCode()));
        });
  }

  private void opened(NetSocket socket) {
    if (stopped) {
      socket.close();
      return;
    }
    control = socket;
    connected = true;
    delay = FIRST_DELAY_MILLIS;
    rest = "";
    socket.handler(this::bytes);
    socket.exceptionHandler(_ -> {});
    socket.closeHandler(_ -> {
      connected = false;
      control = null;
      vertx.cancelTimer(ping);
      vertx.cancelTimer(silence);
      again("the connection has ended");
    });
    ping = vertx.setPeriodic(PING_MILLIS, _ -> socket.write("ping\n"));
    listenFor(socket);
    socket.resume();
    LOG.atInfo().addKeyValue("server", server.toString()).log("The tunnel is open");
    opened.complete(null);
  }

  private void listenFor(NetSocket socket) {
    vertx.cancelTimer(silence);
    silence = vertx.setTimer(SILENCE_MILLIS, _ -> socket.close());
  }

  private void again(@Nullable String why) {
    if (stopped) {
      return;
    }
    LOG.atDebug().addKeyValue("why", String.valueOf(why)).log("The tunnel is not open");
    retry = vertx.setTimer(delay, _ -> open());
    delay = Math.min(LONGEST_DELAY_MILLIS, delay * 2);
  }

  private void bytes(Buffer bytes) {
    NetSocket socket = control;
    if (socket == null) {
      return;
    }
    String text = rest + bytes.toString("US-ASCII");
    int end;
    while ((end = text.indexOf('\n')) >= 0) {
      String line = text.substring(0, end);
      if (line.startsWith("open ")) {
        stream(line.substring("open ".length()));
      }
      text = text.substring(end + 1);
    }
    rest = text;
    if (rest.length() > LONGEST_LINE) {
      socket.close();
    }
    listenFor(socket);
  }

  private void stream(String id) {
    local
        .connect(kubeletPort.getAsInt(), "127.0.0.1")
        .onSuccess(kubelet -> {
          kubelet.pause();
          upgrade(id)
              .onSuccess(remote -> SocketPump.join(vertx, kubelet, remote))
              .onFailure(failure -> {
                kubelet.close();
                LOG.atWarn()
                    .addKeyValue("failure", failure.toString())
                    .log("A stream of the tunnel could not be opened");
              });
        })
        .onFailure(failure ->
            LOG.atWarn()
                .addKeyValue("failure", failure.toString())
                .log("The node's kubelet does not answer"));
  }
}
