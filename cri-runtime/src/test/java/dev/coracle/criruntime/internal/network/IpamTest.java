package dev.coracle.criruntime.internal.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
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

  @Test
  void givesAddressesOfIpv6InTheirShortestForm() throws IOException {
    Ipam ipam = new Ipam("FD00:10:244:0:0:0:0:7/64");
    assertThat(ipam.cidr()).isEqualTo("fd00:10:244::/64");
    assertThat(ipam.gateway()).isEqualTo("fd00:10:244::1");
    assertThat(ipam.addressBits()).isEqualTo(128);
    assertThat(ipam.allocate()).isEqualTo("fd00:10:244::2");
    assertThat(new Ipam("2001:db8:0:0:1::/80").gateway()).isEqualTo("2001:db8::1:0:0:1");
    assertThat(new Ipam("fd00:1:2:3:4:5:6:0/112").gateway()).isEqualTo("fd00:1:2:3:4:5:6:1");
    assertThat(new Ipam("fd00:1:2:3:4:5::/96").gateway()).isEqualTo("fd00:1:2:3:4:5:0:1");
    assertThat(new Ipam("0:0:1::/112").gateway()).isEqualTo("0:0:1::1");
  }

  @Test
  void aSmallRangeOfIpv6HasNoBroadcastAddress() throws IOException {
    Ipam ipam = new Ipam("fd00::8/126");
    assertThat(Set.of(ipam.allocate(), ipam.allocate()))
        .containsExactlyInAnyOrder("fd00::a", "fd00::b");
    assertThatThrownBy(ipam::allocate).hasMessage("no free pod address in fd00::8/126");
    ipam.release("fd00::a");
    ipam.reserve("fd00::a");
    assertThatThrownBy(ipam::allocate).isInstanceOf(IOException.class);
  }

  @Test
  void anAddressThatIsNeverGivenOutIsOfNoConcern() throws IOException {
    Ipam ipam = new Ipam("fd00:1::/64");
    for (String other : List.of("fd00:1::ffff:0:0:2", "fd00:2::2", "10.0.0.2", "fd00:0:ffff::2")) {
      ipam.reserve(other);
      ipam.release(other);
    }
    assertThat(ipam.allocate()).isEqualTo("fd00:1::2");
    assertThat(new Ipam("10.0.0.0/24").contains("fd00::1")).isFalse();
  }

  @Test
  void takesOneRangeOfAFamily() {
    assertThat(Ipam.of("10.1.0.0/24, fd00:1::/64"))
        .extracting(Ipam::cidr)
        .containsExactly("10.1.0.0/24", "fd00:1::/64");
    for (String wrong :
        List.of("10.1.0.0/24,10.2.0.0/24", "", ",", "fd00::/127", "fd00::", "fd00::/129")) {
      assertThatThrownBy(() -> Ipam.of(wrong))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
