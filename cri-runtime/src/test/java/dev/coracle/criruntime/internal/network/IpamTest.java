package dev.coracle.criruntime.internal.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class IpamTest {
  @Test
  void givesEveryAddressOnce() throws IOException {
    Ipam ipam = new Ipam("10.1.2.0/29");
    assertThat(ipam.gateway()).isEqualTo("10.1.2.1");
    Set<String> given = new HashSet<>();
    for (int i = 0; i < 5; i++) {
      given.add(ipam.allocate());
    }
    assertThat(given)
        .containsExactlyInAnyOrder("10.1.2.2", "10.1.2.3", "10.1.2.4", "10.1.2.5", "10.1.2.6");
    assertThatThrownBy(ipam::allocate).hasMessageContaining("no free pod address");
    ipam.release("10.1.2.4");
    assertThat(ipam.allocate()).isEqualTo("10.1.2.4");
  }

  @Test
  void doesNotUseAFreedAddressAtOnce() throws IOException {
    Ipam ipam = new Ipam("10.1.2.0/24");
    String first = ipam.allocate();
    ipam.release(first);
    assertThat(ipam.allocate()).isNotEqualTo(first);
  }

  @Test
  void keepsWhatIsTaken() throws IOException {
    Ipam ipam = new Ipam("10.1.2.0/30");
    ipam.reserve("10.1.2.2");
    ipam.reserve("10.9.9.9");
    assertThatThrownBy(ipam::allocate).isInstanceOf(IOException.class);
    ipam.release("10.1.2.1");
    assertThatThrownBy(ipam::allocate).isInstanceOf(IOException.class);
  }
}
