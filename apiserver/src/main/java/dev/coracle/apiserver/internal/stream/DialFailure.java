package dev.coracle.apiserver.internal.stream;

import dev.coracle.api.Status;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import io.netty.channel.ConnectTimeoutException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;

/** That the other side could not be reached, in the words of upstream's proxies. */
final class DialFailure {

  private DialFailure() {}

  static StatusException of(Destination to, Throwable failure) {
    String what = to.kubelet() ? "error dialing backend: " : "error trying to reach service: ";
    return new StatusException(
        Status.failure(StatusReason.SERVICE_UNAVAILABLE, what + words(to, failure)));
  }

  private static String words(Destination to, Throwable failure) {
    String host = to.host().contains(":") ? "[" + to.host() + "]" : to.host();
    String dial = "dial tcp " + host + ":" + to.port() + ": ";
    for (Throwable f = failure; f != null; f = f.getCause()) {
      switch (f) {
        case ConnectTimeoutException _ -> {
          return dial + "i/o timeout";
        }
        case NoRouteToHostException _ -> {
          return dial + "connect: no route to host";
        }
        case ConnectException _ -> {
          return dial + "connect: connection refused";
        }
        case UnknownHostException _ -> {
          return "dial tcp: lookup " + to.host() + ": no such host";
        }
        default -> {}
      }
    }
    String message = failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : message;
  }
}
