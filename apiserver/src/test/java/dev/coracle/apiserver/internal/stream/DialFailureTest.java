package dev.coracle.apiserver.internal.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.ConnectTimeoutException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class DialFailureTest {

  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of(
            new ConnectException("finishConnect(..) failed with error(-111)"),
            "dial tcp [fd00::1]:80: connect: connection refused"),
        Arguments.of(
            new IOException(new NoRouteToHostException("x")),
            "dial tcp [fd00::1]:80: connect: no route to host"),
        Arguments.of(new ConnectTimeoutException("x"), "dial tcp [fd00::1]:80: i/o timeout"),
        Arguments.of(new UnknownHostException("x"), "dial tcp: lookup fd00::1: no such host"),
        Arguments.of(new IOException("Connection was closed"), "Connection was closed"),
        Arguments.of(new IOException(), "IOException"));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void failuresAreInTheWordsOfUpstream(Throwable failure, String words) {
    assertThat(DialFailure.of(to(false), failure))
        .hasMessage("error trying to reach service: " + words);
    assertThat(DialFailure.of(to(true), failure)).hasMessage("error dialing backend: " + words);
  }

  private static Destination to(boolean kubelet) {
    return new Destination(kubelet, kubelet, "fd00::1", 80, "/", false, "");
  }
}
