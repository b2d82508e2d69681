package dev.coracle.apiserver.internal.verb;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeList;
import dev.coracle.api.KubeObject;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
import dev.coracle.api.WatchEvent;
import dev.coracle.api.rest.DeleteOptions;
import dev.coracle.api.rest.ListOptions;
import dev.coracle.api.rest.Patch;
import dev.coracle.api.rest.WatchOptions;
import dev.coracle.apiserver.internal.admission.AdmissionChain;
import dev.coracle.apiserver.internal.admission.AdmissionRequest;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.Call;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Every verb on every resource, once the caller is authorised: stored objects, their subresources,
 * reviews that are answered and never stored, and resources computed by a provider.
 */
public final class Engine {

  /** Answers a create of a kind that is not stored. */
  public interface Review extends BiFunction<Call, ObjectNode, Uni<KubeObject>> {}

  private final Verbs verbs;
  private final AdmissionChain admission;
  private final Map<String, ObjectSubresource> subresources;
  private final Map<String, Review> reviews;
  private final Providers providers;

  /**
   * @param admission of what is created by subresources
   * @param subresources by {@code pods/binding}, {@code deployments.apps/scale} or {@code
   *     &#42;/scale}
   * @param reviews by group resource
   */
  public Engine(
      Verbs verbs,
      AdmissionChain admission,
      Map<String, ObjectSubresource> subresources,
      Map<String, Review> reviews,
      Providers providers) {
    this.verbs = verbs;
    this.admission = admission;
    this.subresources = Map.copyOf(subresources);
    this.reviews = Map.copyOf(reviews);
    this.providers = providers;
  }

  public Verbs verbs() {
    return verbs;
  }

  private @Nullable ObjectSubresource special(Call call) {
    if (call.subresource().isEmpty()) {
      return null;
    }
    ObjectSubresource own =
        subresources.get(call.type().groupResource() + "/" + call.subresource());
    return own != null ? own : subresources.get("*/" + call.subresource());
  }

  /** Of a definition that is deleted nothing new comes. */
  private static void ends(Call call, ObjectNode body) {
    if (call.type().custom()
        && call.subresource().isEmpty()
        && !call.type().definition().supports("create")) {
      throw StatusException.forbidden(
          call.type().groupResource(),
          body.path("metadata").path("name").asText(""),
          "create not allowed while custom resource definition is terminating");
    }
  }

  private void supports(Call call, String verb) {
    boolean supported =
        call.subresource().isEmpty()
            ? call.type().definition().supports(verb)
            : call.type()
                .definition()
                .subresource(call.subresource())
                .orElseThrow(Engine::noSuchResource)
                .verbs()
                .contains(verb);
    if (!supported) {
      throw StatusException.methodNotAllowed(call.type().groupResource(), verb);
    }
  }

  /** What is answered for paths that lead nowhere. */
  public static StatusException noSuchResource() {
    return StatusException.of(
        StatusReason.NOT_FOUND, "the server could not find the requested resource");
  }

  public Uni<KubeObject> get(Call call) {
    supports(call, "get");
    ObjectSubresource special = special(call);
    if (special != null) {
      return special.get(call);
    }
    var provider = providers.of(call.type().groupResource());
    return provider.isPresent()
        ? provider.get().get(call.namespace(), call.name())
        : verbs.reads().get(call);
  }

  /**
   * @param resourceVersion what is answered is not older than this; empty for what is newest, as it
   *     always is here
   */
  public Uni<KubeObject> get(Call call, String resourceVersion) {
    supports(call, "get");
    if (resourceVersion.isEmpty() || providers.of(call.type().groupResource()).isPresent()) {
      return get(call);
    }
    return verbs.reads().reached(call, resourceVersion).chain(() -> get(call));
  }

  public Uni<KubeList> list(Call call, ListOptions options) {
    supports(call, "list");
    var provider = providers.of(call.type().groupResource());
    return provider.isPresent()
        ? provider.get().list(call.namespace(), options, call.warnings()::add)
        : verbs.reads().list(call, options);
  }

  public Multi<WatchEvent> watch(Call call, WatchOptions options) {
    supports(call, "watch");
    return verbs.reads().watch(call, options);
  }

  /**
   * @param body decoded and given away
   */
  public Uni<KubeObject> create(Call call, ObjectNode body) {
    ends(call, body);
    supports(call, "create");
    ObjectSubresource special = special(call);
    if (special != null) {
      return admitted(call, body).chain(() -> special.create(call, body));
    }
    Review review = reviews.get(call.type().groupResource().toString());
    if (review == null) {
      return verbs.create().run(call, body);
    }
    // The older way to bind is an action, not a question.
    return call.type().kind().kind().equals("Binding")
        ? admitted(call, body).chain(() -> review.apply(call, body))
        : review.apply(call, body);
  }

  /** What a subresource is given is seen by admission as an object is. */
  private Uni<Void> admitted(Call call, ObjectNode body) {
    AdmissionRequest request = new AdmissionRequest(call, Operation.CREATE, body, null, null);
    return admission.admit(request).chain(() -> admission.validate(request));
  }

  public Uni<UpdateVerb.Outcome> update(Call call, ObjectNode body) {
    supports(call, "update");
    ObjectSubresource special = special(call);
    return special != null
        ? special.update(call, body).map(o -> new UpdateVerb.Outcome(o, false))
        : verbs.update().run(call, body);
  }

  public Uni<UpdateVerb.Outcome> patch(Call call, Patch patch) {
    supports(call, "patch");
    ObjectSubresource special = special(call);
    return special != null
        ? special.patch(call, patch).map(o -> new UpdateVerb.Outcome(o, false))
        : verbs.patch().run(call, patch);
  }

  public Uni<DeleteVerb.Outcome> delete(Call call, DeleteOptions options) {
    supports(call, "delete");
    return verbs.delete().run(call, options);
  }

  public Uni<KubeList> deleteCollection(Call call, ListOptions list, DeleteOptions options) {
    supports(call, "deletecollection");
    return verbs.deleteCollection().run(call, list, options);
  }
}
