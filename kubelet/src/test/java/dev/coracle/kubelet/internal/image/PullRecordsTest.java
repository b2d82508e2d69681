package dev.coracle.kubelet.internal.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coracle.cri.v1.AuthConfig;
import dev.coracle.cri.v1.Image;
import dev.coracle.kubelet.config.PullVerification;
import dev.coracle.kubelet.internal.metrics.KubeletMetrics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whose an image is that is on the node (KEP-2535). */
class PullRecordsTest {
  private static final String IMAGE = "registry.example/team/app:1";
  private static final String ID = "sha256:1";

  @TempDir private Path dir;

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

  private PullRecords records() {
    return new PullRecords(
        Optional.of(dir),
        PullVerification.DEFAULT,
        Clock.systemUTC(),
        new KubeletMetrics(meters, "n1").pods());
  }

  private double checks(String result) {
    return meters
        .find("kubelet_imagemanager_image_mustpull_checks_total")
        .tag("result", result)
        .counters()
        .stream()
        .mapToDouble(Counter::count)
        .sum();
  }

  @Test
  void whatChecksComeToIsCountedAndSoAreRecords() {
    PullRecords records = records();
    assertThat(mustPull(records)).isFalse();
    records.begin(IMAGE);
    assertThat(records.pulling()).isOne();
    assertThat(mustPull(records)).isTrue();
    records.done(IMAGE, ID, secret("1", "pull", "p").source());
    assertThat(mustPull(records, secret("1", "pull", "p"))).isFalse();
    assertThatThrownBy(() ->
            records.mustPull(
                IMAGE,
                image(IMAGE),
                () -> {
                  throw new IllegalStateException("no credentials can be had");
                }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(checks("credentialPolicyAllowed")).isOne();
    assertThat(checks("mustAuthenticate")).isOne();
    assertThat(checks("credentialRecordFound")).isOne();
    assertThat(checks("error")).isOne();
    assertThat(records.pulling()).isZero();
    assertThat(records.pulled()).isOne();
    assertThat(records().pulled()).isOne();
  }

  private static PullCredential secret(String uid, String name, String password) {
    return PullCredential.ofSecret(
        AuthConfig.newBuilder().setUsername("u").setPassword(password).build(), uid, "ns", name);
  }

  private static boolean mustPull(PullRecords records, PullCredential... shown) {
    return records.mustPull(IMAGE, image(IMAGE), () -> List.of(shown));
  }

  private static Image image(String... tags) {
    return Image.newBuilder().setId(ID).addAllRepoTags(List.of(tags)).build();
  }

  @Test
  void anImageThatSomebodyElseBroughtIsEverybodys() {
    assertThat(mustPull(records())).isFalse();
  }

  @Test
  void anImageThatWasPulledWithoutCredentialsIsEverybodys() {
    PullRecords records = records();
    records.begin(IMAGE);
    assertThat(mustPull(records)).as("while it is pulled").isTrue();
    records.done(IMAGE, ID, Optional.empty());
    assertThat(mustPull(records)).isFalse();
    String other = "registry.example/other:1";
    assertThat(records.mustPull(other, image(IMAGE), List::of)).as("by another name").isTrue();
    assertThat(records.mustPull(other, image(IMAGE, other), List::of))
        .as("by another name that somebody else has given it")
        .isFalse();
    assertThat(records.mustPull(ID, image(IMAGE), List::of)).as("by its id").isTrue();
    assertThat(mustPull(records())).as("after a restart").isFalse();
  }

  @Test
  void anImageThatWasPulledWithASecretIsForThoseWhoHaveIt() throws IOException {
    PullRecords records = records();
    records.begin(IMAGE);
    records.done(IMAGE, ID, secret("1", "pull", "p").source());
    for (PullRecords r : List.of(records, records())) {
      assertThat(mustPull(r)).isTrue();
      assertThat(mustPull(r, secret("2", "other", "wrong"))).isTrue();
      assertThat(mustPull(r, secret("2", "other", "wrong"), secret("1", "pull", "p"))).isFalse();
      assertThat(mustPull(r, secret("3", "copy", "p"))).as("the same credential").isFalse();
      assertThat(mustPull(r, secret("1", "pull", "rotated"))).as("the same secret").isFalse();
    }
    assertThat(mustPull(records(), secret("4", "new", "rotated"))).as("as it is now").isFalse();
    try (var files = Files.list(dir.resolve("pulled"))) {
      assertThat(files.toList())
          .singleElement()
          .satisfies(f -> {
            assertThat(Files.readString(f))
                .contains("\"kind\":\"ImagePulledRecord\"", "\"registry.example/team/app\"")
                .doesNotContain("rotated");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(f.getParent())))
                .isEqualTo("rwx------");
          });
    }
    assertThat(dir.resolve("pulling")).isEmptyDirectory();
  }

