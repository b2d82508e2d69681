package dev.coracle.kubelet.server.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ByteRangeTest {
  @ParameterizedTest
  @CsvSource({"bytes=0-3,0,3", "bytes=4-,4,9", "bytes=-3,7,9", "bytes=-30,0,9", "bytes=8-100,8,9"})
  void onePartOfTenBytes(String header, long from, long last) {
    assertThat(ByteRange.of(header, 10)).contains(new ByteRange(from, last));
  }

  @ParameterizedTest
  @CsvSource({"bytes=-", "bytes=10-", "bytes=5-4", "'bytes=0-1,3-4'", "lines=0-1", "bytes=-0"})
  void orAllOfIt(String header) {
    assertThat(ByteRange.of(header, 10)).isEqualTo(Optional.empty());
  }

  @Test
  void withoutAHeaderTooAndOfNothing() {
    assertThat(ByteRange.of(null, 10)).isEmpty();
    assertThat(ByteRange.of("bytes=0-", 0)).isEmpty();
  }
}
