package dev.coracle.apiserver.internal.verb;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Status;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.apiserver.internal.admission.AdmissionRequest;
import dev.coracle.apiserver.internal.admission.AdmissionRequest.Operation;
import dev.coracle.apiserver.internal.registry.Backstage;
import dev.coracle.apiserver.internal.registry.Call;
import dev.coracle.apiserver.internal.registry.ResourceType;
import dev.coracle.apiserver.warning.KindWarnings;
import io.smallrye.mutiny.Uni;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Creates an object: defaults → mutating admission → managers → validation → validating admission →
 * store. The tree is worked on in place, so a create costs one parse, one encoding and one durable
 * put.
 */
public final class CreateVerb {

  private static final int GENERATED_NAME_ATTEMPTS = 8;

  private final Backstage backstage;

  public CreateVerb(Backstage backstage) {
    this.backstage = backstage;
  }

  /**
   * @param object decoded; given away
   */
  public Uni<KubeObject> run(Call call, ObjectNode object) {
    return Uni.createFrom().deferred(() -> begin(call, object, true));
  }

  /** As {@link #run}, for an object that came by server-side apply, with its managers noted. */
  Uni<KubeObject> runApplied(Call call, ObjectNode object) {
    return Uni.createFrom().deferred(() -> begin(call, object, false));
  }

  private Uni<KubeObject> begin(Call unnamed, ObjectNode object, boolean recordsManager) {
    ResourceType type = unnamed.type();
    Metadata.checkKind(object, type, "");
    Metadata.checkNamespace(object, unnamed);
    ObjectNode metadata = Metadata.of(object);
    if (metadata.hasNonNull("resourceVersion")
        && !metadata.path("resourceVersion").asText().isEmpty()) {
      throw StatusException.badRequest(
          "resourceVersion should not be set on objects to be created");
    }
    boolean generated = Metadata.generatesName(object);
    if (generated) {
      Metadata.generateName(object);
    }
    Instant now = backstage.clock().instant();
    Metadata.fillNew(object, type, now);
    if (type.hasStatus() && !keepsStatus(type)) {
      object.remove("status");
    }
    Call call = unnamed.named(metadata.path("name").asText(""));
    type.rules().setDefaults(object);
    type.strategy().prepareForCreate(object, call);
    AdmissionRequest request = new AdmissionRequest(call, Operation.CREATE, object, null, null);
    Uni<Void> admitted = backstage.admission().admit(request);
    return admitted == Backstage.DONE
        ? finish(request, object, generated, now, recordsManager)
        : admitted.chain(() -> finish(request, object, generated, now, recordsManager));
  }

  /** Upstream has these created with the status the client sends. */
  private static boolean keepsStatus(ResourceType type) {
    return type.resource().group().isEmpty() && type.resource().resource().equals("nodes");
  }

  private Uni<KubeObject> finish(
      AdmissionRequest request,
      ObjectNode object,
      boolean generated,
      Instant now,
      boolean recordsManager) {
    Call call = request.call();
    ResourceType type = call.type();
    if (recordsManager) {
      type.rules().recordManager(null, object, call.fieldManager(), "", now);
    }
    List<StatusCause> causes = new ArrayList<>(type.rules().validate(object, null, ""));
    causes.addAll(type.strategy().validate(object, null, call));
    if (!causes.isEmpty()) {
      throw StatusException.invalid(type.kind(), call.name(), causes);
    }
    KindWarnings.ofCreate(type.definition(), object, call.warnings()::add);
    Uni<Void> validated = backstage.admission().validate(request);
    Uni<Void> begun =
        validated == Backstage.DONE
            ? type.strategy().beginWrite(object, null, call)
            : validated.chain(() -> type.strategy().beginWrite(object, null, call));
    return begun == Backstage.DONE
        ? write(call, object, generated, 1)
        : begun.chain(() -> write(call, object, generated, 1));
  }

  private Uni<KubeObject> write(Call call, ObjectNode object, boolean generated, int attempt) {
    Uni<KubeObject> written = call.dryRun() ? dry(call, object) : store(call, object);
    return written
        .onFailure(StatusException::isAlreadyExists)
        .recoverWithUni(taken ->
            generated && attempt < GENERATED_NAME_ATTEMPTS
                ? again(call, object, attempt)
                : refuse(call, object, (StatusException) taken));
  }

  private Uni<KubeObject> dry(Call call, ObjectNode object) {
    ResourceType type = call.type();
    type.strategy().undo(object, null, call);
    return backstage
        .store()
        .get(type.stored(), call.key())
        .<KubeObject>chain(_ -> {
          throw StatusException.alreadyExists(type.groupResource(), call.name());
        })
        .onFailure(StatusException::isNotFound)
        .recoverWithItem(() -> KubeObject.of(object));
  }

  private Uni<KubeObject> store(Call call, ObjectNode object) {
    ResourceType type = call.type();
    KubeObject made = KubeObject.of(object);
    Uni<KubeObject> created =
        type.late() == null
            ? backstage.store().create(type.stored(), type.store(made))
            : type.toStore(made).chain(o -> backstage.store().create(type.stored(), o));
    return created
        .call(stored -> type.strategy().written(stored, null))
        .chain(stored -> presentNew(type, stored))
        .onFailure()
        .invoke(() -> type.strategy().undo(object, null, call));
  }

  /** Says more of the name that is taken: whether it was made up, and whether it will be free. */
  private Uni<KubeObject> refuse(Call call, ObjectNode object, StatusException taken) {
    boolean madeUp = !Metadata.of(object).path("generateName").asText("").isEmpty();
    Status told =
        (madeUp ? StatusException.noNameFound(call.type().groupResource(), call.name()) : taken)
            .status();
    return backstage
        .store()
        .get(call.type().stored(), call.key())
        .map(KubeObject::isDeleting)
        .onFailure()
        .recoverWithItem(false)
        .chain(going ->
            Uni.createFrom()
                .failure(
                    new StatusException(
                        going
                            ? told.withMessage("object is being deleted: " + told.message())
                            : told)));
  }

  private static Uni<KubeObject> presentNew(ResourceType type, KubeObject stored) {
    return type.late() == null
        ? Uni.createFrom().item(type.present(stored))
        : type.presented(stored);
  }

  /** The made-up name was taken: make up another. */
  private Uni<KubeObject> again(Call call, ObjectNode object, int attempt) {
    ObjectNode copy = object.deepCopy();
    Metadata.generateName(copy);
    call.type().strategy().renamed(copy, call.name());
    Call renamed = call.named(Metadata.of(copy).path("name").asText());
    Uni<Void> begun = call.type().strategy().beginWrite(copy, null, renamed);
    return begun.chain(() -> write(renamed, copy, true, attempt + 1));
  }
}
