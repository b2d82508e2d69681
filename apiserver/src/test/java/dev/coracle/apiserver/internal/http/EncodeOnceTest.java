package dev.coracle.apiserver.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.GroupVersionKind;
import dev.coracle.api.KubeObject;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** However many watch, an object is encoded once in each form. */
class EncodeOnceTest {

  private final EncodeOnce once = new EncodeOnce();
  private final AtomicInteger encoded = new AtomicInteger();

  private Function<KubeObject, byte[]> encoder(String form, int bytes) {
    return once.of(
        form,
        o -> {
          encoded.incrementAndGet();
          byte[] out = new byte[bytes];
          out[0] = (byte) o.name().charAt(0);
          return out;
        });
  }

  private static KubeObject object(String name) {
    return KubeObject.create(GroupVersionKind.of("v1", "ConfigMap"), "default", name, o -> {});
  }

  @Test
  void aThousandWatchersShareOneEncoding() {
    KubeObject object = object("a");
    byte[] first = encoder("protobuf", 10).apply(object);
    for (int i = 0; i < 1000; i++) {
      assertThat(encoder("protobuf", 10).apply(object)).isSameAs(first);
    }
    assertThat(encoded).hasValue(1);
    encoder("metadata v1", 10).apply(object);
    assertThat(encoded).hasValue(2);
  }

  @Test
  void objectsAreNeverMixedUp() {
    Function<KubeObject, byte[]> encoder = encoder("protobuf", 10);
    for (int i = 0; i < 2000; i++) {
      char letter = (char) ('a' + i % 26);
      assertThat(encoder.apply(object("" + letter))[0]).isEqualTo((byte) letter);
    }
  }

  @Test
  void largeEncodingsAreNotKept() {
    KubeObject object = object("a");
    encoder("protobuf", 1 << 20).apply(object);
    encoder("protobuf", 1 << 20).apply(object);
    assertThat(encoded).hasValue(2);
  }
}