  @Test
  void aPullWithoutCredentialsOpensItForAll() {
    PullRecords records = records();
    records.begin(IMAGE);
    records.done(IMAGE, ID, secret("1", "pull", "p").source());
    records.begin(IMAGE);
    records.done(IMAGE, ID, Optional.empty());
    assertThat(mustPull(records)).isFalse();
  }

  @Test
  void whatAPredecessorWasPullingIsNobodysUntilItIsPulledAgain() {
    records().begin(IMAGE);
    PullRecords later = records();
    assertThat(mustPull(later, secret("1", "pull", "p"))).isTrue();
    later.retain(List.of(Image.newBuilder().setId(ID).addRepoTags(IMAGE).build()), Instant.now());
    assertThat(dir.resolve("pulling")).isEmptyDirectory();
    assertThat(mustPull(later, secret("1", "pull", "p"))).isTrue();
    assertThat(mustPull(records(), secret("1", "pull", "p"))).isTrue();
  }

  @Test
  void aFailedPullLeavesNothing() {
    PullRecords records = records();
    records.begin(IMAGE);
    records.begin(IMAGE);
    records.failed(IMAGE);
    assertThat(mustPull(records)).as("the other still pulls").isTrue();
    records.failed(IMAGE);
    assertThat(mustPull(records)).isFalse();
    assertThat(dir.resolve("pulling")).isEmptyDirectory();
  }

  @Test
  void whatIsGoneIsForgottenUnlessItCameSince() {
    PullRecords records = records();
    Instant before = Instant.now().minusSeconds(60);
    records.begin(IMAGE);
    records.done(IMAGE, ID, secret("1", "pull", "p").source());
    records.retain(List.of(), before);
    assertThat(mustPull(records)).isTrue();
    records.retain(List.of(), Instant.now().plusSeconds(60));
    assertThat(mustPull(records)).isFalse();
    assertThat(dir.resolve("pulled")).isEmptyDirectory();
  }

  @Test
  void aDamagedRecordGivesNobodyAnything() throws IOException {
    PullRecords records = records();
    records.begin(IMAGE);
    records.done(IMAGE, ID, Optional.empty());
    try (var files = Files.list(dir.resolve("pulled"))) {
      for (Path f : files.toList()) {
        Files.writeString(f, "{\"kind\":\"Imag");
      }
    }
    assertThat(mustPull(records())).isTrue();
  }

  @Test
  void anImageThatWasPulledForAServiceAccountIsForPodsThatHaveIt() {
    PullRecords records = records();
    records.begin(IMAGE);
    records.done(IMAGE, ID, account("1", "puller").source());
    for (PullRecords r : List.of(records, records())) {
      assertThat(mustPull(r)).isTrue();
      assertThat(mustPull(r, account("1", "puller"))).isFalse();
      assertThat(mustPull(r, account("2", "puller"))).as("one of that name later").isTrue();
      assertThat(mustPull(r, secret("1", "puller", "p"))).as("a secret of that name").isTrue();
      assertThat(mustPull(r, new PullCredential(AuthConfig.getDefaultInstance(), Optional.empty())))
          .as("what the node has proves nothing")
          .isTrue();
    }
    records.begin(IMAGE);
    records.done(IMAGE, ID, secret("3", "pull", "p").source());
    PullRecords both = records();
    assertThat(mustPull(both, account("1", "puller"))).isFalse();
    assertThat(mustPull(both, secret("3", "pull", "p"))).isFalse();
  }

  private static PullCredential account(String uid, String name) {
    return new PullCredential(
        AuthConfig.newBuilder().setUsername("u").build(),
        Optional.of(new PullCredential.ServiceAccount(uid, "ns", name)));
  }
}
