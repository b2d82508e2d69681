package dev.coracle.client.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.coracle.api.StatusException;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.fuzz.Fuzzer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Lines of watches, of a server or of what stands before it: an event, or a failure of the watch.
 */
class WatchLinesFuzz {

  @FuzzTest(maxDuration = "30s")
  void lines(byte[] input) {
    read(input);
  }

  private static void read(byte[] line) {
    try {
      assertThat(WatchStream.event(line)).isNotNull();
    } catch (StatusException e) {
      return; // the watch fails, and its informer begins anew
    }
  }

  @Test
  void nearlyRightOnes() throws InterruptedException {
    new Fuzzer()
        .seeds(
            "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\"}}}",
            "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"7\","
                + "\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}}}}",
            "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\"}}",
            "{\"type\":\"DELETED\",\"object\":{}}")
        .words(
            "\"object\":",
            "\"type\":\"MODIFIED\"",
            "null",
            "[",
            "{",
            "\"code\":1e99",
            "\"metadata\":1")
        .run(WatchLinesFuzz::read);
  }

  /** They were a ClassCastException, which nobody heard of: the watch stood still. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\":\"ADDED\"}",
        "{\"type\":\"MODIFIED\",\"object\":null}",
        "{\"type\":\"DELETED\",\"object\":[]}",
        "{\"type\":\"BOOKMARK\",\"object\":1}",
        "{\"type\":\"ERROR\",\"object\":\"x\"}"
      })
  void anEventWithoutAnObjectIsAFailure(String line) {
    org.assertj.core.api.Assertions.assertThatThrownBy(
            () -> WatchStream.event(line.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(StatusException.class)
        .hasMessageContaining("a watch event without an object");
    assertThat(WatchStream.event("{\"type\":\"ADDED\",\"object\":{}}".getBytes()))
        .isInstanceOf(WatchEvent.Added.class);
  }
}
