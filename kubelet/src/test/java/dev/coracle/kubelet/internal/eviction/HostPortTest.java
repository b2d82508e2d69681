package dev.coracle.kubelet.internal.eviction;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coracle.api.KubeObject;
import dev.coracle.kubelet.internal.pod.Pod;
import org.junit.jupiter.api.Test;

class HostPortTest {

  private static HostPort port(String address, String protocol, int port) {
    Pod pod =
        new Pod(
            KubeObject.parse(
                """
                {"metadata": {"name": "p", "namespace": "n", "uid": "u"}, "spec": {"containers": [
                  {"name": "c", "ports": [
                    {"containerPort": 1}, {"hostPort": %d, "hostIP": "%s", "protocol": "%s"}]}]}}
                """
                    .formatted(port, address, protocol)));
    assertThat(HostPort.of(pod)).hasSize(1);
    return HostPort.of(pod).getFirst();
  }

  @Test
  void conflictsAtTheSameAddressOrWhereOneTakesAll() {
    HostPort everywhere = port("", "TCP", 80);
    HostPort zeros = port("0.0.0.0", "TCP", 80);
    HostPort local = port("127.0.0.1", "TCP", 80);
    assertThat(everywhere.conflictsWith(local)).isTrue();
    assertThat(local.conflictsWith(zeros)).isTrue();
    assertThat(local.conflictsWith(port("127.0.0.1", "TCP", 80))).isTrue();
  }

  @Test
  void doesNotConflictAtAnotherAddressProtocolOrPort() {
    HostPort local = port("127.0.0.1", "TCP", 80);
    assertThat(local.conflictsWith(port("192.0.2.1", "TCP", 80))).isFalse();
    assertThat(local.conflictsWith(port("", "UDP", 80))).isFalse();
    assertThat(local.conflictsWith(port("", "TCP", 81))).isFalse();
  }
}
