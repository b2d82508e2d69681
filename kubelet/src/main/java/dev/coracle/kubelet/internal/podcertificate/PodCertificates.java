package dev.coracle.kubelet.internal.podcertificate;

import com.fasterxml.jackson.databind.JsonNode;
import dev.coracle.api.ExpositionText;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Resources;
import dev.coracle.api.StatusException;
import dev.coracle.api.selector.FieldSelector;
import dev.coracle.client.Client;
import dev.coracle.client.Informer;
import dev.coracle.client.InformerFactory;
import dev.coracle.client.InformerOptions;
import dev.coracle.kubelet.internal.event.PodEvents;
import dev.coracle.kubelet.internal.objects.Renewals;
import dev.coracle.kubelet.internal.pod.Pod;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The credentials of pods' podCertificate sources (KEP-4317). Nothing of them is kept on disk but
 * the volume's files: a kubelet that starts anew asks for new ones.
 *
 * <p>Blocks; what belongs to a pod is worked on by its worker only, who is told ({@code changed})
 * when one of its requests is decided. The requests of this node are watched from the first pod on
 * that has such a source.
 */
public final class PodCertificates implements Renewals {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private static final String STATES = "kubelet_podcertificate_states";

  /** Spreads requests that were made together. */
  private static final Duration JITTER = Duration.ofMinutes(5);

  private record Source(String volume, int index) {}

  private final Client client;
  private final InformerFactory informers;
  private final InformerOptions ofThisNode;
  private final PodEvents events;
  private final Consumer<String> changed;
  private final Clock clock;
  private final Supplier<Duration> jitter;
  private final NodeRequests requests;
  private final Map<String, Map<Source, Issuance>> byPod = new ConcurrentHashMap<>();
  private @Nullable Informer informer;

  /**
   * @param node this node, as it is in the API
   * @param changed hears the uid of a pod that got something decided
   */
  public PodCertificates(
      Client client,
      InformerFactory informers,
      String nodeName,
      Supplier<Optional<KubeObject>> node,
      PodEvents events,
      Consumer<String> changed,
      Clock clock,
      RandomGenerator random) {
    this.client = client;
    this.informers = informers;
    this.ofThisNode =
        InformerOptions.ALL.withFields(FieldSelector.equalTo("spec.nodeName", nodeName));
    this.events = events;
    this.changed = changed;
    this.clock = clock;
    this.jitter = () -> Duration.ofMillis(random.nextLong(JITTER.toMillis()));
    this.requests = new NodeRequests(client, nodeName, node, this::find);
  }

  /**
   * What a source's files are made of.
   *
   * @param index of the source in its volume
   * @throws IllegalArgumentException with words for the pod's event, while there is nothing
   */
  public CredentialBundle bundle(Pod pod, String volume, int index, JsonNode source) {
    if (pod.isStatic()) {
      throw new IllegalArgumentException("a static pod cannot have a podCertificate");
    }
    follow();
    Map<Source, Issuance> known = byPod.get(pod.uid());
    if (known == null) {
      known = begin(pod);
      byPod.put(pod.uid(), known);
    } else {
      issuance(known, volume, index).step(pod, source);
    }
    return issuance(known, volume, index).bundle();
  }

  private static Issuance issuance(Map<Source, Issuance> known, String volume, int index) {
    Issuance issuance = known.get(new Source(volume, index));
    if (issuance == null) {
      throw new IllegalArgumentException(
          "pod does not contain the named podCertificate projected volume source");
    }
    return issuance;
  }

  /** All that the pod needs is asked for at once. */
  private Map<Source, Issuance> begin(Pod pod) {
    Map<Source, Issuance> out = new LinkedHashMap<>();
    for (JsonNode volume : pod.spec().path("volumes")) {
      int index = 0;
      for (JsonNode source : volume.path("projected").path("sources")) {
        if (source.hasNonNull("podCertificate")) {
          Issuance issuance = new Issuance(requests, events, clock, jitter);
          out.put(new Source(volume.path("name").asText(""), index), issuance);
          issuance.step(pod, source.path("podCertificate"));
        }
        index++;
      }
    }
    return out;
  }

  private synchronized Informer follow() {
    Informer following = informer;
    if (following == null) {
      following = informers.informer(Resources.POD_CERTIFICATE_REQUESTS, ofThisNode);
      following.addHandler(
          new Informer.Handler() {
            @Override
            public void added(KubeObject object) {
              decided(object);
            }

            @Override
            public void updated(KubeObject before, KubeObject now) {
              decided(now);
            }

            @Override
            public void deleted(KubeObject last) {
              touch(last);
            }
          });
      following.start().subscribe().with(v -> {}, e -> {});
      informer = following;
    }
    return following;
  }

  private void decided(KubeObject request) {
    if (!request.at("status", "conditions").isEmpty()) {
      touch(request);
    }
  }

  private void touch(KubeObject request) {
    String uid = request.text("spec", "podUID");
    if (byPod.containsKey(uid)) {
      changed.accept(uid);
    }
  }

  private Optional<KubeObject> find(Issuance.Request request) {
    Optional<KubeObject> seen = follow().lister().get(request.namespace(), request.name());
    if (seen.isPresent()) {
      return seen;
    }
    try {
      // Not seen yet, or gone.
      return Optional.of(
          client
              .get(Resources.POD_CERTIFICATE_REQUESTS, request.namespace(), request.name())
              .await()
              .atMost(LIMIT));
    } catch (StatusException e) {
      if (StatusException.isNotFound(e)) {
        throw e;
      }
      return Optional.empty();
    }
  }

  /** Prometheus text of {@code kubelet_podcertificate_states}; any thread. */
  public String metrics() {
    record Key(String signer, String state) {}
    Map<Key, Integer> counts =
        new TreeMap<>(Comparator.comparing(Key::signer).thenComparing(Key::state));
    for (Map<Source, Issuance> sources : byPod.values()) {
      for (Issuance issuance : sources.values()) {
        counts.merge(new Key(issuance.signer(), issuance.state()), 1, Integer::sum);
      }
    }
    ExpositionText out =
        new ExpositionText()
            .gauge(
                STATES,
                "[ALPHA] Gauge vector reporting the number of pod certificate projected volume"
                    + " sources, faceted by signer_name and state.");
    counts.forEach((key, count) ->
        out.sampleAt(
            STATES, count.longValue(), null, "signer_name", key.signer, "state", key.state));
    return out.toString();
  }

  @Override
  public Optional<Instant> nextRefresh(String podUid) {
    return byPod.getOrDefault(podUid, Map.of()).values().stream()
        .map(Issuance::next)
        .flatMap(Optional::stream)
        .min(Comparator.naturalOrder());
  }

  @Override
  public void forget(String podUid) {
    byPod.remove(podUid);
  }
}
