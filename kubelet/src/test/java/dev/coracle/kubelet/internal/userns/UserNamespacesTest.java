package dev.coracle.kubelet.internal.userns;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.api.KubeObject;
import dev.coracle.cri.v1.NamespaceMode;
import dev.coracle.kubelet.internal.host.PodPaths;
import dev.coracle.kubelet.internal.pod.Pod;
import dev.coracle.kubelet.internal.runtime.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UserNamespacesTest {
  private static final int IDS = 65536;

  @TempDir Path root;
  private PodPaths paths;

  @BeforeEach
  void layOut() {
    paths = new PodPaths(root.resolve("kubelet"), root.resolve("logs"));
  }

  private UserNamespaces fresh() throws IOException {
    UserNamespaces users =
        new UserNamespaces(paths, IDS, 110, Optional.empty(), handler -> !handler.equals("kata"));
    users.restore();
    return users;
  }

  private static Pod pod(String uid, String hostUsers) {
    return new Pod(
        KubeObject.parse(
            """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"default",
             "uid":"%s"},"spec":{%s"containers":[{"name":"c","image":"busybox:1"}]}}
            """
                .formatted(uid, hostUsers)));
  }

  private static Pod own(String uid) {
    return pod(uid, "\"hostUsers\":false,");
  }

  private static long first(UserNamespaces users, String uid) {
    return Integer.toUnsignedLong(users.of(own(uid), "").getUids(0).getHostId());
  }

  @Test
  void aPodOfTheHostsUsersGetsThoseOfTheNode() throws IOException {
    UserNamespaces users = fresh();
    for (String spec : new String[] {"", "\"hostUsers\":true,"}) {
      var of = users.of(pod("u", spec), "kata");
      assertThat(of.getMode()).isEqualTo(NamespaceMode.NODE);
      assertThat(of.getUidsCount()).isZero();
    }
    assertThat(paths.pod("u")).doesNotExist();
  }

  @Test
  void noTwoPodsHaveTheSameIdsAndNoneHasTheHosts() throws IOException {
    UserNamespaces users = fresh();
    Set<Long> firsts = new HashSet<>();
    for (int i = 0; i < 500; i++) {
      var of = users.of(own("u" + i), "");
      assertThat(of.getMode()).isEqualTo(NamespaceMode.POD);
      assertThat(of.getUidsList()).hasSize(1).isEqualTo(of.getGidsList());
      assertThat(of.getUids(0).getContainerId()).isZero();
      assertThat(of.getUids(0).getLength()).isEqualTo(IDS);
      long first = Integer.toUnsignedLong(of.getUids(0).getHostId());
      assertThat(first).isGreaterThanOrEqualTo(IDS);
      assertThat(first % IDS).isZero();
      assertThat(firsts.add(first)).isTrue();
    }
    assertThat(first(users, "u7")).as("the same again").isEqualTo(8L * IDS);
  }

  @Test
  void aLaterKubeletGoesOnWithWhatWasGiven() throws IOException {
    UserNamespaces before = fresh();
    first(before, "a");
    long b = first(before, "b");
    before.release("a");
    UserNamespaces after = fresh();
    assertThat(after.pods()).containsExactly("b");
    assertThat(first(after, "b")).isEqualTo(b);
    assertThat(first(after, "c")).as("what a had is free").isEqualTo(IDS);
    assertThat(Files.readString(paths.pod("b").resolve("userns")))
        .isEqualTo(
            "{\"uidMappings\":[{\"hostId\":131072,\"containerId\":0,\"length\":65536}],"
                + "\"gidMappings\":[{\"hostId\":131072,\"containerId\":0,\"length\":65536}]}");
  }

  @Test
  void whatIsReleasedIsForgotten() throws IOException {
    UserNamespaces users = fresh();
    first(users, "a");
    users.release("a");
    users.release("a");
    assertThat(users.pods()).isEmpty();
    assertThat(paths.pod("a").resolve("userns")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "[] | [] | no more than one mapping allowed",
        "[{`hostId`:65536,`containerId`:0,`length`:65536}] | [] | should be identical",
        "[{`hostId`:65536,`containerId`:5,`length`:65536}] | same | UID 0 must be mapped",
        "[{`hostId`:65536,`containerId`:0,`length`:10}] | same | wrong user namespace length 10",
        "[{`hostId`:70000,`containerId`:0,`length`:65536}] | same | wrong user namespace offset",
        "[{`hostId`:0,`containerId`:0,`length`:65536}] | same | id 0 is out of range",
        "[{`hostId`:65536,`containerId`:0,`length`:65536}] | same | already taken",
      })
  void aFileThatMakesNoSenseStopsItsPodOnly(String uids, String gids, String why)
      throws IOException {
    UserNamespaces users = fresh();
    assertThat(first(users, "other")).isEqualTo(IDS);
    Files.createDirectories(paths.pod("bad"));
    String mapped = uids.replace('`', '"');
    Files.writeString(
        paths.pod("bad").resolve("userns"),
        "{\"uidMappings\":%s,\"gidMappings\":%s}"
            .formatted(mapped, gids.equals("same") ? mapped : gids));
    assertThatThrownBy(() -> users.of(own("bad"), ""))
        .isInstanceOf(ConfigException.class)
        .hasMessageContaining(why);
    UserNamespaces later = fresh();
    assertThat(first(later, "new")).isGreaterThan(IDS - 1L);
  }

  @Test
  void saysThatTheRuntimeCannot() throws IOException {
    assertThatThrownBy(() -> fresh().of(own("a"), "kata"))
        .hasMessage(
            "can't set `spec.hostUsers: false`, RuntimeClass handler \"kata\" does not support user"
                + " namespaces");
    UserNamespaces none = new UserNamespaces(paths, IDS, 110, Optional.empty(), handler -> false);
    assertThatThrownBy(() -> none.of(own("a"), ""))
        .hasMessage("can't set `spec.hostUsers: false`, runtime does not support user namespaces");
    assertThat(paths.pod("a")).doesNotExist();
  }

  @Test
  void podsGetTheIdsThatAreSetAsideForThem() throws IOException {
    SubordinateIds three = new SubordinateIds(4L * IDS, 3L * IDS);
    UserNamespaces users = new UserNamespaces(paths, IDS, 3, Optional.of(three), _ -> true);
    assertThat(first(users, "a")).isEqualTo(4L * IDS);
    assertThat(first(users, "b")).isEqualTo(5L * IDS);
    assertThat(first(users, "c")).isEqualTo(6L * IDS);
    assertThatThrownBy(() -> users.of(own("d"), "")).hasMessageContaining("empty slot");
    UserNamespaces later = new UserNamespaces(paths, IDS, 3, Optional.of(three), _ -> true);
    later.restore();
    later.release("b");
    assertThat(first(later, "d")).isEqualTo(5L * IDS);
    assertThat(first(later, "c")).isEqualTo(6L * IDS);
    UserNamespaces elsewhere = fresh();
    assertThat(first(elsewhere, "e")).as("beside those that are given").isEqualTo(IDS);
    assertThat(first(elsewhere, "c")).isEqualTo(6L * IDS);
  }

  @ParameterizedTest
  @CsvSource({
    "65537, 65536, kubelet user assigned ID 65537 is not a multiple of 65536",
    "0, 65536, kubelet user assigned ID 0 must be greater or equal to 65536",
    "65536, 70000, kubelet user assigned IDs length 70000 is not a multiple of 65536",
    "65536, 131072, kubelet user assigned IDs are not enough to support 3 pods",
  })
  void idsThatAreSetAsideHaveToBeOfUse(long first, long length, String why) {
    Optional<SubordinateIds> ids = Optional.of(new SubordinateIds(first, length));
    assertThatThrownBy(() -> new UserNamespaces(paths, IDS, 3, ids, _ -> true)).hasMessage(why);
  }

  @Test
  void theIdsHaveToSufficeForEveryPod() {
    assertThatThrownBy(
            () -> new UserNamespaces(paths, 1 << 30, 110, Optional.empty(), handler -> true))
        .hasMessage("kubelet user assigned IDs are not enough to support 110 pods");
    UserNamespaces few = new UserNamespaces(paths, 1 << 30, 2, Optional.empty(), handler -> true);
    assertThat(first(few, "a")).isEqualTo(1L << 30);
    assertThat(first(few, "b")).isEqualTo(2L << 30);
    assertThatThrownBy(() -> few.of(own("c"), ""))
        .hasMessage(
            "create user namespace: could not find an empty slot to allocate a user namespace");
  }
}
