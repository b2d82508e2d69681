package dev.coracle.kubelet.internal.podcertificate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.Json;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.kubelet.fake.HandClock;
import dev.coracle.kubelet.internal.pod.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What becomes of a certificate as time passes. */
class IssuanceTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final JsonNode SOURCE = Json.object().put("signerName", "example.com/signer");
  private static final Duration JITTER = Duration.ofMinutes(2);

  private final Pod pod =
      new Pod(
          KubeObject.parse(
              """
              {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"d","uid":"u"}}
              """));
  private final List<String> told = new ArrayList<>();
  private final HandClock clock = new HandClock(START);
  private int made;
  private boolean refusesToMake;
  private Optional<KubeObject> answer = Optional.empty();

  private final Issuance issuance =
      new Issuance(
          new Issuance.Requests() {
            @Override
            public Issuance.Request make(Pod forPod, JsonNode source) {
              if (refusesToMake) {
                throw StatusException.badRequest("no");
              }
              answer = Optional.empty();
              return new Issuance.Request(new byte[] {(byte) ++made}, "d", "r" + made);
            }

            @Override
            public Optional<KubeObject> find(Issuance.Request request) {
              return answer;
            }
          },
          (about, path, type, reason, message) -> told.add(type + " " + reason + ": " + message),
          clock,
          () -> JITTER);

  private void step() {
    issuance.step(pod, SOURCE);
  }

  private void issue() {
    answer =
        Optional.of(
            KubeObject.parse(
                """
                {"apiVersion":"certificates.k8s.io/v1beta1","kind":"PodCertificateRequest",
                 "metadata":{"name":"r"},
                 "status":{"conditions":[{"type":"Issued","status":"True"}],
                 "certificateChain":"","beginRefreshAt":"%s","notAfter":"%s"}}
                """
                    .formatted(
                        clock.instant().plusSeconds(1800), clock.instant().plusSeconds(3600))));
    step();
  }

  @Test
  void nothingIsDueWhileTheFirstRequestWaits() {
    step();
    step();
    assertThat(made).isEqualTo(1);
    assertThat(issuance.next()).isEmpty();
    assertThat(issuance.state()).isEqualTo("not_yet_issued");
    assertThatThrownBy(issuance::bundle).hasMessage("credential bundle is not issued yet");
  }

  @Test
  void isRenewedAtItsTimeAndALittleLater() {
    step();
    issue();
    assertThat(issuance.bundle().key()).containsExactly(1);
    Instant due = START.plusSeconds(1800).plus(JITTER);
    assertThat(issuance.next()).contains(due);
    assertThat(issuance.state()).isEqualTo("fresh");
    clock.set(due.minusMillis(1));
    step();
    assertThat(made).isEqualTo(1);
    clock.set(due);
    step();
    assertThat(made).isEqualTo(2);
    assertThat(issuance.bundle().key()).containsExactly(1);
    issue();
    assertThat(issuance.bundle().key()).containsExactly(2);
    assertThat(told).isEmpty();
  }

  @Test
  void whatIsNotRenewedIsOverdueAndThenExpiredAndEachIsToldOnce() {
    step();
    issue();
    clock.set(START.plusSeconds(1800).plus(JITTER));
    step();
    Instant overdue = clock.instant().plus(Duration.ofMinutes(10)).plusNanos(1);
    assertThat(issuance.next()).contains(overdue);
    clock.set(overdue);
    step();
    step();
    assertThat(told)
        .containsExactly("Warning CertificateOverdueForRefresh: PodCertificate refresh overdue");
    assertThat(issuance.state()).isEqualTo("overdue_for_refresh");
    assertThat(issuance.next()).contains(START.plusSeconds(3600).plusNanos(1));
    clock.set(START.plusSeconds(3601));
    step();
    step();
    assertThat(told)
        .hasSize(2)
        .last()
        .isEqualTo("Warning CertificateExpired: PodCertificate expired");
    assertThat(issuance.state()).isEqualTo("expired");
    assertThat(issuance.next()).isEmpty();
    assertThat(issuance.bundle().key()).containsExactly(1);
    issue();
    assertThat(issuance.bundle().key()).containsExactly(2);
    assertThat(issuance.state()).isEqualTo("fresh");
  }

  @Test
  void aRefusalIsAState() {
    step();
    answer =
        Optional.of(
            KubeObject.parse(
                """
                {"apiVersion":"certificates.k8s.io/v1beta1","kind":"PodCertificateRequest",
                 "metadata":{"name":"r"},
                 "status":{"conditions":[{"type":"Denied","status":"True"}]}}
                """));
    step();
    assertThat(issuance.state()).isEqualTo("denied");
    assertThat(issuance.signer()).isEqualTo(SOURCE.path("signerName").asText());
  }

  @Test
  void askingAgainIsTriedAgainAMinuteLaterWhileTheOldOneServes() {
    step();
    issue();
    clock.set(START.plusSeconds(1800).plus(JITTER));
    refusesToMake = true;
    step();
    assertThat(issuance.next()).contains(clock.instant().plusSeconds(60));
    assertThat(issuance.bundle().key()).containsExactly(1);
    clock.set(clock.instant().plusSeconds(60));
    refusesToMake = false;
    step();
    assertThat(made).isEqualTo(2);
  }

  @Test
  void aRequestThatCannotBeMadeSaysWhy() {
    refusesToMake = true;
    step();
    assertThatThrownBy(issuance::bundle)
        .hasMessage("while creating initial PodCertificateRequest: no");
    refusesToMake = false;
    step();
    assertThat(made).isEqualTo(1);
  }
}
