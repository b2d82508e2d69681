package dev.coracle.proxy.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.coracle.proxy.config.ConntrackOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConntrackTest {

  private static final String MAX = "nf_conntrack_max";
  private static final String ESTABLISHED = "nf_conntrack_tcp_timeout_established";
  private static final String CLOSE_WAIT = "nf_conntrack_tcp_timeout_close_wait";
  private static final String BUCKETS = "hashsize";
  private static final ConntrackOptions USUAL =
      new ConntrackOptions(32_768, 131_072, Duration.ofDays(1), Duration.ofHours(1));

  @TempDir private Path machine;

  @BeforeEach
  void asTheKernelHasThem() throws IOException {
    put(MAX, "65536");
    put(ESTABLISHED, "432000");
    put(CLOSE_WAIT, "60");
    put(BUCKETS, "16384");
  }

  private void put(String name, String value) throws IOException {
    Files.writeString(machine.resolve(name), value + "\n");
  }

  private long is(String name) throws IOException {
    return Long.parseLong(Files.readString(machine.resolve(name)).strip());
  }

  private void set(int processors, ConntrackOptions options) {
    new Conntrack(machine, machine.resolve(BUCKETS), processors).set(options);
  }

  @Test
  void aConnectionClosedByOneSideIsRememberedForAnHourAndAnIdleOneForADay() throws IOException {
    set(2, USUAL);
    assertThat(is(CLOSE_WAIT)).isEqualTo(3600);
    assertThat(is(ESTABLISHED)).isEqualTo(86_400);
  }

  @Test
  void theNumberOfFlowsFollowsTheProcessorsButForALeast() throws IOException {
    set(2, USUAL);
    assertThat(is(MAX)).isEqualTo(131_072);
    assertThat(is(BUCKETS)).isEqualTo(32_768);
    set(16, USUAL);
    assertThat(is(MAX)).isEqualTo(524_288);
    assertThat(is(BUCKETS)).isEqualTo(131_072);
  }

  @Test
  void whatTheMachineHasMoreOfIsLeft() throws IOException {
    put(MAX, "1000000");
    put(BUCKETS, "250000");
    set(2, USUAL);
    assertThat(is(MAX)).isEqualTo(1_000_000);
    assertThat(is(BUCKETS)).isEqualTo(250_000);
  }

  @Test
  void zeroLeavesEverything() throws IOException {
    set(2, ConntrackOptions.NONE);
    assertThat(is(MAX)).isEqualTo(65_536);
    assertThat(is(ESTABLISHED)).isEqualTo(432_000);
    assertThat(is(CLOSE_WAIT)).isEqualTo(60);
  }

  /** The kernel has no smaller one than 301. */
  @Test
  void theKernelsNumbersAreReadWhole() throws IOException {
    Path file = Path.of("/proc/sys/kernel/pid_max");
    assumeTrue(Files.isReadable(file), "needs Linux's /proc/sys");
    assertThat(Conntrack.read(file)).isGreaterThan(300);
  }

  @Test
  void whereOneCannotBeSetTheOthersAre() throws IOException {
    Files.delete(machine.resolve(MAX));
    Files.delete(machine.resolve(BUCKETS));
    set(2, USUAL);
    assertThat(is(CLOSE_WAIT)).isEqualTo(3600);
  }
}
