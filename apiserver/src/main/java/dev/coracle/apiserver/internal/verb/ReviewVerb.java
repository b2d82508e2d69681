package dev.coracle.apiserver.internal.verb;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.apiserver.internal.admission.AdmissionChain;
import dev.coracle.apiserver.internal.admission.AdmissionRequest;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.Call;
import io.smallrye.mutiny.Uni;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;

/**
 * Creates of the kinds that are questions: who asked is noted, admission sees the question as it
 * sees an object, and the answer is stored nowhere.
 */
public final class ReviewVerb {

  private final AdmissionChain admission;
  private final Clock clock;
  private final Map<String, Review> reviews;

  /**
   * @param reviews by group resource
   */
  public ReviewVerb(AdmissionChain admission, Clock clock, Map<String, Review> reviews) {
    this.admission = admission;
    this.clock = clock;
    this.reviews = Map.copyOf(reviews);
  }

  /** The answer; empty where the resource holds objects. */
  Optional<Uni<KubeObject>> run(Call call, ObjectNode question) {
    return Optional.ofNullable(reviews.get(call.type().groupResource().toString()))
        .map(review -> Uni.createFrom().deferred(() -> ask(review, call, question)));
  }

  private Uni<KubeObject> ask(Review review, Call call, ObjectNode question) {
    Metadata.checkKind(question, call.type(), "");
    Metadata.checkNamespace(question, call);
    call.type().rules().recordManager(null, question, call.fieldManager(), "", clock.instant());
    AdmissionRequest request = new AdmissionRequest(call, Operation.CREATE, question, null, null);
    return admission
        .admit(request)
        .invoke(() -> review.check(call, question))
        .chain(() -> admission.validate(request))
        .chain(() -> review.answer(call, question));
  }
}
