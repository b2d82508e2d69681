package dev.coracle.kubelet.internal.podcertificate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.Timestamps;
import dev.coracle.api.certificates.PemBlock;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.pod.Pod;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What has become of one podCertificate source:
 *
 * <pre>
 *   nothing ─▶ requested ─▶ issued ─▶ issued, and requested anew ─▶ issued …
 *                  └──────────── refused: Denied or Failed ◀──┘
 * </pre>
 *
 * Refused is for ever. Belongs to the pod's worker; {@link #next} and {@link #state} may be asked
 * by any thread.
 */
final class Issuance {
  /** After this, a certificate that should have been renewed is overdue. */
  private static final Duration OVERDUE = Duration.ofMinutes(10);

  /** A certificate that still serves need not be asked for at once again when asking failed. */
  private static final Duration RETRY = Duration.ofMinutes(1);

  /** A request that was made. */
  record Request(byte[] key, String namespace, String name) {}

  /** How requests are made and found. */
  interface Requests {
    /**
     * @throws StatusException when it could not be made
     */
    Request make(Pod pod, JsonNode source);

    /**
     * Empty where it is not known yet what has become of it.
     *
     * @throws StatusException {@code NotFound} when it is gone
     */
    Optional<KubeObject> find(Request request);
  }

  private final Requests requests;
  private final PodEvents events;
  private final Clock clock;
  private final Supplier<Duration> jitter;

  private @Nullable Request pending;
  private volatile @Nullable Credential current;
  private volatile String signer = "";

  /** How it was refused, in the metrics' words. */
  private volatile String refusal = "";

  private String refused = "";
  private String problem = "";
  private boolean overdueTold;
  private boolean expiryTold;
  private volatile @Nullable Instant next;

  /** A certificate in use. */
  private record Credential(CredentialBundle bundle, Instant refreshAt, Instant end) {}

  Issuance(Requests requests, PodEvents events, Clock clock, Supplier<Duration> jitter) {
    this.requests = requests;
    this.events = events;
    this.clock = clock;
    this.jitter = jitter;
  }

  /** Does what is due. */
  void step(Pod pod, JsonNode source) {
    problem = "";
    signer = source.path("signerName").asText("");
    try {
      if (refused.isEmpty() && pending != null) {
        look(pod, pending);
      }
      Credential has = current;
      if (refused.isEmpty()
          && pending == null
          && (has == null || !clock.instant().isBefore(has.refreshAt))) {
        pending = requests.make(pod, source);
      }
      next = due(Optional.empty());
    } catch (StatusException e) {
      problem = String.valueOf(e.getMessage());
      next = due(Optional.of(clock.instant().plus(RETRY)));
    }
    warn(pod);
  }

  private void look(Pod pod, Request request) {
    Optional<KubeObject> found;
    try {
      found = requests.find(request);
    } catch (StatusException e) {
      if (!StatusException.isNotFound(e)) {
        throw e;
      }
      pending = null; // Somebody deleted it: ask again.
      return;
    }
    for (JsonNode condition :
        found.map(o -> o.at("status", "conditions")).orElse(MissingNode.getInstance())) {
      String type = condition.path("type").asText("");
      switch (type) {
        case "Denied", "Failed" -> refuse(pod, request, condition, type);
        case "Issued" -> issued(request, found.orElseThrow());
        default -> {}
      }
    }
  }

  private void refuse(Pod pod, Request request, JsonNode condition, String type) {
    String reason = condition.path("reason").asText("");
    String message = condition.path("message").asText("");
    String was = type.equals("Denied") ? "denied" : "failed";
    refused =
        "PodCertificateRequest was permanently "
            + was
            + ": reason=\""
            + reason
            + "\" message=\""
            + message
            + "\"";
    refusal = was;
    pending = null;
    events.warning(
        pod,
        type,
        "PodCertificateRequest "
            + request.namespace
            + "/"
            + request.name
            + (type.equals("Denied") ? " was denied" : " failed")
            + ", reason=\""
            + reason
            + "\", message=\""
            + message
            + "\"");
  }

  private void issued(Request request, KubeObject object) {
    Instant refresh = Timestamps.parse(object.text("status", "beginRefreshAt"));
    Instant end = Timestamps.parse(object.text("status", "notAfter"));
    StringBuilder chain = new StringBuilder();
    for (PemBlock block : PemBlock.all(object.text("status", "certificateChain"))) {
      chain.append(new PemBlock("CERTIFICATE", block.content()));
    }
    Instant now = clock.instant();
    current =
        new Credential(
            new CredentialBundle(request.key, chain.toString().getBytes(StandardCharsets.US_ASCII)),
            (refresh == null ? now : refresh).plus(jitter.get()),
            end == null ? now : end);
    pending = null;
    overdueTold = false;
    expiryTold = false;
  }

  private void warn(Pod pod) {
    Credential has = current;
    Instant now = clock.instant();
    if (has == null) {
      return;
    }
    if (!overdueTold && now.isAfter(has.refreshAt.plus(OVERDUE))) {
      overdueTold = true;
      events.warning(pod, "CertificateOverdueForRefresh", "PodCertificate refresh overdue");
    }
    if (!expiryTold && now.isAfter(has.end)) {
      expiryTold = true;
      events.warning(pod, "CertificateExpired", "PodCertificate expired");
    }
  }

  private @Nullable Instant due(Optional<Instant> again) {
    Credential has = current;
    Instant now = clock.instant();
    if (has == null || !refused.isEmpty()) {
      return null;
    }
    // One nanosecond after, since that is when the warnings are due.
    return Stream.of(
            again.or(() -> Optional.of(has.refreshAt)),
            Optional.of(has.refreshAt.plus(OVERDUE).plusNanos(1)),
            Optional.of(has.end.plusNanos(1)))
        .flatMap(Optional::stream)
        .filter(t -> t.isAfter(now))
        .min(Comparator.naturalOrder())
        .orElse(null);
  }

  /** Who is to sign; empty before the first step. */
  String signer() {
    return signer;
  }

  /** In the words of {@code kubelet_podcertificate_states}. */
  String state() {
    Credential has = current;
    if (!refusal.isEmpty()) {
      return refusal;
    }
    if (has == null) {
      return "not_yet_issued";
    }
    Instant now = clock.instant();
    if (now.isAfter(has.end)) {
      return "expired";
    }
    return now.isAfter(has.refreshAt.plus(OVERDUE)) ? "overdue_for_refresh" : "fresh";
  }

  /** When there is something to do though nothing changes; empty: never. */
  Optional<Instant> next() {
    return Optional.ofNullable(next);
  }

  /**
   * @throws IllegalArgumentException with words for the pod's event, while there is none
   */
  CredentialBundle bundle() {
    if (!refused.isEmpty()) {
      throw new IllegalArgumentException(refused);
    }
    Credential has = current;
    if (has != null) {
      return has.bundle;
    }
    throw new IllegalArgumentException(
        problem.isEmpty()
            ? "credential bundle is not issued yet"
            : "while creating initial PodCertificateRequest: " + problem);
  }
}
