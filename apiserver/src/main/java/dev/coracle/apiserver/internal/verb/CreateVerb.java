package dev.coracle.apiserver.internal.verb;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.coracle.api.KubeObject;
import dev.coracle.api.Status;
import dev.coracle.api.StatusCause;
import dev.coracle.api.StatusException;
import dev.coracle.api.StatusReason;
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
import java.util.regex.Pattern;

/**
 * Creates an object: defaults → mutating admission → managers → validation → validating admission →
 * store. The tree is worked on in place, so a create costs one parse, one encoding and one durable
 * put.
 */
public final class CreateVerb {

  private static final int GENERATED_NAME_ATTEMPTS = 8;

  private static final Pattern VERSION = Pattern.compile("0*[1-9][0-9]*");

  private static final String VERSIONED =
      "resourceVersion should not be set on objects to be created";

  private final Backstage backstage;
  private final CreateAccess access;

  CreateVerb(Backstage backstage, CreateAccess access) {
    this.backstage = backstage;
    this.access = access;
  }

  /** How an object comes to be created, and whether its managers are noted already. */
  private enum Way {
    POSTED,
    UPDATED,
    APPLIED
  }

  /**
   * @param object decoded; given away
   */
  public Uni<KubeObject> run(Call call, ObjectNode object) {
    return Uni.createFrom()
        .deferred(() -> {
          if (namesVersion(object)) {
            throw StatusException.badRequest(VERSIONED);
          }
          DuplicateOwners.dropSent(object, call.warnings()::add);
          return begin(call, object, Way.POSTED);
        });
  }

  /**
   * As {@link #run}, for an object that came by an update and was not there. Whoever updates may
   * name a version; one of an object that is not there says nothing.
   */
  Uni<KubeObject> runUpdated(Call call, ObjectNode object) {
    return Uni.createFrom().deferred(() -> begin(call, object, Way.UPDATED));
  }

  /** As {@link #runUpdated}, for server-side apply, with the object's managers noted. */
  Uni<KubeObject> runApplied(Call call, ObjectNode object) {
    return Uni.createFrom().deferred(() -> begin(call, object, Way.APPLIED));
  }

  /** Zero, and what is no version at all, name none. */
  private static boolean namesVersion(ObjectNode object) {
    String version = object.path("metadata").path("resourceVersion").asText("");
    return VERSION.matcher(version).matches();
  }

  private Uni<KubeObject> begin(Call unnamed, ObjectNode object, Way way) {
    ResourceType type = unnamed.type();
    Metadata.checkKind(object, type, "");
    Metadata.checkNamespace(object, unnamed);
    ObjectNode metadata = Metadata.of(object);
    Metadata.forgetSystem(object);
    type.strategy().decoded(object);
    type.rules().setDefaults(object);
    // Admission sees the status that was sent, or that it is empty.
    type.rules().setZeroStatus(object);
    Call call = unnamed.named(metadata.path("name").asText(""));
    Instant now = backstage.clock().instant();
    if (way != Way.APPLIED) {
      // What admission adds belongs to nobody: whoever sets it next need not take it from anybody.
      type.rules().recordManager(null, object, call.fieldManager(), "", now);
    }
    AdmissionRequest request = new AdmissionRequest(call, Operation.CREATE, object, null, null);
    Uni<Void> admitted = backstage.admission().admit(request);
    return admitted == Backstage.DONE
        ? finish(request, object, now, way)
        : admitted.chain(() -> finish(request, object, now, way));
  }

  private static void dropStatus(ObjectNode object, ResourceType type) {
    if (type.hasStatus() && !keepsStatus(type)) {
      object.remove("status");
    }
  }

  /** Upstream has these created with the status the client sends. */
  private static boolean keepsStatus(ResourceType type) {
    return type.resource().group().isEmpty() && type.resource().resource().equals("nodes");
  }

  private Uni<KubeObject> finish(
      AdmissionRequest admitted, ObjectNode object, Instant now, Way way) {
    ResourceType type = admitted.call().type();
    // Admission has seen what was sent, and may have named the object.
    dropStatus(object, type);
    Metadata.checkNamespace(object, admitted.call());
    DuplicateOwners.dropAdmitted(object, admitted.call().warnings()::add);
    boolean generated = Metadata.generatesName(object);
    if (generated) {
      Metadata.generateName(object);
    }
    Metadata.fillNew(object, type, now);
    AdmissionRequest request = admitted.named(Metadata.of(object).path("name").asText(""));
    Call call = request.call();
    type.strategy().prepareForCreate(object, call);
    // Of the status that is left: the one from before admission went, or a strategy began another.
    type.rules().setZeroStatus(object);
    List<StatusCause> causes =
        new ArrayList<>(type.rules().validate(object, null, "", call.warnings()::add));
    causes.addAll(type.strategy().validate(object, null, call));
    if (!causes.isEmpty()) {
      throw StatusException.invalid(type.kind(), call.name(), causes);
    }
    KindWarnings.ofCreate(type.definition(), object, call.warnings()::add);
    Uni<Void> allowed = way == Way.POSTED ? Backstage.DONE : access.check(call);
    Uni<Void> validated =
        allowed == Backstage.DONE
            ? backstage.admission().validate(request)
            : allowed.chain(() -> backstage.admission().validate(request));
    Uni<Void> begun =
        validated == Backstage.DONE
            ? type.strategy().beginWrite(object, null, call)
            : validated.chain(() -> type.strategy().beginWrite(object, null, call));
    return begun == Backstage.DONE
        ? write(request, object, generated, 1)
        : begun.chain(() -> write(request, object, generated, 1));
  }

  private Uni<KubeObject> write(
      AdmissionRequest request, ObjectNode object, boolean generated, int attempt) {
    Call call = request.call();
    if (namesVersion(object)) {
      // No client's fault, but a webhook's; the store would find it, after all else.
      call.type().strategy().undo(object, null, call);
      return Uni.createFrom().failure(StatusException.of(StatusReason.UNKNOWN, VERSIONED));
    }
    Metadata.of(object).remove("resourceVersion");
    Uni<KubeObject> written = call.dryRun() ? dry(call, object) : store(call, object);
    return written
        .onFailure(StatusException::isAlreadyExists)
        .recoverWithUni(taken ->
            generated && attempt < GENERATED_NAME_ATTEMPTS
                ? again(request, object, attempt)
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
        .recoverWithUni(() -> dryResult(type, KubeObject.of(object)));
  }

  private Uni<KubeObject> store(Call call, ObjectNode object) {
    ResourceType type = call.type();
    KubeObject made = KubeObject.of(object);
    Uni<KubeObject> created =
        !type.custom()
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
    return type.custom() ? type.presented(stored) : Uni.createFrom().item(type.present(stored));
  }

  private static Uni<KubeObject> dryResult(ResourceType type, KubeObject made) {
    return type.custom() ? type.asIfStored(made) : Uni.createFrom().item(made);
  }

  /** The made-up name was taken: make up another, and ask whether that one is right too. */
  private Uni<KubeObject> again(AdmissionRequest request, ObjectNode object, int attempt) {
    ObjectNode copy = object.deepCopy();
    Metadata.generateName(copy);
    Call call = request.call();
    call.type().strategy().renamed(copy, call.name());
    Call renamed = call.named(Metadata.of(copy).path("name").asText());
    AdmissionRequest next =
        new AdmissionRequest(renamed, Operation.CREATE, copy, null, request.options());
    return backstage
        .admission()
        .validate(next)
        .chain(() -> call.type().strategy().beginWrite(copy, null, renamed))
        .chain(() -> write(next, copy, true, attempt + 1));
  }
}
